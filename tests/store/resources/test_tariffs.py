"""Versions of tariffs on disk."""

from __future__ import annotations

import pytest

from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store.resources import tariffs

pytestmark = pytest.mark.anyio


async def test_a_version_is_closed_once_and_never_lost(db):
    new = TariffNew(id="a", currency="EUR", name="a", elements=[TariffElement(per="kwh", price="1")])
    async with db.transaction() as tx:
        await tariffs.add(tx, 1, "a", 1, new, 0)
        assert await tariffs.end(tx, 1, "a", 1, 5)
        assert not await tariffs.end(tx, 1, "a", 1, 6)
        assert not await tariffs.end(tx, 2, "a", 1, 6)
        assert await tariffs.last_version(tx, 1, "a") == 1
        assert await tariffs.last_version(tx, 2, "a") == 0
    assert await tariffs.find(db, 1, "a") is None
