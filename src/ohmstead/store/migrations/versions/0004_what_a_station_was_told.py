"""What a station was told at its boot; transactions by the time they began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told", sa.Text(), nullable=True))
    op.execute("UPDATE stations SET told = registration WHERE booted_at IS NOT NULL")
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transactions_tenant_id_started_at_id"), ["tenant_id", "started_at", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transactions_tenant_id_started_at_id"))
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.drop_column("told")
