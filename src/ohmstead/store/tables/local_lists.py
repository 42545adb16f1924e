"""The local authorisation list of each station that has one from us."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from ohmstead.store.tables.meta import Big, metadata, tenant

# entries: what the station holds, as it accepted it (JSON); nothing: nobody knows. stamp: of all tokens, when the list
# was last compared with them.
local_lists = Table(
    "local_lists",
    metadata,
    Column("station_id", Big, primary_key=True, autoincrement=False),
    tenant(),
    Column("version", Big, nullable=False),
    Column("entries", Text),
    Column("stamp", Text),
    Column("reason", Text),  # why the last list was not taken
    Column("updated_at", Big, nullable=False),
)
