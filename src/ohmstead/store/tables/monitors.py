"""Monitors of stations, and their reports under way."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text

from ohmstead.store.tables.meta import Big, metadata, tenant

# One row for each monitor, under the number that the station gave it; name_id: the variable's name in `terms`.
monitors = Table(
    "monitors",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("monitor_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("name_id", Big, nullable=False),
    Column("type", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("kind", Text),
    Column("transaction", Integer, nullable=False),
    Column("updated_at", Big, nullable=False),  # when the station told of it last
    sqlite_with_rowid=False,
)

# One row for each station whose monitoring is known of: what we set, how the last full report went, and how often we
# asked for one on our own since.
monitoring = Table(
    "monitoring",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("base", Text),
    Column("level", Integer),
    Column("report_complete", Integer, nullable=False, server_default="0"),
    Column("report_missing", Text, nullable=False, server_default="[]"),
    Column("report_at", Big),
    Column("asked_times", Integer, nullable=False, server_default="0"),
)

monitor_reports = Table(
    "monitor_reports",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("request_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("full", Integer, nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("last_at", Big, nullable=False),
    Column("parts", Text, nullable=False),
    Column("last", Big),
    Index(None, "last_at"),
)
