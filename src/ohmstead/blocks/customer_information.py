"""N09, N10: what a station knows of a customer, reported and forgotten."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.procedures import keep, odd, wanted
from ohmstead.domain import parts
from ohmstead.domain.procedures import Step
from ohmstead.ocpp.versions import V21, V201


@on("NotifyCustomerInformation", V201, V21)
async def notify_customer_information(call: Call, req: Any) -> Any:
    """A part of a report, joined by the request id (N09.FR.05); parts may come in any order."""
    call.happened("message", call.action)
    response = call.v.NotifyCustomerInformationResponse()
    one = await wanted(call, "customer_information", req.request_id, "NotifyCustomerInformation")
    if one is None or one.state == "done":
        return response
    if parts.full(one.told):
        odd(call, "too_many_parts", f"report {req.request_id} has more than {parts.MOST_PARTS} parts")
        return response
    told = parts.with_part(one.told, req.seq_no, req.data, not req.tbc)
    after = replace(one, told=told, updated_at=call.now, state="running", status="reporting")
    if "result" in told:
        steps = (*one.steps, Step("reported", call.now))
        after = replace(after, state="done", status="reported", reason=None, steps=steps)
    await keep(call, after, news=after.state == "done" or one.state != "running")
    return response
