"""Monitors, how monitoring is set, and reports of monitors under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "monitors",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("monitor_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name_id", Big, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("transaction", sa.Integer(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "monitor_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "monitoring",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("report_complete", sa.Integer(), server_default="0", nullable=False),
        sa.Column("report_missing", sa.Text(), server_default="[]", nullable=False),
        sa.Column("report_at", Big, nullable=True),
        sa.Column("asked_times", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("station_id"),
    )
    op.create_table(
        "monitor_reports",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("request_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("full", sa.Integer(), nullable=False),
        sa.Column("asked_at", Big, nullable=False),
        sa.Column("last_at", Big, nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("last", Big, nullable=True),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
    )
    op.create_index(op.f("ix_monitor_reports_last_at"), "monitor_reports", ["last_at"])


def downgrade() -> None:
    for table in ("monitor_reports", "monitoring", "monitors"):
        op.drop_table(table)
