"""Second CSMSs that stations are told to, and how each station's line there is."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

forwardings = Table(
    "forwardings",
    metadata,
    identifier(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("station_ids", Text),
    Column("site_ids", Text),
    Column("identity", Text),
    Column("password", Text),  # sealed
    Column("trusted_certificates", Text),
    Column("commands", Text, nullable=False),
    Column("leave_out", Text, nullable=False),
    Column("enabled", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Index(None, "tenant_id", "id"),
)

# Written by the gateway that holds the station, when the line changes and each minute while there is traffic.
forwarding_links = Table(
    "forwarding_links",
    metadata,
    Column("forwarding_id", Big, primary_key=True, autoincrement=False),
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("since", Big, nullable=False),
    Column("told", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    sqlite_with_rowid=False,
    postgresql_with=OFTEN_CHANGED,
)

# 1.6: a transaction that runs, by our number and by the one that the second CSMS gave.
forwarded_transactions = Table(
    "forwarded_transactions",
    metadata,
    Column("forwarding_id", Big, primary_key=True, autoincrement=False),
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("ours", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("theirs", Big, nullable=False),
    sqlite_with_rowid=False,
)
