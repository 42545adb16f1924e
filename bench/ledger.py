"""A million events of many stations through the rules of the ledger, in every disorder: no difference is allowed.

ledger.py [EVENTS] [SEED]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.deliveries import live, wrong  # noqa: E402

EACH = 2_000


def main(events: int, seed: int) -> dict[str, object]:
    dice, begun = Random(seed), time.process_time()
    counted = transactions = 0
    faults: list[str] = []
    while counted < events and not faults:
        station, line = live(dice, EACH)
        counted += line.ledger.counted
        transactions += len(station.sessions)
        faults = wrong(station.sessions, line.delivered, line.ledger)
    seconds = time.process_time() - begun
    return {
        "events": counted, "transactions": transactions, "wrong": faults[:10], "cpu_s": round(seconds, 1),
        "us_per_event": round(seconds / counted * 1e6, 1),
    }  # fmt: skip


if __name__ == "__main__":
    found = main(*(int(given) for given in (sys.argv[1:] + ["1000000", "1"][len(sys.argv) - 1 :])))
    print(json.dumps(found))
    sys.exit(1 if found["wrong"] else 0)
