"""Events of demand response."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

demand_events = Table(
    "demand_events",
    metadata,
    identifier(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),  # api, openadr
    Column("source_id", Text),  # what it is called there
    Column("state", Text, nullable=False),  # scheduled, active, done, cancelled
    Column("site_ids", Text, nullable=False),  # [site] as JSON
    Column("opt_out", Text, nullable=False),  # those that do not take part
    Column("start_at", Big, nullable=False),
    Column("end_at", Big, nullable=False),
    Column("limit_w", Float),
    Column("shed_w", Float),
    Column("shed_percent", Float),
    Column("ramp_s", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("shares", Text, nullable=False),  # [domain.demand.Share] as JSON, from its start on
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Column("baseline_at", Big),  # the baseline is of the time before; null: before its start
    Index(None, "tenant_id", "id"),
    Index(None, "state"),
)
