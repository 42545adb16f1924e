"""What is kept of the server certificates that come by ACME, for all processes and tenants: there is one door."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from ohmstead.store.tables.meta import Big, metadata

# `name`: account and certificates (sealed under the server key), standing, and challenge/<token> while one is open.
acme = Table(
    "acme",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Big, nullable=False),
)
