"""How far the feed was published elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "publications",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("cursor", Big, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "target"),
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    op.drop_table("publications")
