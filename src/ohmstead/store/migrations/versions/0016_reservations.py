"""Reservations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'requested' OR state = 'active'")


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("number", Big, nullable=False),
        sa.Column("evse_id", Big),
        sa.Column("connector_type", sa.Text()),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("token_type", sa.Text()),
        sa.Column("group_token", sa.Text()),
        sa.Column("expires_at", Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("transaction", Big),
        sa.Column("command_id", sa.Text()),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("changed_at", Big, nullable=False),
        sa.UniqueConstraint("tenant_id", "station_id", "number", name="uq_reservations_tenant_id_station_id_number"),
    )
    op.create_index("ix_reservations_open", "reservations", ["expires_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_reservations_tenant_id_created_at_id", "reservations", ["tenant_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("reservations")
