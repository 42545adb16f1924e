"""Keys of the API that stop by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("keys", sa.Column("expires_at", Big))


def downgrade() -> None:
    op.drop_column("keys", "expires_at")
