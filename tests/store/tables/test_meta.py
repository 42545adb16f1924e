"""What holds for every table."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, Boolean, DateTime, PrimaryKeyConstraint, UniqueConstraint

from ohmstead.store.tables import metadata

OF_ALL_TENANTS = {"tenants", "nodes", "acme", "commits", "leases"}
"""Tables of this installation, not of a tenant."""
MOMENTS_AND_ROWS = {
    column.name
    for table in metadata.tables.values()
    for column in table.columns
    if column.name == "at" or column.name.endswith(("_at", "_id", "_since", "_until"))
} - {"tenant_id"}


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_every_table(table) -> None:
    assert "tenant_id" in table.columns or table.name in OF_ALL_TENANTS
    for column in table.columns:
        assert not isinstance(column.type, Boolean | JSON | DateTime), f"{column}: small and plain rows"
        assert not column.foreign_keys, f"{column}: the one writer keeps them right"
        if column.name in MOMENTS_AND_ROWS:
            assert str(column.type) in ("BIGINT", "TEXT"), f"{column} holds numbers of 64 bits"


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_what_is_unique_is_so_within_a_tenant(table) -> None:
    for one in table.constraints:
        if isinstance(one, UniqueConstraint) and table.name not in OF_ALL_TENANTS:
            assert "tenant_id" in one.columns
        if isinstance(one, PrimaryKeyConstraint):
            assert len(one.columns) > 0
