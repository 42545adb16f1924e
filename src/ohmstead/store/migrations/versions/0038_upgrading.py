"""The stations that are on their way to another security profile, found without a look at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    open_ = sa.text("substr(upgrade, 10, 4) <> 'done' AND substr(upgrade, 10, 4) <> 'fail'")
    op.create_index("ix_stations_upgrading", "stations", ["id"], sqlite_where=open_, postgresql_where=open_)


def downgrade() -> None:
    op.drop_index("ix_stations_upgrading", "stations")
