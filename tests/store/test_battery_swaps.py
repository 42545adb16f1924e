"""Battery swaps on both databases: the newest of a number."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.battery_swaps import Battery, Swap
from ohmstead.store import battery_swaps
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio
ONE = Swap(
    id=1, request_id=5, token="T", began_at=1, updated_at=1,
    batteries_in=(Battery(evse_id=1, serial_number="B", soc=1.0, soh=2.0),),
)  # fmt: skip


async def test_the_newest_of_a_number_is_found_as_it_was_put(db: Db) -> None:
    some = (ONE, replace(ONE, id=2), replace(ONE, id=2, state="in"))
    await db.store([], [battery_swaps.put(1, 1, one) for one in some])
    assert await battery_swaps.find(db, 1, 5) == replace(ONE, id=2, state="in")
    assert await battery_swaps.find(db, 2, 5) is None
