"""From a changed limit to frames on the wire: a site of 500 charging cars, a server in a process of its own, and a socket for
each station. The time runs from the request PUT /sites/{id}/limit until each station has its SetChargingProfile.

    limit_to_wire.py [--stations 500] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import websockets

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from server import KEY, PASSWORD  # noqa: E402
from yardsticks import free_port  # noqa: E402

BELOW = 10
"""EVSEs on a circuit."""


class Station:
    """The other end of a socket: it charges, says yes to profiles, and notes when each came."""

    def __init__(self, identity: str, url: str) -> None:
        self.identity, self.url = identity, url
        self.got: list[float] = []
        self.limit = 0.0

    async def run(self, up: asyncio.Event) -> None:
        secret = base64.b64encode(f"{self.identity}:{PASSWORD}".encode()).decode()
        async with websockets.connect(
            f"{self.url}/{self.identity}", subprotocols=[websockets.Subprotocol("ocpp2.0.1")], compression=None,
            additional_headers={"Authorization": f"Basic {secret}"}, open_timeout=60, ping_interval=None,
        ) as socket:  # fmt: skip
            boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            begun = {"eventType": "Started", "timestamp": now, "triggerReason": "CablePluggedIn", "seqNo": 0,
                     "transactionInfo": {"transactionId": f"t-{self.identity}", "chargingState": "Charging"},
                     "evse": {"id": 1, "connectorId": 1}}  # fmt: skip
            await socket.send(json.dumps([2, "b", "BootNotification", boot]))
            await socket.send(json.dumps([2, "t", "TransactionEvent", begun]))
            async for text in socket:
                frame: list[Any] = json.loads(text)
                if frame[0] != 2:
                    if frame[1] == "t":
                        up.set()
                    continue
                if frame[2] == "SetChargingProfile":
                    self.got.append(time.perf_counter())
                    profile = frame[3]["chargingProfile"]
                    if profile["chargingProfilePurpose"] == "TxProfile":
                        self.limit = profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
                    answer: list[Any] = [3, frame[1], {"status": "Accepted"}]
                else:
                    answer = [4, frame[1], "NotImplemented", "", {}]
                await socket.send(json.dumps(answer))


async def measure(count: int, port: int, api_port: int) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api_port}/api/v1/", headers=headers, timeout=60) as api:
        names = [f"CS{n:06d}" for n in range(count)]
        site = (await api.post("sites", json={"name": "Depot", "limit_a": [count * 20.0] * 3})).json()["id"]
        for name in names:
            (await api.patch(f"stations/{name}", json={"site_id": site})).raise_for_status()
        for first in range(0, count, BELOW):
            evses = [{"station_id": name, "evse_id": 1} for name in names[first : first + BELOW]]
            body = {"name": f"panel {first}", "limit_a": 32.0 * BELOW, "evses": evses}
            (await api.post(f"sites/{site}/circuits", json=body)).raise_for_status()
        stations = [Station(name, f"ws://127.0.0.1:{port}/ocpp") for name in names]
        ups = [asyncio.Event() for _ in stations]
        running = [asyncio.create_task(one.run(up)) for one, up in zip(stations, ups, strict=True)]
        await asyncio.gather(*(up.wait() for up in ups))
        await settled(stations)
        begun = time.perf_counter()
        (await api.put(f"sites/{site}/limit", json={"limit_w": count * 230 * 3 * 8})).raise_for_status()
        answered = time.perf_counter() - begun
        while not all(any(at > begun for at in one.got) for one in stations):
            if time.perf_counter() - begun > 60:
                break
            await asyncio.sleep(0.01)
        took = [
            min(at for at in one.got if at > begun) - begun for one in stations if any(at > begun for at in one.got)
        ]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return {
        "stations": count, "reached": len(took), "answer_ms": round(answered * 1000),
        "first_ms": round(min(took) * 1000), "p50_ms": round(statistics.median(took) * 1000),
        "last_ms": round(max(took) * 1000),
    }  # fmt: skip


async def settled(stations: list[Station]) -> None:
    """Until each has an order of more than its fail-safe, and nothing came for a while."""
    until = time.perf_counter() + 120
    while time.perf_counter() < until:
        await asyncio.sleep(1)
        last = max((one.got[-1] for one in stations if one.got), default=time.perf_counter())
        if all(one.limit > 8 for one in stations) and time.perf_counter() - last > 6:
            return
    raise TimeoutError("the site did not come to rest")


async def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--stations", type=int, default=500)
    given.add_argument("--json", action="store_true")
    options = given.parse_args()
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "server.py"), str(port), str(options.stations),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        while not (line := await server.stdout.readline()).startswith(b"ready"):
            assert line, "the server did not start"
        found = await measure(options.stations, port, int(line.split()[2]))
    finally:
        server.terminate()
        await server.wait()
    print(json.dumps(found) if options.json else "\n".join(f"{name:<12} {value}" for name, value in found.items()))


if __name__ == "__main__":
    asyncio.run(main())
