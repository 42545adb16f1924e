from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.store import reservations as own
from ohmstead.store.reservations import Moving, Reservation
from ohmstead.store.sessions import CONNECTED
from tests.store.test_reconciliations import NOW, STATION

pytestmark = pytest.mark.anyio
ONE = Reservation(
    id=3, tenant_id=1, station_id=1, number=9, token="T", expires_at=NOW + 5, command_id="c", created_at=NOW,
    changed_at=NOW,
)  # fmt: skip


async def test_made_found_and_moved(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.0.1"))], [own.made(ONE)])
    assert await own.by_number(db, 1, 1, 9) == ONE
    assert await own.by_number(db, 1, 1, 8) is None
    # the call that asks for it does not make it another one
    await db.store([], [own.made(replace(ONE, id=4, evse_id=2, command_id="d", created_at=NOW + 1))])
    found = await own.by_id(db, 1, 3)
    assert (found.evse_id, found.command_id, found.created_at) == (2, "c", NOW)
    assert [one.what for one in await own.due(db, NOW + 5)] == ["expired"]
    await db.store([], [own.moved(Moving("CS1", found, "expired"), NOW + 6)])
    assert (await own.by_id(db, 1, 3)).state == "expired"
    assert await own.fees_due(db, NOW + 5) == []
    assert await own.fees_due(db, NOW + 6) == []  # its station was not heard of since
    await db.store([], [(CONNECTED, {"at": NOW + 6, "station": 1, "node": "n", "version": "2.0.1"})])
    ((identity, due),) = await own.fees_due(db, NOW + 6)
    assert (identity, due.id, due.changed_at) == ("CS1", 3, NOW + 6)
    await db.store([], [own.moved(Moving("CS1", found, "cancelled"), NOW + 7)])
    assert (await own.by_id(db, 1, 3)).state == "expired"
    await db.store([], [own.moved(Moving("CS1", found, "used", None, 7), NOW + 7)])
    assert (await own.by_id(db, 1, 3)).state == "used"
    async with db.transaction() as tx:
        assert not await own.fee_done(tx, due)  # something happened to it meanwhile
        assert await own.fee_done(tx, (await own.fees_due(db, NOW + 7))[0][1])
    assert await own.fees_due(db, NOW + 9) == []
    assert await own.due(db, NOW + 9) == []


def test_what_it_is_then():
    used = own.after(Moving("CS1", ONE, "used", None, 7), NOW + 1)
    assert (used.state, used.transaction, used.changed_at) == ("used", 7, NOW + 1)
    assert own.after(Moving("CS1", used, "expired"), NOW) is None
