"""Rows to find: tenant 1 has the stations CS1 (site 11) and CS2 (site 12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, insert

from ohmstead.store.db import Db
from ohmstead.store.resources import events, stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import metadata

NOW = 1_764_000_000_000_000
TENANT = 1


class Seed:
    """Writes rows of any table; what is not given is empty."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def row(self, table: str, **values: Any) -> None:
        columns = metadata.tables[table].columns
        given = {"tenant_id": TENANT, **values} if "tenant_id" in columns else values
        names = [column.name for column in columns if column.name in given]
        statement = Statement(insert(metadata.tables[table]).values({name: bindparam(name) for name in names}))
        async with self._db.transaction() as tx:
            await tx.execute(statement, **given)

    async def station(self, number: int, **fields: Any) -> None:
        """Station `CS<number>` at site `1<number>`, of profile 1, accepted."""
        values = {"identity": f"CS{number}", "site_id": 10 + number, "registration": "accepted", "security_profile": 1}
        async with self._db.transaction() as tx:
            assert await stations.add(tx, TENANT, number, NOW + number, **(values | fields))


@pytest.fixture
async def seed(db: Db) -> Seed:
    made = Seed(db)
    await made.station(1)
    await made.station(2)
    return made


@pytest.fixture
def store_feed(db: Db, until: Callable[..., Any]) -> Callable[..., Any]:
    """Type and subject of the events of the feed, once there is one."""

    async def fed() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []

        async def there() -> bool:
            found[:] = [(row["type"], row["subject"]) for row in await events.after(db, TENANT, None, 0, 100)]
            return bool(found)

        await until(there)
        return found

    return fed
