"""Events of demand response; where a limit's ramp begins; what is drawn beside the EVSEs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "demand_events",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("site_ids", sa.Text(), nullable=False),
        sa.Column("opt_out", sa.Text(), nullable=False),
        sa.Column("start_at", Big, nullable=False),
        sa.Column("end_at", Big, nullable=False),
        sa.Column("limit_w", sa.Float()),
        sa.Column("shed_w", sa.Float()),
        sa.Column("shed_percent", sa.Float()),
        sa.Column("ramp_s", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_demand_events_tenant_id_id", "demand_events", ["tenant_id", "id"])
    op.create_index("ix_demand_events_state", "demand_events", ["state"])
    op.add_column("site_limits", sa.Column("ramp_from_w", sa.Float()))
    op.add_column("site_samples", sa.Column("load_w", sa.Float(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("site_samples", "load_w")
    op.drop_column("site_limits", "ramp_from_w")
    op.drop_table("demand_events")
