"""Stations that are led to another CSMS, or to another address of this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    open_ = sa.text(" AND ".join(f"substr(csms_migration, 10, 4) <> '{end}'" for end in ("done", "fail", "retu")))
    op.add_column("stations", sa.Column("csms_migration", sa.Text()))
    op.create_index("ix_stations_migrating", "stations", ["id"], sqlite_where=open_, postgresql_where=open_)


def downgrade() -> None:
    op.drop_index("ix_stations_migrating", "stations")
    op.drop_column("stations", "csms_migration")
