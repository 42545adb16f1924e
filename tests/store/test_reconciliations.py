"""Searches for what is missing, as they lie in both databases."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.transactions import Transaction
from ohmstead.store import reconciliations as own
from ohmstead.store.statement import Append
from ohmstead.store.tables import connectors, stations, transactions

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000
ONE = Transaction(5, 1, "tx-1", events=1, started_at=NOW, last_at=NOW, evse_id=2)
STATION = Append(
    stations, "id", "tenant_id", "identity", "registration", "security_profile", "created_at", "last_seen_at",
    "ocpp_version",
)  # fmt: skip
BOOKED = Append(
    transactions, "id", "tenant_id", "station_id", "transaction_id", "ordinal", "state", "evse_id", "started_at",
    "energy_wh", "complete", "body",
)  # fmt: skip


def row(one: Transaction):
    body = msgspec.json.encode(one).decode()
    values = (one.id, 1, 1, one.transaction_id, one.ordinal, one.state, one.evse_id, one.started_at, 0.0, 0, body)
    return BOOKED, values


@pytest.fixture
async def known(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.0.1")), row(ONE)], [])


async def test_one_is_open_for_a_transaction_and_looked_at_earlier(db, known):
    await db.store([], [own.opened(1, ONE, "gap", NOW, NOW + 90)])
    await db.store([], [own.opened(1, ONE, "asked", NOW + 10, NOW + 20)])
    assert await own.due(db, NOW + 19) == []
    (one,) = await own.due(db, NOW + 20)
    assert (one.tenant_id, one.identity, one.online, one.seen_at, one.transaction) == (1, "CS1", False, NOW, ONE)
    assert (one.check.reason, one.check.opened_at, one.check.ongoing) == ("asked", NOW, None)


async def test_an_answer_that_says_wait(db, known):
    await db.store([], [own.opened(1, ONE, "gap", NOW, NOW), own.put_off(5, NOW + 50, asked=True)])
    assert await own.due(db, NOW) == []
    assert await own.answered(db, 1, "another", NOW, ongoing=True, in_queue=True) == []
    await db.store([], await own.answered(db, 1, "tx-1", NOW, ongoing=True, in_queue=True))
    assert await own.due(db, NOW + 59_999_999) == []
    (one,) = await own.due(db, NOW + 60_000_000)
    assert (one.check.answered, one.check.ongoing, one.check.in_queue) == (True, True, True)
    assert (one.check.asked, one.check.waited) == (0, 1)


async def test_a_closed_one_is_not_due_and_can_be_opened_again(db, known):
    await db.store([], [own.opened(1, ONE, "gap", NOW, NOW), own.closed(5, "lost", NOW)])
    assert await own.due(db, NOW + 5) == []
    await db.store([], [own.opened(1, ONE, "incomplete", NOW + 1, NOW + 2)])
    (one,) = await own.due(db, NOW + 5)
    assert (one.check.opened_at, one.check.answered) == (NOW + 1, False)


async def test_quiet_ones_are_those_nobody_looks_into(db, known):
    assert [one.transaction for one in await own.quiet(db, NOW, 0)] == [ONE]
    assert await own.quiet(db, NOW - 1, 0) == []
    assert await own.quiet(db, NOW, ONE.id) == []
    await db.store([], [own.opened(1, ONE, "silent", NOW, NOW)])
    assert await own.quiet(db, NOW, 0) == []


async def test_what_speaks_for_an_end(db, known):
    assert await own.over_since(db, ONE) is None
    status = Append(connectors, "station_id", "evse_id", "connector_id", "tenant_id", "status", "status_at")
    await db.store([(status, (1, 2, 1, 1, "Available", NOW + 9))], [])
    assert await own.over_since(db, ONE) == NOW + 9
    await db.store([row(Transaction(6, 1, "tx-2", events=1, started_at=NOW + 3, evse_id=2))], [])
    assert await own.over_since(db, ONE) == NOW + 3
