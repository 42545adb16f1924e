"""Events of a VTN as they were last understood."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from ohmstead.store.tables.meta import Big, metadata, tenant

openadr_events = Table(
    "openadr_events",
    metadata,
    Column("tenant_id", tenant().type, primary_key=True, autoincrement=False),
    Column("event_id", Text, primary_key=True),  # what the VTN calls it
    Column("program_id", Text, nullable=False),
    Column("modified", Text, nullable=False),
    Column("state", Text, nullable=False),  # known, gone
    Column("asked", Text, nullable=False),  # [domain.openadr.Asked, id of our event or null] as JSON
    Column("notes", Text, nullable=False),  # what was not understood, [text] as JSON
    Column("report", Text, nullable=False),  # types of payload that a report shall hold, as JSON
    Column("aggregate", Text, nullable=False),  # "yes": of all resources together
    Column("report_state", Text, nullable=False),  # none, waiting, sent, refused
    Column("first_at", Big, nullable=False),
)
