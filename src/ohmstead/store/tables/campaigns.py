"""Campaigns and their stations."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from ohmstead.store.tables.meta import OFTEN_CHANGED, Big, identifier, metadata, tenant

_RUNNING = text("state = 'running'")

campaigns = Table(
    "campaigns",
    metadata,
    identifier(),
    tenant(),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),  # shapes.campaign.CampaignNew as JSON
    Column("command", Text, nullable=False),  # what each station is asked, as JSON
    Column("rules", Text, nullable=False),  # domain.campaigns.Rules as JSON
    Column("site_ids", Text),  # the sites that its maker may reach; null: all
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("wave", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("ended_at", Big),
    Index(None, "tenant_id", "id"),
    Index("ix_campaigns_running", "id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
)

campaign_stations = Table(
    "campaign_stations",
    metadata,
    Column("campaign_id", Big, nullable=False),
    Column("station_id", Big, nullable=False),
    tenant(),
    Column("wave", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("command_id", Text),
    Column("begun_at", Big),
    Column("not_before", Big, nullable=False),
    Column("ended_at", Big),
    PrimaryKeyConstraint("campaign_id", "station_id"),
    Index(None, "campaign_id", "state", "wave"),
    sqlite_with_rowid=False,
    postgresql_with=OFTEN_CHANGED,
)
