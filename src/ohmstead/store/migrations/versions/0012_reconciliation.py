"""Transactions of which something is missing, and the sealed records of those that are over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'open'")
UNSEALED = sa.text("sealed IS NULL AND state <> 'active'")


def upgrade() -> None:
    op.add_column("transactions", sa.Column("sealed", sa.Integer()))
    op.create_index(
        "ix_transactions_unsealed", "transactions", ["id"], sqlite_where=UNSEALED, postgresql_where=UNSEALED
    )
    op.create_table(
        "reconciliations",
        sa.Column("transaction", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", Big, nullable=False),
        sa.Column("due_at", Big, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("waited", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("answered", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ongoing", sa.Integer()),
        sa.Column("in_queue", sa.Integer()),
        sa.Column("verdict", sa.Text()),
        sa.Column("closed_at", Big),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_reconciliations_due", "reconciliations", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_reconciliations_station_id_called", "reconciliations", ["station_id", "called"])
    op.create_table(
        "records",
        sa.Column("transaction", Big, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("sealed_at", Big, nullable=False),
        sa.Column("ended_at", Big),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_records_tenant_id_ended_at", "records", ["tenant_id", "ended_at"])


def downgrade() -> None:
    op.drop_table("records")
    op.drop_table("reconciliations")
    op.drop_index("ix_transactions_unsealed", "transactions")
    op.drop_column("transactions", "sealed")
