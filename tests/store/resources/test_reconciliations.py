from __future__ import annotations

import pytest

from ohmstead.runtime import to_datetime
from ohmstead.store.resources import reconciliations

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_a_page_and_its_forms(seed, db):
    row = {"called": "tx", "reason": "gap", "opened_at": NOW, "due_at": NOW + 1, "station_id": 1, "in_queue": 1}
    await seed.row("reconciliations", transaction=1, state="open", **row)
    await seed.row("reconciliations", transaction=2, state="closed", verdict="lost", closed_at=NOW, **row)
    found = await reconciliations.page(db, 1, None, limit=9, cursor=None)
    closed, opened = map(reconciliations.form, found.rows)
    assert (closed.transaction_id, closed.verdict, closed.due_at) == ("2", "lost", None)
    assert (opened.in_queue, opened.ongoing, opened.due_at) == (True, None, to_datetime(NOW + 1))
    found = await reconciliations.page(db, 1, None, limit=9, cursor=None, verdict="lost")
    assert [one["transaction"] for one in found.rows] == [2]
    assert await reconciliations.sealed(db, 1, 1) == []
