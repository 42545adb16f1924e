"""Security events that stations reported."""

from __future__ import annotations

from ohmstead.store.db import Write
from ohmstead.store.statement import Append
from ohmstead.store.tables import security_events

ROWS = Append(security_events)


def write_security_event(
    write: Write, number: int, kind: str, critical: bool, at: int, received_at: int, tech_info: str | None
) -> None:
    row = (number, write.tenant_id, write.station_id, kind, int(critical), at, received_at, tech_info)
    write.append(ROWS, row)
