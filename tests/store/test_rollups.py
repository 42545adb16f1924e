from __future__ import annotations

import pytest

from ohmstead.domain.rollups import HOUR
from ohmstead.domain.transactions import Transaction
from ohmstead.store import rollups
from tests.store.test_reconciliations import NOW, STATION

pytestmark = pytest.mark.anyio


async def test_a_later_version_takes_the_place_of_the_one_before(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.0.1"))], [])
    one, other = (Transaction(id, 1, str(id), evse_id=1) for id in (5, 6))
    for transaction, hours in ((one, {0: 1, HOUR: 2}), (other, {HOUR: 10}), (one, {HOUR: 3, 2 * HOUR: 4})):
        async with db.transaction() as tx:
            await tx.execute_all([rollups.forgotten(transaction.id), *rollups.added(1, transaction, hours)])

    async def found(**filters):
        rows = await rollups.hours(db, 1, None, limit=10, **filters)
        return [(row["identity"], row["evse_id"], row["hour_at"] // HOUR, int(row["mwh"])) for row in rows]

    assert await found(begin=0, end=9 * HOUR) == [("CS1", 1, 1, 13), ("CS1", 1, 2, 4)]
    assert await found(begin=0, end=2 * HOUR) == [("CS1", 1, 1, 13)]
    assert await found(begin=0, end=9 * HOUR, station_id="CS2") == []
