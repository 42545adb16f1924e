"""The ledger of transactions, the message log, the event feed and the commands: the tables that grow."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

_UNSEALED = text("sealed IS NULL AND state <> 'active'")
_WANTING = text("complete = 0 AND state <> 'active'")  # nothing that goes on is in it: events do not touch it

transactions = Table(
    "transactions",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),  # > 0 where a station used an id of an ended transaction again
    Column("state", Text, nullable=False),
    Column("evse_id", Big),
    Column("token", Text),
    Column("started_at", Big),
    Column("ended_at", Big),
    Column("energy_wh", Float, nullable=False),
    Column("complete", Integer, nullable=False),
    Column("body", Text, nullable=False),  # domain.transactions.Transaction as JSON: all of it, fold state included
    Column("sealed", Integer),  # version of its record (store/records.py)
    UniqueConstraint("tenant_id", "station_id", "transaction_id", "ordinal"),
    Index(None, "station_id", "started_at"),
    Index(None, "tenant_id", "started_at", "id"),  # GET /transactions, newest first
    Index("ix_transactions_token", "tenant_id", text("lower(token)"), "started_at", "id"),  # of one token
    Index(
        "ix_transactions_active",
        "station_id",
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    ),
    Index("ix_transactions_wanting", "tenant_id", "started_at", "id", sqlite_where=_WANTING, postgresql_where=_WANTING),
    Index("ix_transactions_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    postgresql_with=OFTEN_CHANGED,
)

_UNFOLDED = text("kind = 'unfolded'")

# One row for each frame that says something of money: append-only, the frame and our answer to it byte for byte.
# kind: started, updated, ended (of a transaction), meter (a station's own meter), aside (belongs to no transaction
# we know), unfolded (well-formed, but our fold failed on it: kept, answered, folded again after the fix).
ledger = Table(
    "ledger",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("transaction", Big),
    Column("kind", Text, nullable=False),
    Column("seq_no", Big),
    Column("at", Big, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("action", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index(None, "transaction", "seq_no", "at"),
    Index(None, "station_id", "id"),
    Index("ix_ledger_unfolded", "station_id", sqlite_where=_UNFOLDED, postgresql_where=_UNFOLDED),
)

messages = Table(
    "messages",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("at", Big, nullable=False),
    Column("direction", Text, nullable=False),  # in: the station called; out: we called
    Column("action", Text),
    Column("request", Text, nullable=False),
    Column("answer", Text),
    Column("answered_at", Big),
    Column("invalid", Text),  # why it was refused, or what was odd
    Index(None, "station_id", "id"),
)

feed = Table(
    "feed",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("sequence", Big, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("subject", Text),
    Column("at", Big, nullable=False),
    Column("data", Text, nullable=False),
)

# PostgreSQL only: events of a commit wait here for the clerk, who numbers them (store/postgres.py).
outbox = Table(
    "outbox",
    metadata,
    Column("id", Big, primary_key=True, autoincrement=True),
    tenant(),
    Column("type", Text, nullable=False),
    Column("subject", Text),
    Column("at", Big, nullable=False),
    Column("data", Text, nullable=False),
)

# PostgreSQL only: one row for each lane's last group commit, to know whether a commit that was cut off was stored
# (store/lane.py).
commits = Table("commits", metadata, identifier(), Column("at", Big, nullable=False))

# as OR: SQLite does not see that one state implies `IN (...)`
_OPEN = text("state = 'queued' OR state = 'sent' OR state = 'accepted'")

commands = Table(
    "commands",
    metadata,
    Column("id", Text, primary_key=True),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("type", Text, nullable=False),  # a typed command's name, or ocpp
    Column("body", Text, nullable=False),  # as it was asked, JSON
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("answer", Text),
    Column("error", Text),
    Column("calls", Text, nullable=False, server_default="[]"),
    Column("results", Text),  # of each thing asked, where a command asks several
    Column("awaits", Text),  # what confirms it, as domain.expectations writes it
    Column("created_at", Big, nullable=False),
    Column("expires_at", Big, nullable=False),
    Column("sent_at", Big),
    Column("confirm_until", Big),
    Column("updated_at", Big, nullable=False),
    Column("traceparent", Text),  # the span that asked, where it is traced (W3C Trace Context)
    Index(None, "station_id", "created_at"),
    Index("ix_commands_open", "station_id", "created_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    postgresql_with=OFTEN_CHANGED,
)
