"""N: events of the station's monitors."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call, on
from ohmstead.blocks.availability import record
from ohmstead.blocks.device_model import observe
from ohmstead.blocks.monitor_events import alert
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import from_datetime


@on("NotifyEvent", V201, V21)
async def notify_event(call: Call, req: Any) -> Any:
    """A connector's AvailabilityState is its status (G01.FR.03); what it tells of variables we know is taken over, what
    is wrong is an alert until it is cleared. The answer is empty whatever came (N07.FR.03)."""
    for event in req.event_data:
        if event.variable.name.lower() == "availabilitystate":
            _availability(call, event)
    await observe(call, req.event_data)
    await alert(call, req.event_data)
    call.happened("message", "NotifyEvent")
    return call.v.NotifyEventResponse()


def _availability(call: Call, event: Any) -> None:
    component = event.component
    name, evse = component.name.lower(), component.evse
    evse_id = 0 if evse is UNSET else evse.id
    connector_id = 0 if evse is UNSET or evse.connector_id is UNSET else evse.connector_id
    if (name == "connector" and evse_id and connector_id) or (name == "evse" and evse_id) or name == "chargingstation":
        record(call, evse_id, connector_id, event.actual_value, from_datetime(event.timestamp))
