"""Prepaid credit of tokens, and how often they may charge at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("tokens", sa.Column("credit_micro", Big))
    op.add_column("tokens", sa.Column("concurrent", sa.Integer()))


def downgrade() -> None:
    op.drop_column("tokens", "concurrent")
    op.drop_column("tokens", "credit_micro")
