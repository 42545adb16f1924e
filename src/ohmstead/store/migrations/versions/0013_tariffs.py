"""Tariffs, running charges and bills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CURRENT, DUE, OPEN = sa.text("until IS NULL"), sa.text("due > 0"), sa.text("bill_version = 0")


def upgrade() -> None:
    op.create_table(
        "tariffs",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("until", Big),
        sa.PrimaryKeyConstraint("tenant_id", "id", "version"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_tariffs_current",
        "tariffs",
        ["tenant_id", "id"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_table(
        "charges",
        sa.Column("transaction", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("tariff_id", sa.Text(), nullable=False),
        sa.Column("tariff_version", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.Column("bill_version", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("transaction"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_charges_due", "charges", ["transaction"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index("ix_charges_open", "charges", ["transaction"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "bills",
        sa.Column("transaction", Big, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.Column("ended_at", Big, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bills_tenant_id_ended_at", "bills", ["tenant_id", "ended_at"])


def downgrade() -> None:
    op.drop_table("bills")
    op.drop_table("charges")
    op.drop_table("tariffs")
