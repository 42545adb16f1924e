"""Transactions are found by their token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_transactions_token", "transactions", ["tenant_id", sa.text("lower(token)"), "started_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_transactions_token", "transactions")
