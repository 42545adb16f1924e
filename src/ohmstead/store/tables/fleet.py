"""Sites, stations and what is known of each."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

sites = Table(
    "sites",
    metadata,
    identifier(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("parent_id", Big),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("limit_w", Float),
    Column("limit_a", Text),
    Column("reset_if_disobedient", Text, nullable=False, server_default="never"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
)

UPGRADING = text("substr(upgrade, 10, 4) <> 'done' AND substr(upgrade, 10, 4) <> 'fail'")
"""Of `stations`: the move to another security profile is on its way. Its step is the first member of what is kept."""

MIGRATING = text(" AND ".join(f"substr(csms_migration, 10, 4) <> '{end}'" for end in ("done", "fail", "retu")))
"""Of `stations`: it is on its way to another CSMS or address, as above."""

stations = Table(
    "stations",
    metadata,
    identifier(),
    tenant(),
    Column("identity", Text, nullable=False),
    Column("site_id", Big),
    Column("registration", Text, nullable=False),
    # what the operator says
    Column("security_profile", Integer, nullable=False),
    Column("password_hash", Text),
    # a password on its way: also taken until the station's answer is known (waits: answer), or until the station comes
    # with it after its next start (waits: restart)
    Column("next_password_hash", Text),
    Column("next_password_waits", Text),
    Column("former_password_hash", Text),
    Column("former_password_until", Big),
    Column("upgrade", Text),  # domain.upgrade.Upgrade as JSON: a move to another security profile on its way
    Column("csms_migration", Text),  # domain.csms_migration.Migration as JSON: the last one
    Column("serial_number", Text),
    Column("certificate_cn", Text),
    Column("gateway_cn", Text),
    Column("signing", Text),
    Column("strictness", Text),
    Column("capabilities", Text),
    Column("allow_expired_certificate", Integer, nullable=False, server_default="0"),
    # what the station says
    Column("vendor", Text),
    Column("model", Text),
    Column("boot_serial_number", Text),
    Column("firmware_version", Text),
    Column("ocpp_version", Text),
    Column("booted_at", Big),
    Column("told", Text),  # the registration in our last boot answer: until the next one the station goes by it
    Column("connected_since", Big),
    Column("node", Text),
    Column("last_seen_at", Big),
    Column("clock_skew_us", Big),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Big, nullable=False),
    Column("archived_at", Big),
    UniqueConstraint("tenant_id", "identity"),
    Index("ix_stations_upgrading", "id", sqlite_where=UPGRADING, postgresql_where=UPGRADING),
    Index("ix_stations_migrating", "id", sqlite_where=MIGRATING, postgresql_where=MIGRATING),
    postgresql_with=OFTEN_CHANGED,
)

# The row a commit reads to know that its station is still this session's (epoch) and that nobody else changed what the
# session holds in memory (generation). Small and apart, so that FOR SHARE never meets an update of the station.
sessions = Table(
    "sessions",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("node", Text),
    Column("epoch", Big, nullable=False, server_default="0"),
    Column("generation", Big, nullable=False, server_default="0"),
)

connectors = Table(
    "connectors",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("evse_id", Big, primary_key=True, autoincrement=False),
    Column("connector_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("type", Text),
    Column("status", Text, nullable=False),
    Column("status_at", Big, nullable=False),
    Column("error_code", Text),
    postgresql_with=OFTEN_CHANGED,
)

refusals = Table(
    "refusals",
    metadata,
    identifier(),
    tenant(),
    Column("at", Big, nullable=False),
    Column("peer", Text, nullable=False),
    Column("target", Text),
    Column("identity", Text),
    Column("status", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    tenant(),
    Column("text", Text, nullable=False),
    Column("count", Big, nullable=False),
    Column("first_at", Big, nullable=False),
    Column("last_at", Big, nullable=False),
)

security_events = Table(
    "security_events",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big, nullable=False),
    Column("type", Text, nullable=False),
    Column("critical", Integer, nullable=False),
    Column("at", Big, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("tech_info", Text),
    Index(None, "station_id", "id"),
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("seen_at", Big, nullable=False),
)
