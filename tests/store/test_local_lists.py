from __future__ import annotations

import pytest

from ohmstead.domain.local_list import Entry
from ohmstead.store import local_lists as own
from ohmstead.store.local_lists import LocalList
from ohmstead.store.sessions import CONNECTED
from tests.store.test_reconciliations import NOW, STATION
from tests.store.test_tokens import add

pytestmark = pytest.mark.anyio


async def test_a_list_and_when_it_is_behind(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.0.1"))], [])
    assert await own.find(db, 1) is None
    entry = Entry("A", "ISO14443", group="G", expires_at=5)
    await db.store([], [own.put(1, 1, LocalList(3, {entry.key: entry}), NOW)])
    assert await own.find(db, 1) == LocalList(3, {entry.key: entry}, None, NOW)
    await db.store([], [own.put(1, 1, LocalList(4, None, "Failed"), NOW)])
    assert await own.find(db, 1) == LocalList(4, None, "Failed", NOW)
    assert await own.tenants(db) == [1]
    stamp = await own.stamp(db, 1, NOW)
    assert await own.behind(db, 1, stamp) == []  # it is not connected
    await db.store([], [(CONNECTED, {"station": 1, "at": NOW, "node": "n", "version": "2.0.1"})])
    assert await own.behind(db, 1, stamp) == [(1, "CS1")]
    await db.store([], [own.compared(1, stamp)])
    assert await own.behind(db, 1, stamp) == []
    await add(db, ("ab12", "ISO14443", 1))
    assert await own.stamp(db, 1, NOW) != stamp
    assert [one.token for one in await own.all_tokens(db, 1)] == ["ab12"]
