"""Who statements are made for: groups of tokens with a name and a unit."""

from __future__ import annotations

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from ohmstead.store.tables.meta import Big, metadata, tenant

holders = Table(
    "holders",
    metadata,
    tenant(),
    Column("id", Text, nullable=False),
    Column("group_token", Text, nullable=False),
    Column("group_key", Text, nullable=False),  # folded case, as records keep it
    Column("name", Text, nullable=False),
    Column("unit", Text),
    Column("time_zone", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "group_key"),
)
