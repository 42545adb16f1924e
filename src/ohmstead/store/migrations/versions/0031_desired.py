"""Desired state: layers, and how far each station is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "desired_layers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", Big),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "station_drift",
        sa.Column("station_id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Text()),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("model_version", Big, nullable=False),
        sa.Column("station_version", sa.Integer(), nullable=False),
        sa.Column("look_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_station_drift_tenant_id_state", "station_drift", ["tenant_id", "state"])


def downgrade() -> None:
    op.drop_table("station_drift")
    op.drop_table("desired_layers")
