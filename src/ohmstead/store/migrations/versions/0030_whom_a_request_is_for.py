"""Signing requests say whom they are for: a station asks for one certificate for each of its SECCs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_FOR_A_SECC = sa.text("subject <> ''")


def upgrade() -> None:
    op.add_column("signing_requests", sa.Column("subject", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "ix_signing_requests_subject", "signing_requests", ["tenant_id", "subject"],
        sqlite_where=_FOR_A_SECC, postgresql_where=_FOR_A_SECC,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_signing_requests_subject", "signing_requests")
    op.drop_column("signing_requests", "subject")
