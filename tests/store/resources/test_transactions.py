from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.transactions import Transaction
from ohmstead.store.resources import transactions

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000
HOUR = 3_600_000_000


async def book(seed, number, station, state, at, complete):
    one = Transaction(number, station, f"tx{number}", state=state, events=1, started_at=at, token="Tag")
    await seed.row(
        "transactions",
        id=number,
        station_id=station,
        transaction_id=one.transaction_id,
        ordinal=0,
        state=state,
        token="Tag",
        started_at=at,
        energy_wh=0.0,
        complete=complete,
        body=msgspec.json.encode(one).decode(),
    )


@pytest.fixture
async def booked(db, seed):
    await book(seed, 1, 1, "ended", NOW, 1)
    await book(seed, 2, 1, "active", NOW + HOUR, 0)
    await book(seed, 3, 2, "active", NOW - HOUR, 0)
    frame = '[2,"a","TransactionEvent",{"seqNo":%d}]'
    for id, number, at in ((10, 1, NOW + 2), (11, 0, NOW + 1), (12, 2, NOW + 3)):
        await seed.row(
            "ledger",
            id=id,
            station_id=1,
            transaction=1,
            kind="updated",
            seq_no=number,
            at=at,
            received_at=NOW,
            action="TransactionEvent",
            request=frame % number,
            answer='[3,"a",{}]',
        )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [2, 1, 3]),
        ({"station_id": "CS1"}, [2, 1]),
        ({"site_id": 12}, [3]),
        ({"token": "TAG"}, [2, 1, 3]),
        ({"state": "active"}, [2, 3]),
        ({"complete": 0}, [2, 3]),
        ({"begun_from": NOW}, [2, 1]),
        ({"begun_before": NOW}, [3]),
        ({"transaction_id": "tx3"}, [3]),
        ({"station_id": "CS9"}, []),
    ],
)
async def test_filters_newest_first(db, booked, filters, expected):
    found = await transactions.page(db, 1, None, limit=9, cursor=None, **filters)
    assert [row["id"] for row in found.rows] == expected


@pytest.mark.parametrize("many", [0, 1000])
async def test_what_is_incomplete_goes_on_or_misses_something(db, booked, seed, monkeypatch, many):
    monkeypatch.setattr(transactions, "MANY", many)
    for number, state, at in ((4, "ended", NOW + 1), (5, "inferred_ended", NOW - HOUR), (6, "ended", NOW - 2 * HOUR)):
        await book(seed, number, 2, state, at, 0)
    for limit in (1, 2, 3, 9):
        seen, cursor = [], None
        while True:
            found = await transactions.page(db, 1, None, limit=limit, cursor=cursor, complete=0)
            seen += [row["id"] for row in found.rows]
            if (cursor := found.cursor) is None:
                break
        assert seen == [2, 4, 5, 3, 6]
    for filters, expected in (
        ({"state": "ended"}, [4, 6]),
        ({"begun_from": NOW}, [2, 4]),
        ({"site_id": 12}, [4, 5, 3, 6]),
    ):
        found = await transactions.page(db, 1, None, limit=9, cursor=None, complete=0, **filters)
        assert [row["id"] for row in found.rows] == expected


async def test_a_key_sees_the_transactions_of_its_sites(db, booked):
    assert await transactions.find(db, 1, (12,), "1") is None
    row = await transactions.find(db, 1, (11,), "1")
    shown = transactions.form(row)
    assert (shown.id, shown.station_id, shown.transaction_id, shown.state) == ("1", "CS1", "tx1", "ended")
    assert await transactions.find(db, 1, None, "x1") is None


async def test_its_messages_come_in_the_order_of_their_own_times(db, booked):
    found = await transactions.messages(db, 1, 1, limit=2, cursor=None)
    rest = await transactions.messages(db, 1, 1, limit=2, cursor=found.cursor)
    shown = [transactions.event_form(row) for row in found.rows + rest.rows]
    assert [one.seq_no for one in shown] == [0, 1, 2]
    assert msgspec.json.decode(shown[0].payload) == {"seqNo": 0}
    assert shown[0].answer == msgspec.Raw(b"{}")
    assert [action for action, _ in await transactions.all_messages(db, 1, 1)] == ["TransactionEvent"] * 3
