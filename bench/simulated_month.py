"""A month of a site of simulated stations, October with its day of 25 hours: three versions mixed, through the
real handlers, jobs and database; energy to the Wh and cost to the cent by the stations' own accounts. No difference is
allowed.

simulated_month.py [STATIONS] [DAYS] [SEED]
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ohmstead import runtime  # noqa: E402
from ohmstead.bus.local import LocalBus  # noqa: E402
from ohmstead.store import schema  # noqa: E402
from ohmstead.store.sqlite import Sqlite  # noqa: E402
from tests.blocks.staging import Stage  # noqa: E402
from tests.month import ZONE  # noqa: E402
from tests.simulated_month import simulated  # noqa: E402


async def main(stations: int, days: int, seed: int) -> dict[str, Any]:
    clock = runtime.FakeClock()
    runtime.clock = clock
    with tempfile.TemporaryDirectory(prefix="ohmstead-simulated-month-") as folder:
        path = Path(folder) / "ohmstead.db"
        await asyncio.to_thread(lambda: asyncio.run(schema.upgrade(f"sqlite:///{path}")))
        db = Sqlite(path, LocalBus())
        await db.start()
        begin = datetime(2026, 10, 1 if days > 7 else 24, tzinfo=ZONE)  # a shorter one has the long night too
        found = await simulated(Stage(db), clock, begin, stations=stations, days=days, seed=seed)
        await db.close()
    return found | {"wrong": found["wrong"][:10]}


if __name__ == "__main__":
    found = asyncio.run(main(*(int(given) for given in (sys.argv[1:] + ["200", "31", "1"][len(sys.argv) - 1 :]))))
    print(json.dumps(found))
    sys.exit(1 if found["wrong"] else 0)
