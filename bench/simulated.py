"""How many simulated stations one process carries.

    simulated.py [--stations 2000] [--seconds 20] [--json]

The stations say a Heartbeat a second each, against the floor (floor.py) in another process. The figure to watch is the
CPU time of a message: with 0.5 ms at most, 2,000 stations fit on one core. Memory is that of this process for a station.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from yardsticks import floor  # noqa: E402

from ohmstead.simulator import Station  # noqa: E402


def resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


async def measure(url: str, count: int, seconds: float) -> dict[str, float]:
    before = resident_kib()
    stations = [Station(f"S{number:05d}", url=url, version="2.0.1", evses=1) for number in range(count)]
    for station in stations:
        station.controller.conversation.history = 10
    for start in range(0, count, 50):
        await asyncio.gather(*(one.connect() for one in stations[start : start + 50]))
    for station in stations:
        station.controller.life.boot()
    await asyncio.gather(
        *(one.until(lambda one=one: one.controller.life.registration == "accepted") for one in stations)
    )
    for station in stations:
        station.controller.variables["OCPPCommCtrlr.HeartbeatInterval"].value = "1"
    await asyncio.sleep(3)
    memory = (resident_kib() - before) / count
    heard: dict[str, int] = dict.fromkeys((one.identity for one in stations), 0)
    for station in stations:
        station.controller.conversation.sent.clear()
    cpu, began = time.process_time(), time.monotonic()
    last = {one.identity: None for one in stations}
    while time.monotonic() - began < seconds:
        await asyncio.sleep(0.5)
        for station in stations:  # the history is short: count what is new since the last look
            frames = [one for one in station.sent if one.kind == 2]
            known = last[station.identity]
            fresh = [one.message_id for one in frames]
            heard[station.identity] += len(fresh) - (fresh.index(known) + 1 if known in fresh else 0)
            last[station.identity] = fresh[-1] if fresh else known
    took, spent = time.monotonic() - began, time.process_time() - cpu
    for station in stations:
        await station.close()
    return {
        "stations": count,
        "messages_per_s": round(sum(heard.values()) / took, 1),
        "cpu_per_s": round(spent / took, 3),
        "cpu_ms_per_message": round(spent / max(1, sum(heard.values())) * 1000, 3),
        "kib_per_station": round(memory, 1),
    }


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--stations", type=int, default=2000)
    given.add_argument("--seconds", type=float, default=20)
    given.add_argument("--json", action="store_true")
    options = given.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with floor() as (url, _):
        import uvloop

        found = uvloop.run(measure(url.removesuffix("/{id}"), options.stations, options.seconds))
    print(json.dumps(found) if options.json else "\n".join(f"{name:<20} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
