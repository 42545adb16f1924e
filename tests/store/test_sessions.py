"""What a session reads of its station, and what it writes of itself."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from ohmstead.domain.station import Connector
from ohmstead.domain.transactions import Event, begin, fold
from ohmstead.store import ledger, sessions
from ohmstead.store.sessions import Passwords, find_station, load_awaiting, load_state, write_status
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations

pytestmark = pytest.mark.anyio


async def test_a_station_is_found_by_its_identity(db, store):
    await store.add_stations(db, 1)
    await store.add_stations(db, 2, tenant=2)
    found = await find_station(db, 1, "CS1")
    assert (found.id, found.tenant_id, found.identity, found.capabilities) == (1, 1, "CS1", {})
    assert await find_station(db, 1, "cs1") is None
    assert await find_station(db, 1, "CS2") is None
    assert (await find_station(db, 2, "CS2")).id == 2


async def test_a_session_begins_with_what_was_committed(db, store):
    await store.add_stations(db, 1)
    async with db.transaction() as tx:
        await tx.execute(Statement(update(stations).values(capabilities='{"a":[1]}', archived_at=5)))
    (claim,) = await db.claim([1])
    write = store.write_for(1, claim)
    active = fold(begin(1, 1, "t1"), Event(kind="started", at=5, seq_no=0)).transaction
    ended = fold(begin(2, 1, "t2"), Event(kind="ended", at=5, seq_no=0)).transaction
    for one in (active, ended):
        ledger.write_new(write, one)
    write_status(write, Connector(1, 1, "Occupied", 7), None)
    write_status(write, Connector(1, 1, "Faulted", 8), "GroundFailure")
    write_status(write, Connector(2, 1, "Available", 8), None)
    assert await db.commit([write], 0) == []
    state = await load_state(db, 1)
    assert (state.station.identity, state.station.capabilities, state.station.archived_at) == ("CS1", {"a": [1]}, 5)
    assert state.transactions == {"t1": active}
    assert state.connectors == {(1, 1): Connector(1, 1, "Faulted", 8), (2, 1): Connector(2, 1, "Available", 8)}
    assert [row["error_code"] for row in await store.rows(db, "connectors", "evse_id")] == ["GroundFailure", None]
    assert await load_awaiting(db, 1) == []


async def test_coming_and_going(db, store):
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    for statement, arguments in (
        (sessions.CONNECTED, {"at": 5, "node": "n", "version": "2.0.1"}),
        (sessions.BOOTED, {"vendor": "V", "model": "M", "boot_serial_number": None, "firmware_version": "1",
                           "ocpp_version": "2.0.1", "booted_at": 6}),
        (sessions.SEEN, {"at": 7, "skew": -3}),
        (sessions.DISCONNECTED, {"at": 8}),
    ):  # fmt: skip
        write = store.write_for(1, claim)
        write.execute(statement, station=1, **arguments)
        assert await db.commit([write], 0) == []
    (row,) = await store.rows(db, "stations")
    assert (row["connected_since"], row["node"], row["last_seen_at"], row["clock_skew_us"]) == (None, None, 8, -3)
    assert (row["vendor"], row["booted_at"]) == ("V", 6)


def test_passwords_are_hashed_under_the_servers_key_and_their_owner():
    one, other = Passwords(b"k" * 32), Passwords(b"j" * 32)
    stored = one.hash("CS1", b"secret")
    assert one.matches("CS1", b"secret", stored)
    assert not one.matches("CS1", b"Secret", stored)
    assert not one.matches("CS2", b"secret", stored)
    assert not other.matches("CS1", b"secret", stored)
    assert not one.matches("CS1", b"secret", None)
    assert "secret" not in stored
    assert one.hash("CS1", b"\x00x") != one.hash("CS1\x00", b"x") or "\x00" not in "CS1"
