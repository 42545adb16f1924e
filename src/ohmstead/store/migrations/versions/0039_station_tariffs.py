"""The default tariffs that stations have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "station_tariffs",
        sa.Column("station_id", Big, nullable=False),
        sa.Column("evse_id", Big, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("station_tariffs")
