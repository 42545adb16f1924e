"""Contracts as provisioning and authorisation find them."""

from __future__ import annotations

import pytest

from ohmstead.simulator.contract_vehicle import new_maker
from ohmstead.store import contracts
from tests.plugcharge.vehicles import EMAID, PCID, contract, revoke, trust

pytestmark = pytest.mark.anyio


async def test_by_vehicle_by_name_and_by_certificate(db):
    await contract(db, energy_transfer=["DC"])
    async with db.transaction() as tx:
        await contracts.issued(tx, 1, EMAID, "abc", 100, 50)
    (one,) = await contracts.of_vehicle(db, 1, PCID)
    assert (one.emaid, one.energy_transfer, one.issued_at) == (EMAID, ["DC"], 50)
    assert await contracts.find(db, 1, EMAID) == one
    assert await contracts.by_serial(db, 1, "abc") == (100, one)
    assert await contracts.find(db, 2, EMAID) is None
    assert await contracts.by_serial(db, 2, "abc") is None
    assert one.holds(10**18)
    await revoke(db)
    known = await contracts.find(db, 1, EMAID)
    assert known is not None
    assert not known.holds(0)


async def test_authorities_by_their_use(db):
    maker = new_maker()
    await trust(db, maker, "oem")
    assert await contracts.authorities(db, 1, "oem") == [maker.pem]
    assert await contracts.authorities(db, 1, "mo") == await contracts.authorities(db, 2, "oem") == []
