"""Events of a VTN are kept as they were understood."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.demand import Target
from ohmstead.domain.openadr import Asked
from ohmstead.store import openadr
from ohmstead.store.db import Db
from ohmstead.store.openadr import Kept, Known

pytestmark = pytest.mark.anyio
ASKED = Asked(key="e1/0", target_name="t", site_ids=[11], start=1, end=2, target=Target(limit_w=5.0), priority=0)
ONE = Known(
    tenant_id=1, event_id="e1", program_id="p1", modified="", state="known", asked=[Kept(asked=ASKED, id=None)],
    notes=["no"], report=["USAGE"], aggregate=True, report_state="waiting", first_at=7,
)  # fmt: skip


async def test_put_again_and_gone(db: Db) -> None:
    for one in (ONE, msgspec.structs.replace(ONE, report_state="sent")):
        async with db.transaction() as tx:
            await openadr.put(tx, one)
        assert await openadr.known(db, 1) == {"e1": one}
    assert await openadr.ours(db, 1, 99) is None
    async with db.transaction() as tx:
        await openadr.put(tx, msgspec.structs.replace(ONE, state="gone"))
    assert await openadr.known(db, 1) == {}
