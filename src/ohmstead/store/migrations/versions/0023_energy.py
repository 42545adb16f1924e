"""Circuits, limits and loads of sites; orders of EVSEs; samples; leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "circuits",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("site_id", Big, nullable=False),
        sa.Column("parent_id", Big),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("limit_a", sa.Text(), nullable=False),
        sa.Column("unmanaged_load_w", sa.Float()),
        sa.Column("evses", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_circuits_site_id", "circuits", ["site_id"])
    op.create_table(
        "site_limits",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("site_id", Big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("limit_w", sa.Float(), nullable=False),
        sa.Column("start_at", Big),
        sa.Column("end_at", Big),
        sa.Column("ramp_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_id", Big),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_site_limits_site_id", "site_limits", ["site_id"])
    op.create_table(
        "site_loads",
        sa.Column("site_id", Big, autoincrement=False, nullable=False),
        sa.Column("circuit_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("load_a", sa.Text(), nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "circuit_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evse_accounts",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("evse_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("site_id", Big, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "evse_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_evse_accounts_site_id", "evse_accounts", ["site_id"])
    op.create_table(
        "site_samples",
        sa.Column("site_id", Big, autoincrement=False, nullable=False),
        sa.Column("at", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("limit_w", sa.Float()),
        sa.Column("measured_w", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", Big, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    for name in ("leases", "site_samples", "evse_accounts", "site_loads", "site_limits", "circuits"):
        op.drop_table(name)
