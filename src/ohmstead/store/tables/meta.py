"""What all tables share: the metadata, the column kinds, the tenants and the counters."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

DEFAULT_TENANT = 1
"""The one tenant there is until an operator makes another."""

Big = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both databases; on SQLite a primary key of this kind is the row id itself."""

OFTEN_CHANGED = {"fillfactor": 70}
"""For tables whose rows change many times: with room on its page PostgreSQL need not write all indexes anew (measured
on transactions: 8 % of the changes spare them with full pages, more than 80 % with some room)."""


def identifier() -> Column[int]:
    """A primary key whose values come from `store/ids.py`, never from the database."""
    return Column("id", Big, primary_key=True, autoincrement=False)


def tenant() -> Column[int]:
    return Column("tenant_id", Integer, nullable=False)


tenants = Table("tenants", metadata, identifier(), Column("name", Text, nullable=False, unique=True))

counters = Table(
    "counters",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("n", Big, nullable=False),
)
