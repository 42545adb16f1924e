"""Energy by the hour, made from sealed transactions."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table

from ohmstead.store.tables.meta import Big, metadata, tenant

# One row for each hour of a transaction; made anew with each version of its record.
energy_hours = Table(
    "energy_hours",
    metadata,
    Column("transaction", Big, nullable=False),
    Column("hour_at", Big, nullable=False),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("evse_id", Big),
    Column("mwh", Big, nullable=False),  # milliwatt-hours
    PrimaryKeyConstraint("transaction", "hour_at"),
    Index(None, "station_id", "hour_at"),
)
