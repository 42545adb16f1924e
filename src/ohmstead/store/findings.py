"""Findings: what stations do that is odd but was taken; one row per station, action and code, with a count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.sessions import Station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import findings

_row = insert(findings).values({column.name: bindparam(column.name) for column in findings.columns})
FOUND = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "code", "action"],
        set_={"count": findings.c.count + 1, "last_at": _row.excluded.last_at, "text": _row.excluded.text},
    )
)


def finding_row(station: Station, action: str, code: str, text: str, now: int) -> dict[str, Any]:
    """The arguments of FOUND."""
    return {
        "station_id": station.id,
        "code": code,
        "action": action,
        "tenant_id": station.tenant_id,
        "text": text[:500],
        "count": 1,
        "first_at": now,
        "last_at": now,
    }
