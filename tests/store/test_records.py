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
    assert (one.tenant_id, one.identity, one.transaction, one.before) == (1, "CS1", ONE, None)
    async with db.transaction() as tx:
        assert await own.newest(tx, 5) is None
        other, first, again = await tx.fetch_each(
            [own.mark(5, "another body", 1), own.mark(5, one.body, 1), own.mark(5, one.body, 1)]
        )
        assert (len(other), len(first), len(again)) == (0, 1, 0)
        records = [own.Sealed(version, "{}", "g") for version in (1, 2)]
        await tx.execute_all([own.added(1, ONE, record, "complete", NOW) for record in records])
        assert await own.newest(tx, 5) == (2, "{}", "g")
    assert await own.unsealed(db) == []
    await db.store([], [(own.UNSEAL, {"which": 5})])
    (one,) = await own.unsealed(db)
    assert one.before == (2, "{}", "g")
