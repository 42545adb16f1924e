from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import text

from ohmstead.domain.transactions import Transaction
from ohmstead.store.resources import stations
from ohmstead.store.statement import Statement

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def ids(db, sites=None, order="id", **filters):
    found = await stations.page(db, 1, sites, order=order, limit=10, cursor=None, **filters)
    return [row["identity"] for row in found.rows]


async def test_sites_and_tenants_are_part_of_the_query(db, seed):
    assert await ids(db) == ["CS1", "CS2"]
    assert await ids(db, sites=(12,)) == ["CS2"]
    assert await ids(db, sites=()) == []
    assert (await stations.page(db, 2, None, order="id", limit=10, cursor=None)).rows == []
    assert await stations.find(db, 1, (12,), "CS1") is None
    assert (await stations.find(db, 1, (11, 12), "CS1"))["id"] == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"q": "s1"}, ["CS1"]),
        ({"q": "%"}, []),
        ({"q": "wallbox"}, ["CS3"]),
        ({"site_id": 11}, ["CS1"]),
        ({"vendor": "WallBox"}, ["CS3"]),
        ({"online": True}, ["CS3"]),
        ({"offline": True}, ["CS1", "CS2"]),
        ({"registration": "pending"}, ["CS3"]),
        ({"security_profile": 1, "ocpp_version": "2.1"}, ["CS3"]),
    ],
)
async def test_filters(db, seed, filters, expected):
    fields = {"vendor": "WallBox", "connected_since": NOW, "ocpp_version": "2.1", "registration": "pending"}
    await seed.station(3, **fields)
    assert await ids(db, **filters) == expected


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([], False),
        ([("seen", 5)], True),
        ([("seen", 15)], False),
        ([("seen", 5), ("seen", 15)], False),
        ([("seen", 5), ("issued", 15)], True),
        ([("revoked", 5)], False),
    ],
)
async def test_whose_certificate_ends_before(db, seed, held, found):
    row = {"tenant_id": 1, "use": "charging_station", "subject": "", "issuer": "", "authority_key": "", "sha256": ""}
    for number, (state, end) in enumerate(held):
        words = {"id": number + 1, "station_id": 2, "serial_number": str(number), "state": state, "not_after": end}
        await seed.row("certificates", **row, **words, not_before=0, created_at=0)
    assert await ids(db, certificate_expires_before=10) == (["CS2"] if found else [])


async def test_orders(db, seed):
    assert await ids(db, order="-created_at") == ["CS2", "CS1"]
    assert await ids(db, order="last_seen_at") == ["CS1", "CS2"]


async def test_pages_go_on_where_the_one_before_ended(db, seed):
    await seed.station(3)
    seen, cursor = [], None
    while True:
        found = await stations.page(db, 1, None, order="-last_seen_at", limit=1, cursor=cursor)
        seen += [row["identity"] for row in found.rows]
        cursor = found.cursor
        if cursor is None:
            break
    assert seen == ["CS3", "CS2", "CS1"]


async def test_an_identity_exists_once_also_when_it_is_archived(db, seed):
    row = await stations.find(db, 1, None, "CS1")
    async with db.transaction() as tx:
        assert not await stations.add(tx, 1, 9, NOW, identity="CS1", registration="accepted", security_profile=1)
        assert not await stations.was_archived(tx, 1, "CS1")
        assert await stations.change(tx, 1, 1, row["version"], {"archived_at": NOW})
        assert await stations.was_archived(tx, 1, "CS1")
        assert not await stations.add(tx, 1, 9, NOW, identity="CS1", registration="accepted", security_profile=1)
    assert await stations.find(db, 1, None, "CS1") is None


async def test_a_change_needs_the_version_and_reaches_the_session(db, seed):
    rung = []
    db.bus.listen("station", rung.append)
    generations = Statement(text("SELECT generation FROM sessions ORDER BY station_id"))
    async with db.transaction() as tx:
        assert not await stations.change(tx, 1, 1, 7, {"vendor": "x"})
        assert not await stations.change(tx, 2, 1, 1, {"vendor": "x"})
    assert rung == []
    before = (await db.fetch(generations))[0][0]
    async with db.transaction() as tx:
        assert await stations.change(tx, 1, 1, 1, {"strictness": "strict", "site_id": None})
    row = await stations.find(db, 1, None, "CS1")
    assert (row["strictness"], row["site_id"], row["version"]) == ("strict", None, 2)
    assert [tuple(one) for one in await db.fetch(generations)] == [(before + 1,), (0,)]
    assert rung == ["1"]


async def test_a_station_is_shown_with_its_evses(db, seed):
    await seed.row("connectors", station_id=1, evse_id=1, connector_id=1, type="CCS", status="Occupied", status_at=NOW)
    await seed.row("connectors", station_id=1, evse_id=2, connector_id=1, status="Available", status_at=NOW)
    active = Transaction(
        5, 1, "tx", events=1, started_at=NOW, evse_id=1, charging_state="Charging", power=(NOW, 7400.0)
    )
    await seed.row("transactions", **row_of(active))
    first, second = await stations.forms(db, (await stations.page(db, 1, None, order="id", limit=9, cursor=None)).rows)
    assert second.evses == []
    charging, free = first.evses
    assert (charging.state, charging.transaction_id, charging.power_w) == ("charging", "tx", 7400.0)
    assert charging.connectors[0].type == "CCS"
    assert (free.state, free.transaction_id) == ("available", None)
    assert (first.security_profile, first.security_profile_name, first.online) == (1, "basic", False)


def row_of(one: Transaction) -> dict:
    return {
        "id": one.id,
        "station_id": one.station_id,
        "transaction_id": one.transaction_id,
        "ordinal": one.ordinal,
        "state": one.state,
        "energy_wh": one.energy_wh,
        "complete": int(one.complete),
        "started_at": one.started_at,
        "body": msgspec.json.encode(one).decode(),
    }


async def test_the_summary_counts_what_the_key_may_see(db, seed):
    await seed.row("connectors", station_id=1, evse_id=1, connector_id=1, status="Available", status_at=NOW)
    await seed.row("connectors", station_id=1, evse_id=0, connector_id=0, status="Available", status_at=NOW)
    await seed.row("connectors", station_id=2, evse_id=1, connector_id=1, status="Faulted", status_at=NOW)
    await seed.row("transactions", **row_of(Transaction(5, 1, "tx", events=1, power=(NOW, 7400.0))))
    everything = await stations.summary(db, 1, None)
    assert (everything.stations, everything.online, everything.power_w) == (2, 0, 7400.0)
    assert everything.connectors == {"Available": 1, "Faulted": 1}
    part = await stations.summary(db, 1, (12,))
    assert (part.stations, part.active_transactions, part.connectors) == (1, 0, {"Faulted": 1})
