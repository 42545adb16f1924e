"""Periodic event streams and their values."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "event_streams",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("station_id", Big, nullable=False),
        sa.Column("stream_id", Big, nullable=False),
        sa.Column("monitor_id", Big, nullable=False),
        sa.Column("name_id", Big, nullable=True),
        sa.Column("interval_s", Big, nullable=True),
        sa.Column("most_values", Big, nullable=True),
        sa.Column("opened_at", Big, nullable=False),
        sa.Column("closed_at", Big, nullable=True),
        sa.Column("messages", Big, nullable=False),
        sa.Column("values", Big, nullable=False),
        sa.Column("pending", Big, nullable=False),
        sa.Column("growing", sa.Integer(), nullable=False),
        sa.Column("last_at", Big, nullable=True),
        sa.Column("last_value", sa.Text(), nullable=True),
        sa.Column("modelled_at", Big, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"fillfactor": 70},
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_event_streams_open", "event_streams", ["tenant_id", "station_id", "stream_id"], unique=True,
        sqlite_where=is_open, postgresql_where=is_open,
    )  # fmt: skip
    op.create_index(op.f("ix_event_streams_station_id_id"), "event_streams", ["station_id", "id"])
    op.create_table(
        "stream_values",
        sa.Column("stream", Big, autoincrement=False, nullable=False),
        sa.Column("number", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("received_at", Big, nullable=False),
        sa.Column("from_at", Big, nullable=False),
        sa.Column("to_at", Big, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_stream_values_received_at"), "stream_values", ["received_at"])


def downgrade() -> None:
    for table in ("stream_values", "event_streams"):
        op.drop_table(table)
