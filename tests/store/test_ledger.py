"""Transactions and frames: written, found again by what the station says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.transactions import Event, begin, fold
from ohmstead.store import ledger
from ohmstead.store.ledger import Entry, Kept

pytestmark = pytest.mark.anyio


@pytest.fixture
async def put(db, store):
    """Stores what functions put into one write of station 1."""
    await store.add_stations(db, 1, 2)
    (claim,) = await db.claim([1])

    async def commit(*fill):
        write = store.write_for(1, claim)
        for one in fill:
            one(write)
        assert await db.commit([write], 0) == []

    return commit


def started(id: int, name: str, at: int, ordinal: int = 0):
    event = Event(kind="started", at=at, seq_no=0, evse_id=2**40, token="tag1")
    return fold(begin(id, 1, name, ordinal), event).transaction


async def test_a_transaction_is_found_by_name_and_by_time(db, store, put):
    one, again, other = started(1, "t1", 50), started(2, "t1", 90, ordinal=1), started(3, "t2", 50)
    await put(*(lambda write, one=one: ledger.write_new(write, one) for one in (one, again, other)))
    assert await ledger.find_transactions(db, 1, 1, "t1") == [one, again]
    assert await ledger.find_transactions(db, 1, 2, "t1") == []
    assert {found.id for found in await ledger.started_at(db, 1, 50)} == {1, 3}
    rows = await store.rows(db, "transactions")
    assert [(row["state"], row["evse_id"], row["token"]) for row in rows] == [("active", 2**40, "tag1")] * 3


@pytest.mark.parametrize("told", [True, False])
async def test_a_change_is_written_whole(db, store, put, told):
    before = started(1, "t1", 50)
    progress = fold(before, Event(kind="updated", at=60, seq_no=1, charging_state="Charging")).transaction
    earlier = fold(progress, Event(kind="updated", at=40, seq_no=2)).transaction
    ended = fold(earlier, Event(kind="ended", at=70, seq_no=3)).transaction
    await put(lambda write: ledger.write_new(write, before))
    for one in (progress, earlier, ended):
        await put(lambda write, one=one, was=before: ledger.write_changed(write, one, was if told else None))
        before = one
        assert await ledger.find_transactions(db, 1, 1, "t1") == [one]
        (row,) = await store.rows(db, "transactions")
        assert (row["state"], row["started_at"], row["ended_at"]) == (one.state, one.started_at, one.ended_at)
    assert row["state"] == "ended"
    assert [found.id for found in await ledger.ended_at(db, 1, 70)] == [1]


async def test_only_what_moved_names_the_indexed_columns(store):
    before = started(1, "t1", 50)
    texts = []
    for after in (replace(before, events=2), replace(before, state="ended"), replace(before, started_at=1)):
        write = store.write_for(1, (1, 1))
        ledger.write_changed(write, after, before)
        texts.append(write.changed[0][0])
    assert texts == [ledger.PROGRESS, ledger.UPDATE, ledger.UPDATE]


async def test_frames_of_one_moment_are_found(db, put):
    def entries(write):
        for number, entry in enumerate(
            (Entry("started", 5, 7, 0), Entry("updated", 5, 7, 0), Entry("updated", 6, 7, 0), Entry("started", 5, 8),
             Entry("aside", 5)),
            1,
        ):  # fmt: skip
            ledger.write_entry(write, number, entry, 9, "TransactionEvent", f"[{number}]", "[]")

    await put(entries)
    assert await ledger.kept_at(db, 7, 0, 5) == [Kept("started", "[1]", "[]"), Kept("updated", "[2]", "[]")]
    assert await ledger.kept_at(db, 8, None, 5) == [Kept("started", "[4]", "[]")]
    assert await ledger.kept_at(db, 8, 0, 5) == []
    assert await ledger.aside_at(db, 1, 5) == [Kept("aside", "[5]", "[]")]
    assert await ledger.aside_at(db, 2, 5) == []


async def test_a_frame_that_was_kept_raw_finds_its_place(db, store, put):
    def entries(write):
        for number, kind, action in ((1, "unfolded", "TransactionEvent"), (2, "aside", "StopTransaction")):
            ledger.write_entry(write, number, Entry(kind, 5), 9, action, f"[{number}]", "[]")

    await put(entries)
    (raw,) = await ledger.unfolded(db, 1)
    (stop,) = await ledger.stops_aside(db, 1, raw.id)
    assert (raw.id, stop.id, stop.request) == (1, 2, "[2]")
    await put(lambda write: ledger.write_refolded(write, 1, Entry("updated", 6, 7, 3)))
    assert await ledger.unfolded(db, 1) == []
    row = (await store.rows(db, "ledger"))[0]
    assert (row["kind"], row["transaction"], row["seq_no"], row["at"], row["request"]) == ("updated", 7, 3, 6, "[1]")
