"""Periodic event streams of stations, and their values."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

_OPEN = text("closed_at IS NULL")

# One row for each stream that was ever opened; of a station's numbers one at most is open. name_id: in `terms`.
event_streams = Table(
    "event_streams",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("stream_id", Big, nullable=False),
    Column("monitor_id", Big, nullable=False),
    Column("name_id", Big),
    Column("interval_s", Big),
    Column("most_values", Big),
    Column("opened_at", Big, nullable=False),
    Column("closed_at", Big),
    Column("messages", Big, nullable=False),
    Column("values", Big, nullable=False),
    Column("pending", Big, nullable=False),
    Column("growing", Integer, nullable=False),
    Column("last_at", Big),
    Column("last_value", Text),
    Column("modelled_at", Big, nullable=False),
    Index("ix_event_streams_open", "tenant_id", "station_id", "stream_id", unique=True, sqlite_where=_OPEN,
          postgresql_where=_OPEN),
    Index(None, "station_id", "id"),
    postgresql_with=OFTEN_CHANGED,
)  # fmt: skip

# One row for each message: its values as [[at, value], ...].
stream_values = Table(
    "stream_values",
    metadata,
    Column("stream", Big, primary_key=True, autoincrement=False),
    Column("number", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("received_at", Big, nullable=False),
    Column("from_at", Big, nullable=False),
    Column("to_at", Big, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "received_at"),
    sqlite_with_rowid=False,
)
