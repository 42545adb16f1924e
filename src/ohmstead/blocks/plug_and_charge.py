"""M01, M02: a vehicle's request for its contract certificate, relayed to whoever provides it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import given
from ohmstead.domain import emaid
from ohmstead.ocpp.versions import V21, V201
from ohmstead.plugcharge.provider import Reply, Request

LONGEST = {"2.0.1": 7500, "2.1": 17000}
"""Characters of exiResponse."""
SCHEMAS = {"urn:iso:15118:2:2013:MsgDef": "iso15118-2", "urn:iso:std:iso:15118:-20:CommonMessages": "iso15118-20"}


@on("Get15118EVCertificate", V201, V21)
async def get_ev_certificate(call: Call, req: Any) -> Any:
    """The answer for the vehicle within its time; where there is none, Failed with an empty answer, never an error:
    the station must be able to tell the vehicle something."""
    reply = await _asked(call, req)
    text = "" if reply.exi is None else base64.b64encode(reply.exi).decode()
    reason = reply.reason
    if len(text) > LONGEST[call.version.name]:
        reason = f"The answer has {len(text)} characters; OCPP {call.version.name} takes {LONGEST[call.version.name]}."
        text = ""
    _tell(call, req, reply, reason)
    response = call.v.Get15118EVCertificateResponse(status="Failed" if reason else "Accepted", exi_response=text)
    if reason:
        response.status_info = call.v.StatusInfoType(reason_code="NoCertificate", additional_info=reason[:512])
    elif call.version is V21 and req.maximum_contract_certificate_chains is not UNSET:
        response.remaining_contracts = min(reply.remaining, max(req.maximum_contract_certificate_chains - 1, 0))
    return response


async def _asked(call: Call, req: Any) -> Reply:
    if call.plug_and_charge is None:
        return Reply(None, reason="Plug & Charge is not set up here.")
    schema = SCHEMAS.get(req.iso15118_schema_version)
    if schema is None:
        return Reply(None, reason=f"The schema {req.iso15118_schema_version!r} is not known.")
    try:
        exi = base64.b64decode(req.exi_request, validate=True)
    except binascii.Error:
        return Reply(None, reason="exiRequest is not base64.")
    wanted = given(getattr(req, "prioritized_emai_ds", UNSET)) or ()
    prioritized = [normal for one in wanted if (normal := emaid.normal(one))]
    return await call.plug_and_charge.provider.answer(Request(call.station.tenant_id, schema, exi, prioritized))


def _tell(call: Call, req: Any, reply: Reply, reason: str | None) -> None:
    data = {"action": req.action, "emaid": reply.emaid, "reason": reason, "odd": list(reply.odd)}
    call.emit("contract.refused" if reason else "contract.provisioned", data)
