"""What sun and batteries of a site feed in over time, and sites by names of groups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "site_series",
        sa.Column("site_id", Big, autoincrement=False, nullable=False),
        sa.Column("circuit_id", Big, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "circuit_id", "kind"),
        sqlite_with_rowid=False,
    )
    op.add_column("site_samples", sa.Column("sources", sa.Text()))
    op.create_table(
        "site_groups",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site_ids", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_site_groups_tenant_id_name", "site_groups", ["tenant_id", "name"], unique=True)


def downgrade() -> None:
    op.drop_table("site_groups")
    op.drop_column("site_samples", "sources")
    op.drop_table("site_series")
