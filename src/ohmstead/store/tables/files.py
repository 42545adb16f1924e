"""Files: firmware for stations, and what stations upload. Their bytes lie in `<data_dir>/files`."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from ohmstead.store.tables.meta import Big, identifier, metadata, tenant

# changed_at: the time that the disk has of it; one that differs was written over by somebody else.
files = Table(
    "files",
    metadata,
    identifier(),
    tenant(),
    Column("kind", Text, nullable=False),  # file: an operator's; upload: a station's
    Column("name", Text, nullable=False),
    Column("station_id", Big),
    Column("procedure_id", Text),
    Column("size", Big, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("md5", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("firmware_version", Text),
    Column("signature", Text),
    Column("signing_certificate", Text),
    Column("created_at", Big, nullable=False),
    Column("changed_at", Big, nullable=False),
    Index(None, "station_id", "id"),
    Index(None, "procedure_id"),
)
