"""O: messages on the displays of stations. The CSMS owns their ids (O01.FR.03)."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import given
from ohmstead.blocks.procedures import keep, wanted
from ohmstead.domain.procedures import Step
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.store import display_messages


@on("NotifyDisplayMessages", V201, V21)
async def notify_display_messages(call: Call, req: Any) -> Any:
    """A part of a report. The parts have no numbers; the last one says so, and then what a full report did not name is
    gone (O03)."""
    call.happened("message", call.action)
    station, write = call.station, call.write
    for message in given(req.message_info) or ():
        body = described(message)
        write.changed.append(display_messages.put(station.tenant_id, station.id, message.id, body, call.now))
    one = await wanted(call, "display_messages", req.request_id, "NotifyDisplayMessages")
    if one is not None and one.state != "done":
        after = replace(one, state="running", status="reporting", updated_at=call.now)
        if not req.tbc:
            if one.asked.get("full"):
                write.changed.append(display_messages.dropped_before(station.id, one.asked_at))
            steps = (*one.steps, Step("reported", call.now))
            after = replace(after, state="done", status="reported", steps=steps)
        await keep(call, after, news=after.state == "done")
    return call.v.NotifyDisplayMessagesResponse()


def described(message: Any) -> dict[str, Any]:
    """A MessageInfoType in the words of our API."""
    more = given(getattr(message, "message_extra", None)) or ()
    component = given(message.display)
    evse = None if component is None else given(component.evse)
    start, end = given(message.start_date_time), given(message.end_date_time)
    return {
        "priority": message.priority,
        "state": given(message.state),
        "transaction_id": given(message.transaction_id),
        "evse_id": None if evse is None else evse.id,
        "display": None if component is None else component.name,
        "starts_at": None if start is None else rfc3339(from_datetime(start)),
        "ends_at": None if end is None else rfc3339(from_datetime(end)),
        "texts": [
            {"format": one.format, "language": given(one.language), "text": one.content}
            for one in (message.message, *more)
        ],
    }
