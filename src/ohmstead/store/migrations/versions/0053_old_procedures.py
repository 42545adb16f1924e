"""Procedures by their age, so that the old ones are found."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_procedures_asked_at", "procedures", ["asked_at"])


def downgrade() -> None:
    op.drop_index("ix_procedures_asked_at", "procedures")
