"""Charging profiles of stations, and limits from others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "charging_profiles",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("profile_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("evse_id", Big, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text()),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "profile_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile_reports",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("request_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("full", sa.Integer(), nullable=False),
        sa.Column("asked_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "external_limits",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("evse_id", Big, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("grid_critical", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("since", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id", "source"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("external_limits")
    op.drop_table("profile_reports")
    op.drop_table("charging_profiles")
