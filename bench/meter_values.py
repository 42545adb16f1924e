"""Lists and searches over a growing number of meter values, by the real server, as a client of the API sees them.

meter_values.py [DATABASE_URL] [--sizes 100000 1000000 10000000]

One transaction of 20 events with 5 values each is told to the handlers; the others are copies of its rows, of 200 stations
and 5,000 tokens, one begun each minute. Prints one JSON document: milliseconds, the best of three: wall,
and CPU of this process (client, server and SQLite together).
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

import httpx  # noqa: E402
from server import KEY  # noqa: E402
from sqlalchemy import Text, cast, insert, literal, select  # noqa: E402

from ohmstead import runtime  # noqa: E402
from ohmstead.app import Server  # noqa: E402
from ohmstead.settings import Api, Gateway, Settings  # noqa: E402
from ohmstead.store import schema  # noqa: E402
from ohmstead.store.resources import stations  # noqa: E402
from ohmstead.store.statement import Statement  # noqa: E402
from ohmstead.store.tables import ledger, transactions  # noqa: E402
from ohmstead.store.tables.meta import DEFAULT_TENANT  # noqa: E402
from tests.acceptance.serving import at, event  # noqa: E402
from tests.blocks.staging import Stage  # noqa: E402

STATIONS, TOKENS, EVENTS, VALUES = 200, 5_000, 20, 5
EACH = EVENTS * VALUES
MINUTE = 60_000_000
AT_ONCE = 2_000
"""Transactions that are copied in one; a statement on PostgreSQL has a deadline."""


def told(n: int) -> dict[str, Any]:
    """One event of the transaction, with its values."""
    samples: list[dict[str, Any]] = [{"value": n * 500}, {"value": 11_000, "measurand": "Power.Active.Import"}]
    samples += [{"value": 16, "measurand": "Current.Import", "phase": f"L{phase}"} for phase in (1, 2, 3)]
    kind = "Started" if n == 0 else "Ended" if n == EVENTS - 1 else "Updated"
    said = event(kind, n, n * 60, evse=1) | {"meterValue": [{"timestamp": at(n * 60), "sampledValue": samples}]}
    return said | ({"idToken": {"idToken": "T0", "type": "ISO14443"}} if n == 0 else {})


class World:
    """The server, a client of its API, and how many transactions there are."""

    def __init__(self, server: Server, api: httpx.AsyncClient) -> None:
        self.server, self.api, self.count = server, api, 1

    async def begin(self) -> None:
        async with self.server.db.transaction() as tx:
            for number in range(2, STATIONS + 1):
                await stations.add(tx, DEFAULT_TENANT, number, 0, identity=f"CS{number}", security_profile=1,
                                   registration="accepted")  # fmt: skip
        stage = Stage(self.server.db)
        await stage.enter(1)
        for n in range(EVENTS):
            await stage.say("TransactionEvent", told(n))
        (one,) = await stage.rows(select(transactions.c.id, transactions.c.started_at))
        self.first_id, self.begun_at = one[0], one[1]

    async def grow(self, values: int) -> None:
        """Twice as many, again and again, then so many at once."""
        while self.count < values // EACH:
            more = min(self.count, values // EACH - self.count, AT_ONCE)
            async with self.server.db.transaction() as tx:
                for statement in self._copies(more):
                    await tx.execute(Statement(statement))
            self.count += more

    def _copies(self, more: int) -> list[Any]:
        t, f, by = transactions.c, ledger.c, self.count
        other = t.id + by - self.first_id
        fresh = {
            "id": t.id + by, "station_id": 1 + other % STATIONS, "transaction_id": literal("c") + cast(other, Text),
            "token": literal("T") + cast(other % TOKENS, Text), "started_at": t.started_at + by * MINUTE,
            "ended_at": t.ended_at + by * MINUTE,
        }  # fmt: skip
        frames = {
            "id": f.id + by * EVENTS, "station_id": 1 + (f.transaction + by - self.first_id) % STATIONS,
            "transaction": f.transaction + by, "at": f.at + by * MINUTE, "received_at": f.received_at + by * MINUTE,
        }  # fmt: skip
        return [
            _copy(transactions, fresh, t.id < self.first_id + more),
            _copy(ledger, frames, f.transaction < self.first_id + more),
        ]

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.api.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    async def measured(self) -> dict[str, Any]:
        span = self.count * MINUTE
        middle, later = self.begun_at + span // 2, self.begun_at + span // 2 + 60 * MINUTE
        window = {"from": runtime.rfc3339(middle), "to": runtime.rfc3339(later)}
        newest = str(self.first_id + self.count - 1)
        asked = {
            "list_ms": ("transactions", {"limit": 50}, 50),
            "of_a_station_ms": ("transactions", {"limit": 50, "station_id": "CS7"}, None),
            "of_a_token_ms": ("transactions", {"limit": 50, "token": "T7"}, None),
            "of_an_unknown_token_ms": ("transactions", {"limit": 50, "token": "nobody's"}, 0),
            "of_an_hour_ms": ("transactions", {"limit": 50, **window}, 50),
            "values_of_one_ms": (f"transactions/{newest}/meter-values", {"limit": 1000}, EACH),
            "export_of_20_ms": ("exports/meter-values", {"limit": 20, **window}, 20 * EACH),
            "export_by_quarters_ms": ("exports/meter-values", {"limit": 20, "resolution": 900, **window}, None),
        }
        found: dict[str, Any] = {"transactions": self.count}
        for name, (path, query, rows) in asked.items():
            best = []
            for _ in range(3):
                begun = time.perf_counter(), time.process_time()
                page = await self.get(path, **query)
                best.append(((time.perf_counter() - begun[0]) * 1e3, (time.process_time() - begun[1]) * 1e3))
            assert rows is None or len(page["data"]) == rows, (name, len(page["data"]))
            assert page["data"] or rows == 0, name
            found[name] = [round(min(side), 1) for side in zip(*best, strict=True)]
        return found


def _copy(table: Any, changed: dict[str, Any], which: Any) -> Any:
    columns = [changed.get(column.name, column) for column in table.columns]
    return insert(table).from_select([column.name for column in table.columns], select(*columns).where(which))


async def main(url: str, sizes: list[int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ohmstead-values-") as folder:
        if url:
            await schema.upgrade(url)
        server = Server(Settings(
            data_dir=folder, database_url=url, api=Api(bind="127.0.0.1:0", bootstrap_key=KEY),
            gateway=Gateway(bind="127.0.0.1:0", tls_bind=""),
        ))  # fmt: skip
        await server.start()
        while server.starting:
            await asyncio.sleep(0.05)
        assert server.httpd is not None
        base = f"http://127.0.0.1:{server.httpd.port}/api/v1/"
        try:
            async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {KEY}"}, timeout=300) as api:
                world, found = World(server, api), {}
                await world.begin()
                for size in sizes:
                    begun = time.perf_counter()
                    await world.grow(size)
                    grown = round(time.perf_counter() - begun, 1)
                    found[str(size)] = await world.measured() | {"grown_s": grown}
                return found
        finally:
            await server.stop()


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("url", nargs="?", default="")
    given.add_argument("--sizes", nargs="+", type=int, default=[100_000, 1_000_000, 10_000_000])
    options = given.parse_args()
    print(json.dumps(asyncio.run(main(options.url, options.sizes))))
