"""The local authorisation lists of stations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "local_lists",
        sa.Column("station_id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("version", Big, nullable=False),
        sa.Column("entries", sa.Text()),
        sa.Column("stamp", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("updated_at", Big, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("local_lists")
