"""Alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("latched", sa.Integer(), nullable=False),
        sa.Column("count", Big, nullable=False),
        sa.Column("first_at", Big, nullable=False),
        sa.Column("last_at", Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resolved_at", Big, nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", Big, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"fillfactor": 70},
    )
    firing, over = sa.text("state = 'firing'"), sa.text("resolved_at IS NOT NULL")
    op.create_index(
        "ix_alerts_firing", "alerts", ["tenant_id", "station_id", "subject"], unique=True, sqlite_where=firing,
        postgresql_where=firing,
    )  # fmt: skip
    op.create_index("ix_alerts_over", "alerts", ["resolved_at"], sqlite_where=over, postgresql_where=over)
    op.create_index(op.f("ix_alerts_station_id_id"), "alerts", ["station_id", "id"])


def downgrade() -> None:
    op.drop_table("alerts")
