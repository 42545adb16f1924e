"""Contracts of Plug & Charge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "contracts",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("emaid", sa.Text(), nullable=False),
        sa.Column("pcid", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("energy_transfer", sa.Text()),
        sa.Column("valid_until", Big),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", Big, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("revoked_at", Big),
        sa.PrimaryKeyConstraint("tenant_id", "emaid"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contracts_tenant_id_pcid", "contracts", ["tenant_id", "pcid"])
    op.create_table(
        "contract_certificates",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=False),
        sa.Column("emaid", sa.Text(), nullable=False),
        sa.Column("not_after", Big, nullable=False),
        sa.Column("issued_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "serial_number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contract_certificates_tenant_id_emaid", "contract_certificates", ["tenant_id", "emaid"])


def downgrade() -> None:
    op.drop_table("contract_certificates")
    op.drop_table("contracts")
