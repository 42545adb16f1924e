"""Stations told to a second CSMS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "forwardings",
        sa.Column("id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("station_ids", sa.Text()),
        sa.Column("site_ids", sa.Text()),
        sa.Column("identity", sa.Text()),
        sa.Column("password", sa.Text()),
        sa.Column("trusted_certificates", sa.Text()),
        sa.Column("commands", sa.Text(), nullable=False),
        sa.Column("leave_out", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", Big, nullable=False),
    )
    op.create_index("ix_forwardings_tenant_id_id", "forwardings", ["tenant_id", "id"])
    op.create_table(
        "forwarding_links",
        sa.Column("forwarding_id", Big, primary_key=True, autoincrement=False),
        sa.Column("station_id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("since", Big, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "forwarded_transactions",
        sa.Column("forwarding_id", Big, primary_key=True, autoincrement=False),
        sa.Column("station_id", Big, primary_key=True, autoincrement=False),
        sa.Column("ours", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("theirs", Big, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("forwarded_transactions")
    op.drop_table("forwarding_links")
    op.drop_table("forwardings")
