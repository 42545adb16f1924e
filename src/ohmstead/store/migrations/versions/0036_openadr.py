"""Events of OpenADR, and of which moment an event's baseline is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "openadr_events",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("program_id", sa.Text(), nullable=False),
        sa.Column("modified", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("report_state", sa.Text(), nullable=False),
        sa.Column("first_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "event_id"),
    )
    op.add_column("demand_events", sa.Column("baseline_at", Big))


def downgrade() -> None:
    op.drop_column("demand_events", "baseline_at")
    op.drop_table("openadr_events")
