"""Reservations: an EVSE, a kind of connector or a station kept free for a token or its group."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

_OPEN = text("state = 'requested' OR state = 'active'")

reservations = Table(
    "reservations",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("number", Big, nullable=False),  # OCPP's id of it, unique at its station
    Column("evse_id", Big),
    Column("connector_type", Text),
    Column("token", Text, nullable=False),
    Column("token_type", Text),
    Column("group_token", Text),
    Column("expires_at", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("transaction", Big),
    Column("command_id", Text),
    Column("created_at", Big, nullable=False),
    Column("changed_at", Big, nullable=False),
    UniqueConstraint("tenant_id", "station_id", "number"),
    Index("ix_reservations_open", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "tenant_id", "created_at", "id"),
)
