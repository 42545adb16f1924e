"""Whom a certificate towards vehicles is for, and renewals of several certificates of a station."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = "tenant_id, station_id, certificate_id, state, reason, attempts, asked_at, due_at, warned, updated_at"


def upgrade() -> None:
    op.add_column("certificates", sa.Column("secc", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.execute(
        "UPDATE certificates SET secc = coalesce((SELECT max(subject) FROM signing_requests "
        "WHERE certificate_id = certificates.id), '') WHERE use = 'v2g'"
    )
    _keyed_by("certificate_id", "station_id")


def downgrade() -> None:
    op.execute("DELETE FROM renewals WHERE certificate_id IN (SELECT id FROM certificates WHERE use = 'v2g')")
    op.execute(
        "DELETE FROM renewals WHERE certificate_id < (SELECT max(certificate_id) FROM renewals AS later "
        "WHERE later.station_id = renewals.station_id)"
    )
    _keyed_by("station_id", "certificate_id")
    op.drop_column("certificates", "secc")


def _keyed_by(key: str, other: str) -> None:
    """Make the table anew: SQLite cannot change the key of one that is there."""
    op.rename_table("renewals", "renewals_before")
    op.create_table(
        "renewals_after",
        sa.Column(key, Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column(other, Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", Big, nullable=False),
        sa.Column("asked_at", Big),
        sa.Column("due_at", Big, nullable=False),
        sa.Column("warned", Big),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint(key),
    )
    op.execute(f"INSERT INTO renewals_after ({_COLUMNS}) SELECT {_COLUMNS} FROM renewals_before")
    op.drop_table("renewals_before")
    op.rename_table("renewals_after", "renewals")
