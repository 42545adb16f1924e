"""Contracts of Plug & Charge, and the certificates that were issued for them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from ohmstead.store.tables.meta import Big, metadata, tenant

# `emaid` in the form that is compared (domain/emaid.py). state: active, revoked; past `valid_until` it has expired.
contracts = Table(
    "contracts",
    metadata,
    tenant(),
    Column("emaid", Text, nullable=False),
    Column("pcid", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("energy_transfer", Text),
    Column("valid_until", Big),
    Column("state", Text, nullable=False),
    Column("issued_at", Big, nullable=False, server_default="0"),  # the last certificate; 0: none yet
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Column("revoked_at", Big),
    PrimaryKeyConstraint("tenant_id", "emaid"),
    Index(None, "tenant_id", "pcid"),
    sqlite_with_rowid=False,
)

contract_certificates = Table(
    "contract_certificates",
    metadata,
    tenant(),
    Column("serial_number", Text, nullable=False),
    Column("emaid", Text, nullable=False),
    Column("not_after", Big, nullable=False),
    Column("issued_at", Big, nullable=False),
    PrimaryKeyConstraint("tenant_id", "serial_number"),
    Index(None, "tenant_id", "emaid"),
    sqlite_with_rowid=False,
)
