"""Payments that are written before money is reserved; secrets of QR codes that stations have not taken yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BEFORE = "state = 'authorized' OR state = 'charging'"
OPEN = f"{BEFORE} OR state = 'pending'"
NEXT = {"next_secret": sa.Text, "next_validity_s": sa.Integer, "next_length": sa.Integer}


def upgrade() -> None:
    for name, type_ in NEXT.items():
        op.add_column("web_payments", sa.Column(name, type_()))
    _index(OPEN)


def downgrade() -> None:
    for name in NEXT:
        op.drop_column("web_payments", name)
    _index(BEFORE)


def _index(where: str) -> None:
    op.drop_index("ix_payments_open", "payments")
    condition = sa.text(where)
    op.create_index("ix_payments_open", "payments", ["updated_at"], sqlite_where=condition, postgresql_where=condition)
