"""A contract as it is listed: how many certificates it has, and whether it is over."""

from __future__ import annotations

import pytest

from ohmstead.store import contracts as found
from ohmstead.store.resources import contracts
from tests.plugcharge.vehicles import EMAID, contract

pytestmark = pytest.mark.anyio


async def test_its_certificates_are_counted(db):
    await contract(db, valid_until=1000)
    async with db.transaction() as tx:
        for serial in ("a", "b"):
            await found.issued(tx, 1, EMAID, serial, 100, 50)
    row = await contracts.find(db, 1, EMAID)
    assert row is not None
    shown = contracts.form(row, 999)
    assert (shown.certificates, shown.state) == (2, "active")
    assert contracts.form(row, 1000).state == "expired"
    assert await contracts.find(db, 2, EMAID) is None
    assert await contracts.is_token(db, 1, EMAID.lower())
