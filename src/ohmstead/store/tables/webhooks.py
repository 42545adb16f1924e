"""Who is told of events, and what became of each telling."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

# `cursor` is the sequence of the last event that was looked at for this webhook; `busy_*` says which process delivers
# for it; `resume_at` holds it back after rounds in which nothing got through.
webhooks = Table(
    "webhooks",
    metadata,
    identifier(),
    tenant(),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("site_ids", Text),
    Column("enabled", Integer, nullable=False),
    Column("secret", Text, nullable=False),  # sealed, as the next one
    Column("former_secret", Text),
    Column("former_until", Big),
    Column("cursor", Big, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("resume_at", Big, nullable=False, server_default="0"),
    Column("delivered_at", Big),
    Column("disabled_reason", Text),
    Column("busy_by", Text),
    Column("busy_until", Big, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Index(None, "tenant_id", "id"),
    postgresql_with=OFTEN_CHANGED,
)

_WAITING = text("state = 'waiting'")

# One row for each event that a webhook wants; the event itself stays in the feed. state: waiting, delivered, dead.
deliveries = Table(
    "deliveries",
    metadata,
    Column("webhook_id", Big, primary_key=True, autoincrement=False),
    Column("sequence", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("subject", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Big),
    Column("last_at", Big),
    Column("next_at", Big, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("at", Big, nullable=False),
    Index("ix_deliveries_waiting", "webhook_id", "sequence", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_deliveries_at", "at"),
    sqlite_with_rowid=False,
    postgresql_with=OFTEN_CHANGED,
)
