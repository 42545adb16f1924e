from __future__ import annotations

import pytest

from ohmstead.domain.transactions import Transaction
from ohmstead.store import records as own
from tests.store.test_reconciliations import NOW, STATION, row

pytestmark = pytest.mark.anyio
ONE = Transaction(5, 1, "tx-1", state="ended", events=1, started_at=NOW, ended_at=NOW + 5)


async def test_the_life_of_a_record(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.0.1")), row(ONE)], [])
    (one,) = await own.unsealed(db)
    assert (one.tenant_id, one.identity, one.transaction) == (1, "CS1", ONE)
    async with db.transaction() as tx:
        assert await own.newest(tx, 5) is None
        assert not await own.mark(tx, 5, "another body", 1)
        assert await own.mark(tx, 5, one.body, 1)
        for version in (1, 2):
            await own.add(tx, 1, ONE, own.Sealed(version, "{}", "g"), "complete", NOW)
        assert await own.newest(tx, 5) == (2, "{}", "g")
    assert await own.unsealed(db) == []
    await db.store([], [(own.UNSEAL, {"which": 5})])
    assert len(await own.unsealed(db)) == 1
