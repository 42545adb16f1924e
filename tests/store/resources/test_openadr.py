from __future__ import annotations

import pytest

from ohmstead.store import openadr
from ohmstead.store.resources import openadr as shown
from tests.store.test_openadr import ONE

pytestmark = pytest.mark.anyio


async def test_listed_with_what_is_asked_of_the_sites_one_may_see(db):
    async with db.transaction() as tx:
        await openadr.put(tx, ONE)
    found = await shown.page(db, 1, limit=5, cursor=None, state="known", report_state="waiting")
    assert [one.site_ids for one in shown.form(found.rows[0]).asked] == [["11"]]
    assert shown.form(found.rows[0], (12,)).asked == []
    assert (await shown.page(db, 2, limit=5, cursor=None, state=None, report_state=None)).rows == []
