"""What reservations cost that nobody used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("reservations", sa.Column("fee_due", sa.Integer()))
    due = sa.text("fee_due = 1")
    op.create_index("ix_reservations_fee_due", "reservations", ["changed_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "reservation_bills",
        sa.Column("reservation", Big, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.Column("ended_at", Big, nullable=False),
        sa.Column("group_key", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reservation", "version"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_reservation_bills_tenant_id_group_key_ended_at", "reservation_bills", ["tenant_id", "group_key", "ended_at"]
    )


def downgrade() -> None:
    op.drop_table("reservation_bills")
    op.drop_index("ix_reservations_fee_due", "reservations")
    op.drop_column("reservations", "fee_due")
