"""Reservations: an EVSE, a kind of connector or a station kept free for a token or its group."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

_OPEN = text("state = 'requested' OR state = 'active'")
_DUE = text("fee_due = 1")

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
    Column("fee_due", Integer),  # 1: it ended in a way that may cost something, or does not any more
    UniqueConstraint("tenant_id", "station_id", "number"),
    Index("ix_reservations_open", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_reservations_fee_due", "changed_at", sqlite_where=_DUE, postgresql_where=_DUE),
    Index(None, "tenant_id", "created_at", "id"),
)

# What a reservation costs that no transaction used, version by version; none is ever changed.
reservation_bills = Table(
    "reservation_bills",
    metadata,
    Column("reservation", Big, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("at", Big, nullable=False),
    Column("ended_at", Big, nullable=False),
    Column("group_key", Text),  # the group that its token had then, in folded case
    Column("body", Text, nullable=False),  # shapes.reservation.ReservationBill as JSON
    Index(None, "tenant_id", "group_key", "ended_at"),
    sqlite_with_rowid=False,
)
