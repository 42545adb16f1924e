"""A year of certificates of a fleet as frames in memory, with the real CA: is anybody locked out?

    renewals.py [--stations 500] [--days 365] [--seed 1]

Five vendors' oddities, 40 sites, 5 % offline for weeks, outages of the CA, our own restarts. Prints one JSON document:
what was counted, `wrong` (must be empty), and how many certificates end in which week, before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.year import Plan, living  # noqa: E402


async def main(plan: Plan) -> dict[str, object]:
    begun, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="ohmstead-year-") as folder:
        async with living(plan, Path(folder)) as world:
            before = await world.expiries()
            await world.live()
            found = await world.account()
            after = await world.expiries()
    return {
        **found, "wall_s": round(time.monotonic() - begun, 1), "cpu_s": round(time.process_time() - cpu, 1),
        "ends_in_week_before": before, "ends_in_week_after": after,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    result = asyncio.run(main(Plan(count=given.stations, days=given.days, seed=given.seed)))
    print(json.dumps(result))
    sys.exit(1 if result["wrong"] else 0)
