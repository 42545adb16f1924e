"""How far the feed was published elsewhere."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, metadata

# `cursor` is the sequence of the last event of the tenant that the target has acknowledged.
publications = Table(
    "publications",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("target", Text, primary_key=True),
    Column("cursor", Big, nullable=False),
    postgresql_with=OFTEN_CHANGED,
)
