"""What is declared of stations, and how far each of them is."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, metadata, tenant

# station_id: of that one station alone, and then `id` is @ and its number
desired_layers = Table(
    "desired_layers",
    metadata,
    tenant(),
    Column("id", Text, nullable=False),
    Column("station_id", Big),
    Column("body", Text, nullable=False),  # shapes.desired.LayerChange as JSON
    Column("version", Integer, nullable=False),
    Column("updated_at", Big, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
)

# One row for each station that was looked at. `revision`, `model_version` and `station_version`: when it was compared;
# when one of them is another now, the station is looked at again.
station_drift = Table(
    "station_drift",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("record", Text, nullable=False),  # domain.desired.Record as JSON
    Column("command_id", Text),
    Column("revision", Text, nullable=False),
    Column("model_version", Big, nullable=False),
    Column("station_version", Integer, nullable=False),
    Column("look_at", Big, nullable=False),
    Column("updated_at", Big, nullable=False),
    Index(None, "tenant_id", "state"),
    postgresql_with=OFTEN_CHANGED,
)
