"""Transactions that have ended and miss something are found by an index of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    wanting = sa.text("complete = 0 AND state <> 'active'")
    op.create_index(
        "ix_transactions_wanting", "transactions", ["tenant_id", "started_at", "id"],
        sqlite_where=wanting, postgresql_where=wanting,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_transactions_wanting", "transactions")
