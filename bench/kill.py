"""Kill a server 100 times while 50 stations and an operator talk to it; say what is missing or double.

    kill.py [--kills N] [--stations N] [--seed N] [--json] [DATABASE_URL]

The feed is published to NATS and compared. Without a URL: SQLite in a temporary folder. A PostgreSQL database must be empty; it is migrated first. Exit status 1
when anything is wrong. The same with 20 kills is tests/system/test_kill.py.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ohmstead.store import schema
from tests.natsd import Natsd
from tests.system.killing import Report, Scene


async def run(folder: Path, url: str | None, seed: int, stations: int, kills: int) -> Report:
    if url is None:
        url = f"sqlite:///{folder}/ohmstead.db"
    else:
        await schema.upgrade(url)
    nats = Natsd(folder)
    await asyncio.to_thread(nats.start)
    try:
        return await Scene(folder, url, seed, stations, events_nats=nats.url).run(kills)
    finally:
        nats.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("database_url", nargs="?")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ohmstead-kill-") as folder:
        report = asyncio.run(run(Path(folder), given.database_url, given.seed, given.stations, given.kills))
    if given.json:
        print(json.dumps(dataclasses.asdict(report)))
    else:
        print(
            f"{report.kills} kills in {report.seconds:.0f} s: {report.acknowledged} calls acknowledged, "
            f"{report.said_again} broken off, {report.transactions} transactions, {report.commands} commands"
        )
        print(*(report.wrong or ["nothing missing, nothing twice"]), sep="\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
