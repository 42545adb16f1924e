"""Revocations that the CA of somebody else must be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "external_revocations",
        sa.Column("certificate_id", Big, nullable=False, autoincrement=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", Big, nullable=False),
        sa.Column("due_at", Big, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("certificate_id"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_external_revocations_waiting", "external_revocations", ["due_at"], sqlite_where=waiting,
        postgresql_where=waiting,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("external_revocations")
