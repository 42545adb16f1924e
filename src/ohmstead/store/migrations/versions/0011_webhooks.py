"""Webhooks and their deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OFTEN_CHANGED = {"fillfactor": 70}
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("site_ids", sa.Text()),
        sa.Column("enabled", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text()),
        sa.Column("former_until", Big),
        sa.Column("cursor", Big, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("resume_at", Big, nullable=False, server_default="0"),
        sa.Column("delivered_at", Big),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("busy_by", sa.Text()),
        sa.Column("busy_until", Big, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with=OFTEN_CHANGED,
    )
    op.create_index("ix_webhooks_tenant_id_id", "webhooks", ["tenant_id", "id"])
    op.create_table(
        "deliveries",
        sa.Column("webhook_id", Big, autoincrement=False, nullable=False),
        sa.Column("sequence", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", Big),
        sa.Column("last_at", Big),
        sa.Column("next_at", Big, nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("at", Big, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "sequence"),
        sqlite_with_rowid=False,
        postgresql_with=OFTEN_CHANGED,
    )
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["webhook_id", "sequence"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_deliveries_at", "deliveries", ["at"])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("webhooks")
