"""Alerts of stations."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

_FIRING, _OVER = text("state = 'firing'"), text("resolved_at IS NOT NULL")

# One row for each alert; of a station and a subject one at most is firing. detail: JSON.
alerts = Table(
    "alerts",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("subject", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("latched", Integer, nullable=False),
    Column("count", Big, nullable=False),
    Column("first_at", Big, nullable=False),
    Column("last_at", Big, nullable=False),
    Column("state", Text, nullable=False),
    Column("resolved_at", Big),
    Column("resolved_by", Text),
    Column("acknowledged_at", Big),
    Column("acknowledged_by", Text),
    Index(
        "ix_alerts_firing", "tenant_id", "station_id", "subject", unique=True, sqlite_where=_FIRING,
        postgresql_where=_FIRING,
    ),
    Index("ix_alerts_over", "resolved_at", sqlite_where=_OVER, postgresql_where=_OVER),
    Index(None, "station_id", "id"),
    postgresql_with=OFTEN_CHANGED,
)  # fmt: skip
