"""Vehicles, charging needs, prices and plans of sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'waiting' OR state = 'active'")


def upgrade() -> None:
    op.create_table(
        "vehicles",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.Column("battery_wh", sa.Float()),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_vehicles_tenant_id_id", "vehicles", ["tenant_id", "id"])
    op.create_table(
        "charging_needs",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big),
        sa.Column("evse_id", Big),
        sa.Column("vehicle_id", Big),
        sa.Column("token", sa.Text()),
        sa.Column("energy_wh", sa.Float(), nullable=False),
        sa.Column("soc_percent", sa.Float()),
        sa.Column("ready_by", Big, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("transaction", Big),
        sa.Column("from_wh", sa.Float()),
        sa.Column("delivered_wh", sa.Float(), nullable=False),
        sa.Column("expected_wh", sa.Float()),
        sa.Column("feasible", sa.Integer()),
        sa.Column("reason", sa.Text()),
        sa.Column("ev", sa.Text()),
        sa.Column("asked_at", Big),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_charging_needs_open", "charging_needs", ["tenant_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("ix_charging_needs_tenant_id_id", "charging_needs", ["tenant_id", "id"])
    op.create_table(
        "site_prices",
        sa.Column("site_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("site_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site_plans",
        sa.Column("site_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for name in ("site_plans", "site_prices", "charging_needs", "vehicles"):
        op.drop_table(name)
