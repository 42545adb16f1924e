"""Certificates, further authorities, passwords and security profiles on their way."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ON_THEIR_WAY: dict[str, sa.types.TypeEngine[Any]] = {
    "next_password_hash": sa.Text(),
    "next_password_waits": sa.Text(),
    "former_password_hash": sa.Text(),
    "former_password_until": Big,
    "upgrade": sa.Text(),
}


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("authority_key", sa.Text(), nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("not_before", Big, nullable=False),
        sa.Column("not_after", Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("csr_sha256", sa.Text(), nullable=True),
        sa.Column("issued_by", sa.Text(), nullable=True),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("seen_at", Big, nullable=True),
        sa.Column("revoked_at", Big, nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "tenant_id",
            "authority_key",
            "serial_number",
            name=op.f("uq_certificates_tenant_id_authority_key_serial_number"),
        ),
    )
    op.create_index(op.f("ix_certificates_serial_number"), "certificates", ["serial_number"])
    op.create_index(op.f("ix_certificates_station_id"), "certificates", ["station_id"])
    op.create_index(op.f("ix_certificates_tenant_id_not_after"), "certificates", ["tenant_id", "not_after"])
    op.create_table(
        "certificate_authorities",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uses", sa.Text(), nullable=False),
        sa.Column("not_after", Big, nullable=False),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("removed_at", Big, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_certificate_authorities_tenant_id_id"), "certificate_authorities", ["tenant_id", "id"])
    for name, kind in ON_THEIR_WAY.items():
        op.add_column("stations", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in ON_THEIR_WAY:
        op.drop_column("stations", name)
    op.drop_table("certificate_authorities")
    op.drop_table("certificates")
