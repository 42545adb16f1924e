"""Device models, the reports they come from, and what stations say in the words of the vocabulary."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "terms",
        sa.Column("id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("digest", Big, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "kind", "digest", name=op.f("uq_terms_tenant_id_kind_digest")),
    )
    _partial_index("ix_terms_plain", "terms", ["tenant_id", "plain"], "plain IS NOT NULL")
    op.create_table(
        "device_models",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("report_complete", sa.Integer(), server_default="0", nullable=False),
        sa.Column("report_missing", sa.Text(), server_default="[]", nullable=False),
        sa.Column("report_at", Big, server_default="0", nullable=False),
        sa.Column("asked_firmware", sa.Text(), nullable=True),
        sa.Column("asked_at", Big, nullable=True),
        sa.Column("asked_times", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", Big, server_default="0", nullable=False),
        sa.Column("worded", Big, server_default="0", nullable=False),
        sa.Column("vocabulary", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station_id"),
    )
    _partial_index("ix_device_models_unworded", "device_models", ["station_id"], "worded <> version")
    op.create_table(
        "device_values",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("name_id", Big, autoincrement=False, nullable=False),
        sa.Column("attribute", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.Column("characteristics_id", Big, nullable=True),
        sa.Column("updated_at", Big, nullable=False),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "name_id", "attribute"),
        sqlite_with_rowid=False,
    )
    _partial_index("ix_device_values_pending", "device_values", ["station_id"], "pending IS NOT NULL")
    op.create_table(
        "device_history",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("until", Big, autoincrement=False, nullable=False),
        sa.Column("name_id", Big, autoincrement=False, nullable=False),
        sa.Column("attribute", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.Column("characteristics_id", Big, nullable=True),
        sa.Column("since", Big, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "until", "name_id", "attribute"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_device_history_until"), "device_history", ["until"])
    op.create_table(
        "device_reports",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("request_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("asked_at", Big, nullable=False),
        sa.Column("last_at", Big, nullable=False),
        sa.Column("complete", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "request_id"),
    )
    op.create_table(
        "device_report_parts",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("request_id", Big, autoincrement=False, nullable=False),
        sa.Column("seq_no", Big, autoincrement=False, nullable=False),
        sa.Column("digest", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("received_at", Big, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "request_id", "seq_no", "digest"),
    )
    op.create_table(
        "word_values",
        sa.Column("station_id", Big, autoincrement=False, nullable=False),
        sa.Column("word_id", Big, autoincrement=False, nullable=False),
        sa.Column("evse_id", Big, autoincrement=False, nullable=False),
        sa.Column("connector_id", Big, autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "word_id", "evse_id", "connector_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_word_values_word_id_number_station_id"), "word_values", ["word_id", "number", "station_id"]
    )
    op.add_column("commands", sa.Column("results", sa.Text(), nullable=True))


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def downgrade() -> None:
    op.drop_column("commands", "results")
    tables = ("word_values", "device_report_parts", "device_reports", "device_history", "device_values")
    for table in (*tables, "device_models", "terms"):
        op.drop_table(table)
