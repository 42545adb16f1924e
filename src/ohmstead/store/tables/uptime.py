"""How connectors and stations were, from when on; and times that do not count against them."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

# One row for each change, in the words of StatusNotification; EVSE 0, connector -1 is the line: Online, Offline.
availability = Table(
    "availability",
    metadata,
    Column("station_id", Big, nullable=False),
    tenant(),
    Column("evse_id", Big, nullable=False),
    Column("connector_id", Big, nullable=False),
    Column("at", Big, nullable=False),
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("station_id", "evse_id", "connector_id", "at"),
    Index(None, "at"),
)

exclusions = Table(
    "exclusions",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("evse_id", Big),
    Column("begin_at", Big, nullable=False),
    Column("end_at", Big, nullable=False),
    Column("cause", Text, nullable=False),
    Column("text", Text),
    Column("created_at", Big, nullable=False),
    Index(None, "station_id", "begin_at"),
)
