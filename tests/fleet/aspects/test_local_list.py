from __future__ import annotations

import pytest

from ohmstead.domain.device_model import Model
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.local_list import compare, mend
from ohmstead.store.local_lists import LocalList, put
from tests.fleet.test_layers import PLACE

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_list_is_held_once_the_station_took_one(db):
    seen = Seen(PLACE, Model())
    assert await compare(db, seen, False) == []
    (found,) = await compare(db, seen, True)
    assert (found.same, found.actual) == (False, "never sent")
    await db.store([], [put(1, 1, LocalList(3, None, "Failed"), 0)])
    (found,) = await compare(db, seen, True)
    assert (found.same, found.actual) == (False, "Failed")
    await db.store([], [put(1, 1, LocalList(4, {}), 0)])
    assert (await compare(db, seen, True))[0].same
    assert mend(True, ()) == {"type": "send_local_list"}
