"""Renewals of certificates, and what is installed in stations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "renewals",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", Big, nullable=False),
        sa.Column("asked_at", Big),
        sa.Column("due_at", Big, nullable=False),
        sa.Column("warned", Big),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id"),
    )
    op.create_table(
        "installed_certificates",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("certificate_type", sa.Text(), nullable=False),
        sa.Column("hash_algorithm", sa.Text(), nullable=False),
        sa.Column("issuer_name_hash", sa.Text(), nullable=False),
        sa.Column("issuer_key_hash", sa.Text(), nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint(
            "station_id", "certificate_type", "hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number"
        ),
    )


def downgrade() -> None:
    op.drop_table("installed_certificates")
    op.drop_table("renewals")
