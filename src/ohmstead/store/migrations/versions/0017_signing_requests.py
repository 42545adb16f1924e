"""What stations ask to be signed, and when a certificate took the place of another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("certificates", sa.Column("spoke_at", Big))
    op.add_column("certificates", sa.Column("retired_at", Big))
    op.create_table(
        "signing_requests",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("certificate_type", sa.Text()),
        sa.Column("request_id", Big),
        sa.Column("csr", sa.Text(), nullable=False),
        sa.Column("csr_sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", Big, nullable=False),
        sa.Column("due_at", Big, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("certificate_id", Big),
        sa.Column("created_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_signing_requests_station_id_id", "signing_requests", ["station_id", "id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_signing_requests_waiting", "signing_requests", ["due_at"], sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    op.drop_table("signing_requests")
    with op.batch_alter_table("certificates") as table:
        table.drop_column("retired_at")
        table.drop_column("spoke_at")
