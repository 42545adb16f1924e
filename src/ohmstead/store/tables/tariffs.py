"""Tariffs, what they charge for running transactions, and the bills of those that ended."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, metadata, tenant

_CURRENT = text("until IS NULL")

# One row for each version of a tariff, never changed but for `until`, when the next version (or the end) took its
# place: a transaction is charged by the version it began with.
tariffs = Table(
    "tariffs",
    metadata,
    tenant(),
    Column("id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_default", Integer, nullable=False),
    Column("body", Text, nullable=False),  # shapes.tariff.TariffNew as JSON
    Column("created_at", Big, nullable=False),
    Column("until", Big),
    PrimaryKeyConstraint("tenant_id", "id", "version"),
    Index("ix_tariffs_current", "tenant_id", "id", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT),
    sqlite_with_rowid=False,
)

_DUE = text("due > 0")
_OPEN = text("bill_version = 0")

# One row for each transaction that has a tariff. `tally` is domain.tariffs.Tally, the running cost; `due` counts what
# came since the bill was made.
charges = Table(
    "charges",
    metadata,
    Column("transaction", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("tariff_id", Text, nullable=False),
    Column("tariff_version", Integer, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total", Text, nullable=False),
    Column("tally", Text, nullable=False),
    Column("bill_version", Integer, nullable=False),
    Column("due", Integer, nullable=False),
    Index("ix_charges_due", "transaction", sqlite_where=_DUE, postgresql_where=_DUE),
    Index("ix_charges_open", "transaction", sqlite_where=_OPEN, postgresql_where=_OPEN),
    postgresql_with=OFTEN_CHANGED,
)

# What was billed, version by version; none is ever changed.
bills = Table(
    "bills",
    metadata,
    Column("transaction", Big, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    tenant(),
    Column("at", Big, nullable=False),
    Column("ended_at", Big, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", Text, nullable=False),  # shapes.tariff.Bill as JSON
    Index(None, "tenant_id", "ended_at"),
    sqlite_with_rowid=False,
)

# The default tariffs that 2.1 stations have, as far as they said or accepted; EVSE 0 is all of them.
station_tariffs = Table(
    "station_tariffs",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("evse_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("tariff_id", Text, nullable=False),  # as the station knows it: our id and version
    Column("updated_at", Big, nullable=False),
    sqlite_with_rowid=False,
)
