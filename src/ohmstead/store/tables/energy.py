"""Circuits, limits and loads of sites; what each EVSE was ordered; samples for the timeline."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

circuits = Table(
    "circuits",
    metadata,
    identifier(),
    tenant(),
    Column("site_id", Big, nullable=False),
    Column("parent_id", Big),
    Column("name", Text, nullable=False),
    Column("limit_a", Text, nullable=False),  # [L1, L2, L3]
    Column("limit_w", Float),  # of all phases together
    Column("unmanaged_load_w", Float),
    Column("evses", Text, nullable=False),  # [shapes.energy.CircuitEvse] as JSON
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Index(None, "site_id"),
)

# `kind` is `put` for the one limit of PUT /sites/{id}/limit, `entry` for each of POST /sites/{id}/limits, `event` for
# one that a demand response event made.
site_limits = Table(
    "site_limits",
    metadata,
    identifier(),
    tenant(),
    Column("site_id", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("limit_w", Float, nullable=False),
    Column("limit_a", Text),  # [L1, L2, L3]; `limit_w` is what they come to
    Column("start_at", Big),
    Column("end_at", Big),
    Column("ramp_s", Integer, nullable=False, server_default="0"),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("name", Text, nullable=False),
    Column("event_id", Big),
    Column("ramp_from_w", Float),  # null: what was allowed before
    Column("created_at", Big, nullable=False),
    Index(None, "site_id"),
)

# What is drawn at a site (circuit 0) or a circuit without being commanded, as somebody measured it.
site_loads = Table(
    "site_loads",
    metadata,
    Column("site_id", Big, primary_key=True, autoincrement=False),
    Column("circuit_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("load_a", Text, nullable=False),  # [L1, L2, L3]
    Column("at", Big, nullable=False),
    sqlite_with_rowid=False,
)

# What a source at a site (circuit 0) or a circuit feeds in over time, as somebody foretold it.
site_series = Table(
    "site_series",
    metadata,
    Column("site_id", Big, primary_key=True, autoincrement=False),
    Column("circuit_id", Big, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),  # pv, battery
    tenant(),
    Column("phases", Text, nullable=False),  # [0, 1, 2]
    Column("slots", Text, nullable=False),  # [[from, to, W]]
    Column("updated_at", Big, nullable=False),
    sqlite_with_rowid=False,
)

# Sites that are asked together, by a name.
site_groups = Table(
    "site_groups",
    metadata,
    identifier(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("site_ids", Text, nullable=False),  # [site] as JSON
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Index(None, "tenant_id", "name", unique=True),
)

evse_accounts = Table(
    "evse_accounts",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("evse_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("site_id", Big, nullable=False),
    Column("body", Text, nullable=False),  # domain.regulation.Account as JSON
    Column("updated_at", Big, nullable=False),
    Index(None, "site_id"),
    sqlite_with_rowid=False,
)

site_samples = Table(
    "site_samples",
    metadata,
    Column("site_id", Big, primary_key=True, autoincrement=False),
    Column("at", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("limit_w", Float),
    Column("measured_w", Float, nullable=False),
    Column("load_w", Float, nullable=False, server_default="0"),  # beside the EVSEs, less what is fed in
    Column("body", Text, nullable=False),  # the EVSEs: limit, measured, reason
    Column("sources", Text),  # {kind: W} that are fed in
    sqlite_with_rowid=False,
)

# Who does a work that only one process may do, and until when.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Big, nullable=False),
)
