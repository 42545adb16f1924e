"""Stations that came back with another version of OCPP."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

_OPEN = text("state = 'open'")

# kept: the settings as they were; fates: what became of each; ended: the transactions that were closed (all JSON).
version_changes = Table(
    "version_changes",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("was", Text, nullable=False),
    Column("now", Text, nullable=False),
    Column("at", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("kept", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("fates", Text),
    Column("command_id", Text),
    Column("done_at", Big),
    Index("ix_version_changes_open", "station_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "station_id", "id"),
)
