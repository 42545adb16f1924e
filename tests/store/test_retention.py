"""What is old goes, in small portions; what is young, and the newest event, stay."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert

from ohmstead.retention_settings import Retention
from ohmstead.store import retention
from ohmstead.store.commands import new_id
from ohmstead.store.refusals import REFUSED
from ohmstead.store.retention import DAY, forget
from ohmstead.store.statement import Append, Statement
from ohmstead.store.tables import (
    alerts,
    commands,
    commits,
    device_history,
    event_streams,
    feed,
    files,
    idempotency,
    ledger,
    procedures,
    site_samples,
    tenants,
    transactions,
)

pytestmark = pytest.mark.anyio

KEEP = Retention()
FEED, COMMITS, KEPT = Append(feed), Append(commits), Append(idempotency)
ALERTS, HISTORY, STREAMS = Append(alerts), Append(device_history), Append(event_streams)
SAMPLES, LEDGER, TRANSACTIONS = Append(site_samples), Append(ledger), Append(transactions)
PROCEDURES, FILES, COMMANDS = Append(procedures), Append(files), Append(commands)
TENANT = Statement(insert(tenants).values(id=bindparam("id"), name="other"))


async def keys(store, db, table, key="id"):
    return [row[key] for row in await store.rows(db, table, key)]


async def test_messages_refusals_and_marks_have_their_days(db, store):
    now = store.NOW
    await db.store(
        [(store.MESSAGES, store.message(n, at=now - (20 - n) * DAY)) for n in range(20)]
        + [(REFUSED, (n, 1, now - (40 - n) * DAY, "p", None, None, 401, "c", "r")) for n in range(40)]
        + [(COMMITS, (n, now - (20 - n) * DAY)) for n in range(20)],
        [],
    )
    assert await forget(db, KEEP, now) == 6 + 10
    assert await keys(store, db, "messages") == list(range(6, 20))
    assert await keys(store, db, "refusals") == list(range(10, 40))
    assert await keys(store, db, "commits") == list(range(13, 20))
    assert await forget(db, KEEP, now) == 0


async def test_portions_are_small(db, store, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1_000)
    await db.store([(store.MESSAGES, store.message(n, at=0)) for n in range(2_500)], [])
    sizes = []
    transaction = db.transaction

    def counted():
        sizes.append(1)
        return transaction()

    monkeypatch.setattr(db, "transaction", counted)
    assert await forget(db, KEEP, store.NOW) == 2_499  # the newest row of a table stays
    # one each for alerts, streams, their values, what variables and connectors were, samples of sites, signatures,
    # deliveries, procedures, those about customers, commands, passwords, and the marks
    assert len(sizes) == 3 + 13


async def test_young_rows_among_old_numbers_stay(db, store):
    """A quiet node uses a block of numbers for a long time."""
    now = store.NOW
    quiet = [store.message(n, at=now) for n in range(5)]
    busy = [store.message(10_000 + n, at=now - 30 * DAY if n < 50 else now) for n in range(100)]
    await db.store([(store.MESSAGES, row) for row in quiet + busy], [])
    assert await forget(db, KEEP, now) == 50
    assert await keys(store, db, "messages") == [*range(5), *range(10_050, 10_100)]


async def test_each_feed_keeps_its_newest_event(db, store):
    now = store.NOW
    async with db.transaction() as tx:
        await tx.execute(TENANT, id=2)
    old, young = now - 8 * DAY, now - 6 * DAY
    await db.store(
        [(FEED, (1, n, "test", None, old if n <= 6 else young, "1")) for n in range(1, 11)]
        + [(FEED, (2, n, "test", None, old, "1")) for n in range(1, 4)],
        [],
    )
    assert await forget(db, KEEP, now) == 6 + 2
    left = [(row["tenant_id"], row["sequence"]) for row in await store.rows(db, "feed", "sequence")]
    assert sorted(left) == [(1, 7), (1, 8), (1, 9), (1, 10), (2, 3)]


async def test_empty_tables_are_no_trouble(db, store):
    assert await forget(db, KEEP, store.NOW) == 0


async def test_answers_kept_for_repeats_go_after_a_day(db, store):
    now = store.NOW
    rows = [(1, f"key:{n}", "print", 201, "{}", "{}", now - n * DAY // 2) for n in range(5)]
    await db.store([(KEPT, row) for row in rows], [])
    await forget(db, KEEP, now)
    assert sorted(await keys(store, db, "idempotency", "key")) == ["key:0", "key:1", "key:2"]


async def test_what_is_over_has_its_days_and_what_is_open_stays(db, store):
    now = store.NOW
    old, young = now - 91 * DAY, now - 89 * DAY
    fields = (1, 1, "s", "monitor", "c", 5, "t", "{}", 0, 1, old, old)
    ends = [("resolved", old, "station"), ("resolved", young, "station"), ("firing", None, None)]
    await db.store([(ALERTS, (n, *fields, *end, None, None)) for n, end in enumerate(ends)], [])
    was = [now - 401 * DAY, now - 399 * DAY]
    await db.store([(HISTORY, (1, until, 1, 0, 1, "v", 0, None, until - 1)) for until in was], [])
    closed = [now - 31 * DAY, now - 29 * DAY, None]
    await db.store([(STREAMS, (n, 1, 1, n, 3, None, 5, None, old, end, *[0] * 4, None, None, 0))
                    for n, end in enumerate(closed)], [])  # fmt: skip
    assert await forget(db, KEEP, now) == 3
    assert await keys(store, db, "event_streams") == [1, 2]
    assert await keys(store, db, "alerts") == [1, 2]
    assert await keys(store, db, "device_history", "until") == was[1:]


async def test_timelines_of_sites_have_their_days(db, store):
    now = store.NOW
    kept = Retention(site_samples=10)
    ages = [now - days * DAY for days in (12, 11, 9)]
    await db.store([(SAMPLES, (1, at, 1, None, 0.0, 0.0, "[]", None)) for at in ages], [])
    assert await forget(db, kept, now) == 2
    assert await keys(store, db, "site_samples", "at") == ages[2:]


async def test_messages_of_sealed_transactions_go_where_told(db, store):
    """Those of what is active, not sealed, young, or of no transaction stay."""
    now = store.NOW
    old, young = now - 400 * DAY, now - 5 * DAY
    sealed_and_ended = [(1, old), (2, old + DAY), (0, old), (None, old), (1, young), (None, None)]
    rows = [
        (n, 1, 1, f"tx{n}", 0, "ended" if ended else "active", 1, "T", old, ended, 5.0, 1, "{}", sealed)
        for n, (sealed, ended) in enumerate(sealed_and_ended)
    ]
    await db.store([(TRANSACTIONS, row) for row in rows], [])
    told = [(n, 1, 1, None if n == 6 else n, "transaction", n, old, old, "A", "{}", "{}") for n in range(7)]
    await db.store([(LEDGER, row) for row in told], [])
    assert await forget(db, KEEP, now) == 0
    assert await forget(db, Retention(transaction_events=90), now) == 2
    assert await keys(store, db, "ledger") == [2, 3, 4, 5, 6]
    assert len(await keys(store, db, "transactions")) == 6


async def test_procedures_that_have_ended_go_those_about_customers_sooner(db, store):
    now = store.NOW
    rows = [
        (1, "firmware", "done", 401), (2, "firmware", "done", 399), (3, "log", "running", 401),
        (4, "customer_information", "done", 31), (5, "customer_information", "failed", 29), (6, "log", "failed", 900),
    ]  # fmt: skip
    for id, kind, state, days in rows:
        asked = now - days * DAY
        row = (str(id), 1, 1, kind, id, state, "Idle", None, None, "{}", "{}", "[]", asked, now)
        await db.store([(PROCEDURES, row)], [])
    assert await forget(db, KEEP, now) == 3
    assert await keys(store, db, "procedures") == ["2", "3", "5"]


async def test_commands_that_nobody_waits_for_go(db, store):
    now = store.NOW
    for state, days in (("accepted", 401), ("confirmed", 399), ("queued", 401), ("rejected", 900)):
        asked = now - days * DAY
        row = {name: None for name in COMMANDS.columns} | {
            "id": new_id(asked), "tenant_id": 1, "station_id": 1, "type": state, "body": "{}", "state": state,
            "calls": "[]", "created_at": asked, "expires_at": asked, "updated_at": asked,
        }  # fmt: skip
        await db.store([(COMMANDS, tuple(row.values()))], [])
    assert await forget(db, KEEP, now) == 2
    assert sorted(await keys(store, db, "commands", "type")) == ["confirmed", "queued"]


async def test_uploads_go_with_their_bytes(db, store, tmp_path):
    """What operators added stays; bytes that are gone already are no trouble."""
    now = store.NOW
    rows = [(1, "upload", 91), (2, "upload", 89), (3, "file", 500), (4, "upload", 92)]
    for id, kind, days in rows:
        row = (id, 1, kind, "n", 1, None, 1, "s", "m", "t", None, None, None, now - days * DAY, 0)
        await db.store([(FILES, row)], [])
        if id != 4:
            (tmp_path / str(id)).write_bytes(b"x")
    assert await retention.forget_uploads(db, tmp_path, KEEP.uploads, now) == 2
    assert await keys(store, db, "files") == [2, 3]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.isdecimal()) == ["2", "3"]
    assert await retention.forget_uploads(db, tmp_path, KEEP.uploads, now) == 0
