"""Vehicles, what they shall have charged by when, prices of sites, and the plans made of them."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text, text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

_OPEN = text("state = 'waiting' OR state = 'active'")

vehicles = Table(
    "vehicles",
    metadata,
    identifier(),
    tenant(),
    Column("name", Text, nullable=False),
    Column("tokens", Text, nullable=False),  # [str] as JSON
    Column("battery_wh", Float),
    Column("created_at", Big, nullable=False),
    Index(None, "tenant_id", "id"),
)

charging_needs = Table(
    "charging_needs",
    metadata,
    identifier(),
    tenant(),
    Column("station_id", Big),
    Column("evse_id", Big),
    Column("vehicle_id", Big),
    Column("token", Text),
    Column("energy_wh", Float, nullable=False),
    Column("soc_percent", Float),
    Column("ready_by", Big, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("source", Text, nullable=False),  # `api`, or `ev`: its car said so (ISO 15118)
    Column("state", Text, nullable=False),
    Column("transaction", Big),
    Column("from_wh", Float),  # what the transaction had delivered when the need began to count
    Column("delivered_wh", Float, nullable=False),
    Column("expected_wh", Float),
    Column("feasible", Integer),
    Column("reason", Text),
    Column("ev", Text),  # domain.needs.OfCar as JSON
    Column("asked_at", Big),  # when the car asked for a profile (NotifyEVChargingNeeds), or needs one anew
    Column("created_at", Big, nullable=False),
    Column("updated_at", Big, nullable=False),
    Index("ix_charging_needs_open", "tenant_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "tenant_id", "id"),
)

site_prices = Table(
    "site_prices",
    metadata,
    Column("site_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("unit", Text, nullable=False),
    Column("slots", Text, nullable=False),  # [[from, to, price]]
    Column("updated_at", Big, nullable=False),
    sqlite_with_rowid=False,
)

# The plan of a grid connection; `site_id` is the site at the top.
site_plans = Table(
    "site_plans",
    metadata,
    Column("site_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("at", Big, nullable=False),
    Column("body", Text, nullable=False),  # domain.needs.Plan as JSON
    sqlite_with_rowid=False,
)
