"""The hot path of one TransactionEvent without sockets and disk: frame in, typed validation, fold, frame out.

hotpath.py [--count N]                 CPU us each
hotpath.py --instructions [--count N]  machine instructions each, counted by valgrind (callgrind): the number to compare between
                                       machines, because no clock and no neighbour is in it
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ohmstead.domain.metering import PERIODIC, Reading
from ohmstead.domain.transactions import Event, begin, fold
from ohmstead.ocpp import codec
from ohmstead.ocpp.rpc import Peer
from ohmstead.ocpp.versions import V201

AT = 1_764_000_000_000_000


def frame(number: int) -> bytes:
    sampled = [
        {"value": 1000.0 + number + n, "measurand": name, "unitOfMeasure": {"unit": unit}}
        for n, (name, unit) in enumerate((
            ("Energy.Active.Import.Register", "Wh"), ("Power.Active.Import", "W"), ("Current.Import", "A"),
            ("Voltage", "V"), ("SoC", "Percent"), ("Frequency", "Hertz"),
        ))
    ]  # fmt: skip
    payload = {
        "eventType": "Updated", "timestamp": "2026-01-01T12:00:00Z", "triggerReason": "MeterValuePeriodic", "seqNo": number,
        "transactionInfo": {"transactionId": "a-transaction-0001", "chargingState": "Charging"}, "evse": {"id": 1},
        "meterValue": [{"timestamp": "2026-01-01T12:00:00Z", "sampledValue": sampled}],
    }  # fmt: skip
    return json.dumps([2, f"{number:08}", "TransactionEvent", payload]).encode()


def work(count: int) -> None:
    peer = Peer(V201, call_timeout=30)
    one, _ = fold(begin(1, 1, "a-transaction-0001"), Event(kind="started", at=AT, seq_no=0))
    text = frame(1)
    for number in range(1, count + 1):
        call = peer.receive(text, 0.0)
        codec.decode_request(V201, call.action, call.payload)
        at = AT + number * 1_000_000
        one, _ = fold(
            one, Event(kind="updated", at=at, seq_no=number, readings=(Reading(at, 1000.0 + number, context=PERIODIC),))
        )
        peer.result(call.message_id, codec.encode({}))


def instructions(count: int) -> float:
    """Of one event: what `count` more of them cost, so that the start of Python is not in it."""
    return (_counted(count + 1) - _counted(1)) / count


def _counted(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", sys.executable, __file__]
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        subprocess.run([*command, "--count", str(count)], check=True, capture_output=True, env=environment)
        found = re.search(r"^totals:\s*(\d+)", out.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--instructions", action="store_true")
    given = parser.parse_args()
    if given.instructions:
        return print(json.dumps({"instructions_per_event": round(instructions(min(given.count, 300)))}))
    work(50)
    begun = time.process_time()
    work(given.count)
    print(json.dumps({"us_per_event": round((time.process_time() - begun) / given.count * 1e6, 2)}))


if __name__ == "__main__":
    main()
