"""Holders, and the group of the token in each sealed record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "holders",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("group_token", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text()),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "group_key", name="uq_holders_tenant_id_group_key"),
    )
    op.add_column("records", sa.Column("group_key", sa.Text()))
    op.create_index("ix_records_tenant_id_group_key_ended_at", "records", ["tenant_id", "group_key", "ended_at"])


def downgrade() -> None:
    op.drop_index("ix_records_tenant_id_group_key_ended_at", "records")
    op.drop_column("records", "group_key")
    op.drop_table("holders")
