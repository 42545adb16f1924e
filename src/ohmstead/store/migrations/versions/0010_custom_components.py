"""The components that stations have and the standard has not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "custom_components",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("term_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "term_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("custom_components")
