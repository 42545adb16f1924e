"""DER controls of stations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "der_controls",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("control_type", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Integer()),
        sa.Column("superseded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started", sa.Integer()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stale", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "control_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("der_controls")
