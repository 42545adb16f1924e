"""What stations do in the background, display messages and battery swaps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "procedures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", Big, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("command_id", sa.Text(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("asked_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        op.f("ix_procedures_station_id_kind_asked_at_id"), "procedures", ["station_id", "kind", "asked_at", "id"]
    )
    is_open = sa.text("state = 'asked' OR state = 'running'")
    op.create_index(
        "ix_procedures_open", "procedures", ["updated_at"], sqlite_where=is_open, postgresql_where=is_open
    )  # fmt: skip
    op.create_table(
        "display_messages",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("message_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "message_id"),
    )
    op.create_table(
        "battery_swaps",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("request_id", Big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("batteries_in", sa.Text(), nullable=False),
        sa.Column("batteries_out", sa.Text(), nullable=False),
        sa.Column("began_at", Big, nullable=False),
        sa.Column("updated_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        op.f("ix_battery_swaps_station_id_request_id_id"), "battery_swaps", ["station_id", "request_id", "id"]
    )


def downgrade() -> None:
    for table in ("battery_swaps", "display_messages", "procedures"):
        op.drop_table(table)
