"""What stations say of themselves: their variables as they are and as they were, reports under way, words to look for.

The names and the characteristics of variables are the same at thousands of stations: they stand once in `terms`, and so
do the names of the vocabulary's words. A value's row is then some 40 bytes.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, SmallInteger, Table, Text, UniqueConstraint, text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

# Texts that many rows share. kind: see store/terms.py. `digest` stands for the text, which may be longer than an index
# takes; `plain` is what a variable's name is compared by.
terms = Table(
    "terms",
    metadata,
    identifier(),
    tenant(),
    Column("kind", SmallInteger, nullable=False),
    Column("digest", Big, nullable=False),
    Column("text", Text, nullable=False),
    Column("plain", Text),
    UniqueConstraint("tenant_id", "kind", "digest"),
    Index("ix_terms_plain", "tenant_id", "plain", sqlite_where=text("plain IS NOT NULL"),
          postgresql_where=text("plain IS NOT NULL")),
)  # fmt: skip

# One row for each station whose model is known or asked for. `report_*` is how the last full report went, `asked_*`
# what we asked for on our own: of which firmware, when, how often. `version` counts the changes, `worded` is the one
# that word_values tell of, in the words of the release `vocabulary`.
device_models = Table(
    "device_models",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("report_complete", Integer, nullable=False, server_default="0"),
    Column("report_missing", Text, nullable=False, server_default="[]"),
    Column("report_at", Big, nullable=False, server_default="0"),
    Column("asked_firmware", Text),
    Column("asked_at", Big),
    Column("asked_times", Integer, nullable=False, server_default="0"),
    Column("version", Big, nullable=False, server_default="0"),
    Column("worded", Big, nullable=False, server_default="0"),
    Column("vocabulary", Text),
    Index("ix_device_models_unworded", "station_id", sqlite_where=text("worded <> version"),
          postgresql_where=text("worded <> version")),
)  # fmt: skip

# One row for each attribute of each variable of a station; flags: see store/device_model.py.
device_values = Table(
    "device_values",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("name_id", Big, primary_key=True, autoincrement=False),
    Column("attribute", SmallInteger, primary_key=True, autoincrement=False),
    tenant(),
    Column("value", Text),
    Column("flags", SmallInteger, nullable=False),
    Column("characteristics_id", Big),
    Column("updated_at", Big, nullable=False),
    Column("pending", Text),
    Index("ix_device_values_pending", "station_id", sqlite_where=text("pending IS NOT NULL"),
          postgresql_where=text("pending IS NOT NULL")),
    sqlite_with_rowid=False,
)  # fmt: skip

# What held before, from `since` until `until`.
device_history = Table(
    "device_history",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("until", Big, primary_key=True, autoincrement=False),
    Column("name_id", Big, primary_key=True, autoincrement=False),
    Column("attribute", SmallInteger, primary_key=True, autoincrement=False),
    tenant(),
    Column("value", Text),
    Column("flags", SmallInteger, nullable=False),
    Column("characteristics_id", Big),
    Column("since", Big, nullable=False),
    Index(None, "until"),
    sqlite_with_rowid=False,
)

# Reports under way, and the parts of each that have come.
device_reports = Table(
    "device_reports",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("request_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("base", Text, nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("last_at", Big, nullable=False),
    Column("complete", Integer, nullable=False),
)

device_report_parts = Table(
    "device_report_parts",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("request_id", Big, primary_key=True, autoincrement=False),
    Column("seq_no", Big, primary_key=True, autoincrement=False),
    Column("digest", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("more", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("body", Text, nullable=False),
)

# The stations in the words of the vocabulary, for questions to the whole fleet. EVSE and connector 0: of the station.
word_values = Table(
    "word_values",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("word_id", Big, primary_key=True, autoincrement=False),
    Column("evse_id", Big, primary_key=True, autoincrement=False),
    Column("connector_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("number", Float),
    Column("text", Text),
    Index(None, "word_id", "number", "station_id"),
    sqlite_with_rowid=False,
)

# The components that the standard has not; `term_id` is the name, of 1.6 `Ocpp16.Key`.
custom_components = Table(
    "custom_components",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    Column("term_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    sqlite_with_rowid=False,
)
