"""Local controllers that connect for stations, with certificates of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stations", sa.Column("gateway_cn", sa.Text()))


def downgrade() -> None:
    op.drop_column("stations", "gateway_cn")
