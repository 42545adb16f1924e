"""Ad hoc payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'authorized' OR state = 'charging'")


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("evse_id", Big),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reference_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text()),
        sa.Column("currency", sa.Text()),
        sa.Column("transaction", Big),
        sa.Column("settled_amount", sa.Text()),
        sa.Column("settled_at", Big),
        sa.Column("vat_number", sa.Text()),
        sa.Column("receipt_url", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.UniqueConstraint(
            "tenant_id", "station_id", "reference_key", name="uq_payments_tenant_id_station_id_reference_key"
        ),
    )
    op.create_index("ix_payments_open", "payments", ["updated_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "web_payments",
        sa.Column("station_id", Big, primary_key=True, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("validity_s", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("web_payments")
    op.drop_table("payments")
