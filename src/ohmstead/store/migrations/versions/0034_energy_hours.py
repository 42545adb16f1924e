"""Energy by the hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "energy_hours",
        sa.Column("transaction", Big, nullable=False),
        sa.Column("hour_at", Big, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("evse_id", Big),
        sa.Column("mwh", Big, nullable=False),
        sa.PrimaryKeyConstraint("transaction", "hour_at"),
    )
    op.create_index("ix_energy_hours_station_id_hour_at", "energy_hours", ["station_id", "hour_at"])


def downgrade() -> None:
    op.drop_table("energy_hours")
