"""The tables that grow: lookups go by their indexes where there are many rows, and inserts touch few indexes."""

from __future__ import annotations

import pytest
from sqlalchemy import Index

from ohmstead.store import commands as asked
from ohmstead.store import ledger as books
from ohmstead.store import sessions, tokens
from ohmstead.store.resources import commands as shown
from ohmstead.store.resources import holders
from ohmstead.store.resources import messages as log
from ohmstead.store.resources import transactions as list_of_transactions
from ohmstead.store.statement import Append, Statement
from ohmstead.store.tables import commands, feed, ledger, messages, outbox, transactions

pytestmark = pytest.mark.anyio

STATIONS, EACH = 40, 200


def listed(*filters: str) -> Statement:
    """GET /transactions with these filters."""
    listing = (
        list_of_transactions.OF_STATIONS if {"station_id", "few", "active"} & {*filters} else list_of_transactions.LIST
    )
    return listing._statement(filters, None, "-started_at", False)[0]


OPEN = holders.OPEN._statement(("ended_before", "ended_from", "over", "token"), None, "all", False)[0]
EXPECTED = {
    "ix_transactions_active": [sessions.ACTIVE, tokens.CHARGING, listed("active")],
    "ix_transactions_wanting": [listed("wanting"), listed("begun_from", "wanting")],
    "ix_transactions_token": [listed("token"), listed("token", "state"), listed("token", "begun_from"), OPEN],
    "ix_commands_open": [
        sessions.AWAITING,
        asked.NEXT,
        asked.LOST,
        asked.WAITING,
        asked.OVERDUE,
        asked.OVERTAKEN,
        asked.EXPIRED,
        asked.UNCONFIRMED,
        asked.ABANDONED,
    ],
    "uq_transactions|sqlite_autoindex_transactions_1": [books.CALLED],
    "transactions_pkey|INTEGER PRIMARY KEY": [books.UPDATE],
    "ix_transactions_station_id_started_at": [
        books.STARTED_AT,
        books.ENDED_AT,
        listed("station_id"),
        listed("begun_from", "station_id"),
        listed("few", "site_id"),
    ],
    "ix_ledger_transaction_seq_no_at": [books.SAME_MOMENT, books.SAME_MOMENT_16, books.ASIDE_AT],
    "ix_ledger_unfolded": [books.UNFOLDED],
    "ix_ledger_station_id_id|ledger_pkey": [
        books.STOPS_ASIDE,
        log.LEDGER._statement(("station_id",), None, "-id", False)[0],
    ],
    "ix_messages_station_id_id|messages_pkey": [log.LOG._statement(("station_id",), None, "-id", False)[0]],
    "ix_commands_station_id_created_at": [shown.LIST._statement(("station_id",), None, "-created_at", False)[0]],
    "ledger_pkey|INTEGER PRIMARY KEY": [books.REFOLDED],
    "commands_pkey|sqlite_autoindex_commands_1": [
        asked.SENT,
        asked.ANSWERED,
        asked.CONFIRMED,
        asked.TIMED_OUT,
        shown._CANCEL,
    ],
}


async def fill(db, store) -> None:
    """Years of three tables: nearly all of it has ended."""
    await store.add_stations(db, *range(1, STATIONS + 1))
    of_transactions = Append(
        transactions, "id", "tenant_id", "station_id", "transaction_id", "ordinal", "state", "token", "started_at",
        "energy_wh", "complete", "body",
    )  # fmt: skip
    of_ledger = Append(ledger)
    of_messages = Append(messages, "id", "tenant_id", "station_id", "at", "direction", "request")
    of_commands = Append(
        commands, "id", "tenant_id", "station_id", "type", "body", "state", "calls", "created_at", "expires_at",
        "updated_at",
    )  # fmt: skip
    rows = []
    for n in range(STATIONS * EACH):
        station, state = 1 + n % STATIONS, "active" if n % EACH == 7 else "ended"
        rows.append(
            (of_transactions, (n, 1, station, f"t{n}", 0, state, f"T{n % 100}", n, 0.0, int(state != "active"), "{}"))
        )
        kind, part, seq_no = ("aside", None, None) if n % 10 == 0 else ("updated", n // 10, n % 10)
        rows.append((of_ledger, (n, 1, station, part, kind, seq_no, n, n, "TransactionEvent", "[]", "[]")))
        rows.append((of_messages, (n, 1, station, n, "in", "[]")))
        state = "queued" if n % EACH == 3 else "confirmed"
        rows.append((of_commands, (f"{n}", 1, station, "reset", "{}", state, "[]", n, n + 1, n)))
    await db.store(rows, [])


async def plan(db, statement) -> str:
    """How the database would run it, whatever the arguments."""
    if db.name == "sqlite":
        text = statement.sqlite.text
        found = db._reader.execute(f"EXPLAIN QUERY PLAN {text}", [None] * len(statement.sqlite.names)).fetchall()
        return "\n".join(row[3] for row in found)
    nulls = ", ".join(["NULL"] * len(statement.postgres.names))
    async with db._pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE one AS {statement.postgres.text}")
        found = await connection.fetch(f"EXPLAIN EXECUTE one{f'({nulls})' if nulls else ''}")
        await connection.execute("DEALLOCATE one")
    return "\n".join(row[0] for row in found)


async def test_lookups_use_their_indexes(db, store) -> None:
    await fill(db, store)
    if db.name == "postgresql":
        await db._pool.execute("ANALYZE")
    wrong = []
    for names, statements in EXPECTED.items():
        for statement in statements:
            found = await plan(db, statement)
            if not any(name in found for name in names.split("|")):
                wrong.append(f"{statement.sqlite.text}\nshould use {names}:\n{found}")
    assert not wrong, "\n\n".join(wrong)


def indexes(table) -> dict[str, bool]:
    """Index name -> whether it is partial; primary keys are not among them."""
    return {
        index.name: index.dialect_options["sqlite"]["where"] is not None
        for index in table.indexes
        if isinstance(index, Index)
    }


def test_hot_inserts_touch_few_indexes() -> None:
    assert indexes(feed) == indexes(outbox) == {}
    assert indexes(messages) == {"ix_messages_station_id_id": False}
    assert indexes(ledger) == {
        "ix_ledger_station_id_id": False,
        "ix_ledger_transaction_seq_no_at": False,
        "ix_ledger_unfolded": True,
    }
    assert indexes(transactions) == {
        "ix_transactions_station_id_started_at": False,
        "ix_transactions_tenant_id_started_at_id": False,
        "ix_transactions_token": False,
        "ix_transactions_active": True,
        "ix_transactions_unsealed": True,
        "ix_transactions_wanting": True,
    }
    assert indexes(commands) == {"ix_commands_station_id_created_at": False, "ix_commands_open": True}
