"""Which trace asked for a command."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("commands", sa.Column("traceparent", sa.Text()))


def downgrade() -> None:
    op.drop_column("commands", "traceparent")
