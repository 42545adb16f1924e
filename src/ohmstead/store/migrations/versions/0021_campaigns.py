"""Campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("site_ids", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("wave", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("ended_at", Big),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_campaigns_tenant_id_id", "campaigns", ["tenant_id", "id"])
    op.create_index("ix_campaigns_running", "campaigns", ["id"], sqlite_where=RUNNING, postgresql_where=RUNNING)
    op.create_table(
        "campaign_stations",
        sa.Column("campaign_id", Big, nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("command_id", sa.Text()),
        sa.Column("begun_at", Big),
        sa.Column("not_before", Big, nullable=False),
        sa.Column("ended_at", Big),
        sa.PrimaryKeyConstraint("campaign_id", "station_id"),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_campaign_stations_campaign_id_state_wave", "campaign_stations", ["campaign_id", "state", "wave"]
    )


def downgrade() -> None:
    op.drop_table("campaign_stations")
    op.drop_table("campaigns")
