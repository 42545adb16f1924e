"""Limits of circuits in W and of sites in A; whether stations of a site that obey no limit may be reset."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("circuits", sa.Column("limit_w", sa.Float()))
    op.add_column("site_limits", sa.Column("limit_a", sa.Text()))
    op.add_column("sites", sa.Column("reset_if_disobedient", sa.Text(), nullable=False, server_default="never"))


def downgrade() -> None:
    op.drop_column("sites", "reset_if_disobedient")
    op.drop_column("site_limits", "limit_a")
    op.drop_column("circuits", "limit_w")
