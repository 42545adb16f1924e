"""Transactions under examination, and the records that were sealed of them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, metadata, tenant

_OPEN = text("state = 'open'")

# One row for each transaction that was ever looked into (domain.reconciliation.Check): open, or closed with a verdict.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("transaction", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("called", Text, nullable=False),  # the station's id of the transaction
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", Big, nullable=False),
    Column("due_at", Big, nullable=False),
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("waited", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("ongoing", Integer),
    Column("in_queue", Integer),
    Column("verdict", Text),
    Column("closed_at", Big),
    Index("ix_reconciliations_due", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "station_id", "called"),
    postgresql_with=OFTEN_CHANGED,
)

# What a transaction came to, as it may be billed. A record is never changed: what comes later makes the next version.
records = Table(
    "records",
    metadata,
    Column("transaction", Big, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("sealed_at", Big, nullable=False),
    Column("ended_at", Big),
    Column("reason", Text, nullable=False),  # complete, a verdict, or amended
    Column("body", Text, nullable=False),  # shapes.transaction.Transaction as JSON, as it was then
    Column("group_key", Text),  # the group that its token had when it was first sealed, in folded case
    Index(None, "tenant_id", "ended_at"),
    Index(None, "tenant_id", "group_key", "ended_at"),
)
