"""A message log and a feed that are full: each day as many rows come as go, and what the going costs.

retention.py [DATABASE_URL] [--rows A_DAY] [--days N]

Prints one JSON document: microseconds of this process's CPU (SQLite's is in it) and of time for each row that went, the longest
commit beside it, and the size on disk as the days pass: it must come to rest.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from sqlalchemy import text  # noqa: E402

from ohmstead.bus.local import LocalBus  # noqa: E402
from ohmstead.retention_settings import Retention  # noqa: E402
from ohmstead.store import schema  # noqa: E402
from ohmstead.store.db import Db, Event, Write  # noqa: E402
from ohmstead.store.ledger import MESSAGES  # noqa: E402
from ohmstead.store.postgres import Postgres  # noqa: E402
from ohmstead.store.retention import DAY, forget  # noqa: E402
from ohmstead.store.sqlite import Sqlite  # noqa: E402
from ohmstead.store.statement import Append, Statement  # noqa: E402
from ohmstead.store.tables import feed  # noqa: E402

FEED = Append(feed)
BEGIN = 1_764_000_000_000_000
KEEP = Retention(messages=10, feed=10)
REQUEST = json.dumps([2, "0f8fad5b-d9cb-469f-a165-70867728950e", "StatusNotification", {"connectorStatus": "x" * 300}])
DATA = json.dumps({"id": "CS1", "connector": "y" * 200})
AT_ONCE = 5_000
SIZE = Statement(text("SELECT pg_database_size(current_database())"))
VACUUM = [Statement(text(f"VACUUM {table}")) for table in ("messages", "feed")]
"""What autovacuum does by itself when a fifth of a table is dead: here a day takes seconds, and it looks once a minute."""


class Disk:
    """A database and how large it is."""

    def __init__(self, db: Db, path: Path | None) -> None:
        self.db, self.path, self.number = db, path, 0

    async def size(self) -> int:
        if self.path is None:
            return int((await self.db.fetch(SIZE))[0][0])
        return sum(Path(f"{self.path}{suffix}").stat().st_size for suffix in ("", "-wal"))

    async def live(self, day: int, rows: int) -> None:
        """A day's messages and events."""
        for start in range(0, rows, AT_ONCE):
            found: list[tuple[Append, tuple[Any, ...]]] = []
            for n in range(start, min(start + AT_ONCE, rows)):
                self.number += 1
                at = BEGIN + day * DAY + n * DAY // rows
                row = (self.number, 1, 1 + n % 500, at, "in", "StatusNotification", REQUEST, "[3,1,{}]", at, None)
                found += [(MESSAGES, row), (FEED, (1, self.number, "station.status", f"CS{n % 500}", at, DATA))]
            await self.db.store(found, [])

    async def forget(self, day: int) -> dict[str, float]:
        """What is old goes, while stations go on writing."""
        over, waits = asyncio.Event(), []

        async def write() -> None:
            while not over.is_set():
                begun = time.perf_counter()
                write = Write(1, 1, -1, -1)  # its fence is asked, as of any other
                write.emit(Event(1, "x", None, 0, "{}"))
                await self.db.commit([write], 0)
                waits.append(time.perf_counter() - begun)
                await asyncio.sleep(0.01)

        beside = asyncio.create_task(write())
        cpu, begun = time.process_time(), time.perf_counter()
        gone = await forget(self.db, KEEP, BEGIN + (day + 1) * DAY)
        cpu, took = time.process_time() - cpu, time.perf_counter() - begun
        over.set()
        await beside
        waits.sort()
        return {"gone": gone, "cpu_us": cpu / max(gone, 1) * 1e6, "us": took / max(gone, 1) * 1e6,
                "commit_ms_p99": waits[int(len(waits) * 0.99)] * 1e3}  # fmt: skip


async def main(given: argparse.Namespace, folder: str) -> dict[str, Any]:
    path = None if given.url else Path(folder) / "bench.db"
    await schema.upgrade(given.url or f"{schema.SQLITE}{path}")
    db: Db = Sqlite(path, LocalBus()) if path else Postgres(given.url, LocalBus())
    await db.start()
    disk = Disk(db, path)
    sizes, costs = {}, []
    for day in range(given.days):
        await disk.live(day, given.rows)
        cost = await disk.forget(day)
        if cost["gone"] > given.rows:
            costs.append(cost)
        if path is None and day % 2:
            for statement in VACUUM:
                await db.fetch(statement)
        sizes[day + 1] = round(await disk.size() / 2**20)
    await db.close()
    middle = {key: round(sorted(one[key] for one in costs)[len(costs) // 2], 1) for key in costs[0]}
    return {"a_day": middle, "mib_after_days": {day: sizes[day] for day in sizes if day % 5 == 0}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-") as somewhere:
        print(json.dumps(asyncio.run(main(parser.parse_args(), somewhere))))
