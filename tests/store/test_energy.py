"""Rows of the control."""

from __future__ import annotations

import pytest

from ohmstead.domain.regulation import Account
from ohmstead.shapes.energy import CircuitEvse, CircuitNew, LimitNew
from ohmstead.shapes.site import SiteNew
from ohmstead.store import energy
from ohmstead.store.db import Db
from ohmstead.store.resources import energy as shown
from ohmstead.store.resources import sites, stations
from tests.domain.test_profiles import T

pytestmark = pytest.mark.anyio


async def test_a_site_as_it_was_made(db: Db) -> None:
    async with db.transaction() as tx:
        await sites.add(tx, 1, 11, SiteNew(name="Depot", limit_a=[9, 9, 9]), T)
        await sites.add(tx, 1, 12, SiteNew(name="Yard"), T)
        evses = [CircuitEvse(station_id="CS1", evse_id=1)]
        await shown.add_circuit(tx, 1, 11, 5, CircuitNew(name="B", limit_a=40.0, evses=evses), T)
        await shown.add_limit(tx, 1, 11, 6, "put", LimitNew(limit_w=5.0, ramp_s=3), T)
        await shown.put_load(tx, 1, 11, 0, [1, 2, 3], T)
        await stations.add(tx, 1, 1, T, identity="CS1", registration="accepted", security_profile=1, site_id=11)
        await tx.execute_all([energy.account_put(1, 11, 1, 1, Account(default_a=6.0), T)])
        await tx.execute_all([energy.account_put(1, 11, 1, 1, Account(default_a=7.0), T)])
    found = await energy.load_sites(db)
    assert found[11].limit_a == (9, 9, 9)
    assert await energy.limited_sites(db) == {11}
    state = await energy.load_site(db, found[11])
    assert (state.circuits[0].limit_a, state.circuits[0].evses) == ((40, 40, 40), evses)
    assert (state.limits[0].limit_w, state.limits[0].ramp_s) == (5, 3)
    assert state.loads == {0: ((1, 2, 3), T)}
    assert state.accounts[1, 1].default_a == 7
    assert state.stations[1].identity == "CS1"
    assert await energy.states_of(db, ["nothing"]) == {}
