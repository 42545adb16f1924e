"""How connectors were, and what does not count against them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "availability",
        sa.Column("station_id", Big, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("evse_id", Big, nullable=False),
        sa.Column("connector_id", Big, nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id", "connector_id", "at"),
    )
    op.create_index("ix_availability_at", "availability", ["at"])
    op.create_table(
        "exclusions",
        sa.Column("id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("evse_id", Big),
        sa.Column("begin_at", Big, nullable=False),
        sa.Column("end_at", Big, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("created_at", Big, nullable=False),
    )
    op.create_index("ix_exclusions_station_id_begin_at", "exclusions", ["station_id", "begin_at"])


def downgrade() -> None:
    op.drop_table("exclusions")
    op.drop_table("availability")
