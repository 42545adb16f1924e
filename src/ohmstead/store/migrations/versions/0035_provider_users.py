"""Users who sign in at an OpenID Connect provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("issuer", sa.Text()))
    op.add_column("users", sa.Column("subject", sa.Text()))
    op.create_index("ix_users_issuer_subject_tenant_id", "users", ["issuer", "subject", "tenant_id"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_users_issuer_subject_tenant_id", "users")
    op.drop_column("users", "subject")
    op.drop_column("users", "issuer")
