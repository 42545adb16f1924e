"""Charging profiles and DER controls that stations have, reports under way, and limits from others."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from ohmstead.store.tables.meta import Big, metadata, tenant

# One row for each profile of a station. `state` is `asked` while nobody knows whether the station took it; `wanted` is
# what was sent last and not answered yet, so that a refusal leaves the one before as it was.
charging_profiles = Table(
    "charging_profiles",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("profile_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("evse_id", Big, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),  # domain.profiles.Profile as JSON
    Column("wanted", Text),
    Column("updated_at", Big, nullable=False),
    sqlite_with_rowid=False,
)

# A control of a station for the grid (2.1). `stale`: a full report is under way that has not named it yet.
der_controls = Table(
    "der_controls",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("control_id", Text, primary_key=True),
    tenant(),
    Column("control_type", Text, nullable=False),
    Column("is_default", Integer),
    Column("superseded", Integer, nullable=False, server_default="0"),
    Column("started", Integer),  # null: never said
    Column("source", Text, nullable=False),  # set, reported
    Column("body", Text, nullable=False),  # its settings, as the specification writes them
    Column("stale", Integer, nullable=False, server_default="0"),
    Column("updated_at", Big, nullable=False),
    sqlite_with_rowid=False,
)

profile_reports = Table(
    "profile_reports",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("request_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("full", Integer, nullable=False),
    Column("asked_at", Big, nullable=False),
    sqlite_with_rowid=False,
)

external_limits = Table(
    "external_limits",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("evse_id", Big, primary_key=True, autoincrement=False),  # 0: the station, or not said
    Column("source", Text, primary_key=True),
    tenant(),
    Column("grid_critical", Integer),
    Column("body", Text, nullable=False),  # [domain.profiles.Schedule] as JSON
    Column("since", Big, nullable=False),
    sqlite_with_rowid=False,
)
