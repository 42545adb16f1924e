"""N07, N08: events of monitors become alerts, and end them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ohmstead.blocks import Call
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import given
from ohmstead.blocks.device_model import name_of
from ohmstead.blocks.monitor_reports import KINDS
from ohmstead.domain.monitors import Event, Monitor, cause, ends, subject
from ohmstead.runtime import from_datetime
from ohmstead.store import monitors


def event_of(said: Any) -> Event:
    """An event in words of the domain."""
    return Event(
        id=said.event_id,
        name=name_of(said.component, said.variable),
        trigger=said.trigger,
        value=said.actual_value,
        at=from_datetime(said.timestamp),
        kind=KINDS.get(said.event_notification_type, "notification"),
        monitor_id=given(said.variable_monitoring_id),
        cleared=said.cleared is True,
        severity=given(getattr(said, "severity", None)),
        transaction_id=given(said.transaction_id),
        tech_code=given(said.tech_code),
        tech_info=given(said.tech_info),
        cause=given(said.cause),
    )


async def alert(call: Call, events: Iterable[Any]) -> None:
    """Raise and clear what the events say, in their order."""
    told = [event_of(one) for one in events]
    known = {one.id: await _monitor(call, one) for one in told}
    causes = [(one, cause(one, known[one.id])) for one in told]
    if not any(found is not None or ends(one) for one, found in causes):
        return
    board = await board_of(call.db, call.station, call.now)
    for one, found in causes:
        if found is not None:
            await board.raised(found, call.numbers.rows.take)
        elif ends(one):
            board.cleared(subject(one), "station")
    board.write(call.write)


async def _monitor(call: Call, event: Event) -> Monitor | None:
    """The monitor that the event names, if it still watches that variable."""
    if event.monitor_id is None:
        return None
    found = await monitors.find(call.db, call.station.id, event.monitor_id)
    return found if found is not None and found.name.key == event.name.key else None
