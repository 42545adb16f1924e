"""A year of certificates of a fleet as frames in memory, with the real CA: is anybody locked out?

    renewals.py [--stations 10000] [--days 365] [--seed 1] [--sockets]

Five vendors' oddities, 40 sites, 5 % offline for weeks, outages of the CA, our own restarts in the middle of the work.
`--sockets`: one renewal window over real mutual TLS at our door instead. Prints one JSON document: what was counted,
`wrong` (must be empty), and how many certificates end in which week, before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ohmstead import runtime  # noqa: E402
from tests.year import DAY, HOUR, Plan, World, living  # noqa: E402
from tests.year_sockets import Wired  # noqa: E402

MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


async def main(plan: Plan, kind: type[World] = World) -> dict[str, object]:
    begun, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="ohmstead-year-", dir=MEMORY) as folder:
        async with living(plan, Path(folder), kind) as world:
            before = await world.expiries()
            await world.live()
            found = await world.account()
            after = await world.expiries()
            if isinstance(world, Wired):
                found["handshakes"] = world.handshakes
    return {
        **found, "wall_s": round(time.monotonic() - begun, 1), "cpu_s": round(time.process_time() - cpu, 1),
        "ends_in_week_before": before, "ends_in_week_after": after,
    }  # fmt: skip


def plan_of(given: argparse.Namespace) -> Plan:
    """The jobs look each three hours of our clock; with sockets all ends lie in one heap."""
    if given.sockets:
        return Plan(given.stations, days=80, step=6 * HOUR, visits=DAY, roll_outs=(35,), seed=given.seed)
    return Plan(given.stations, days=given.days, step=3 * HOUR, visits=12 * HOUR, seed=given.seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--stations", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sockets", action="store_true")
    given = parser.parse_args()
    runtime.configure_logging(as_json=True, level="warning")
    result = asyncio.run(main(plan_of(given), Wired if given.sockets else World))
    print(json.dumps(result))
    sys.exit(1 if result["wrong"] else 0)
