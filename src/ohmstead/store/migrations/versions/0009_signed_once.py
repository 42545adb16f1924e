"""Signed messages that are handled once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signed_once",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "station_id", "digest"),
    )
    op.create_index(op.f("ix_signed_once_at"), "signed_once", ["at"])


def downgrade() -> None:
    op.drop_table("signed_once")
