"""What stations do in the background, and what of it stays: display messages, battery swaps."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

_OPEN = text("state = 'asked' OR state = 'running'")  # as OR: see `commands`

# One row for each that was asked for, or that a station told of by itself. asked, told, steps: JSON.
procedures = Table(
    "procedures",
    metadata,
    Column("id", Text, primary_key=True),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("request_id", Big),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("command_id", Text),
    Column("asked", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("steps", Text, nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("updated_at", Big, nullable=False),
    Index(None, "station_id", "kind", "asked_at", "id"),
    Index(None, "asked_at"),
    Index("ix_procedures_open", "updated_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    postgresql_with=OFTEN_CHANGED,
)

# body: the message in our words, JSON.
display_messages = Table(
    "display_messages",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("message_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("body", Text, nullable=False),
    Column("updated_at", Big, nullable=False),
)

# One row for each swap: what went in and came out under one request id (S03). *_batteries: JSON.
battery_swaps = Table(
    "battery_swaps",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("request_id", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("token", Text),
    Column("batteries_in", Text, nullable=False),
    Column("batteries_out", Text, nullable=False),
    Column("began_at", Big, nullable=False),
    Column("updated_at", Big, nullable=False),
    Index(None, "station_id", "request_id", "id"),
    postgresql_with=OFTEN_CHANGED,
)
