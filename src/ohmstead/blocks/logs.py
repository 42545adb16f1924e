"""N01: logs, which stations upload; diagnostics in 1.6."""

from __future__ import annotations

from typing import Any

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import given
from ohmstead.blocks.procedures import follow
from ohmstead.domain.firmware import LOG
from ohmstead.ocpp.versions import V16, V21, V201


@on("LogStatusNotification", V16, V201, V21)
async def log_status(call: Call, req: Any) -> Any:
    """A step of the upload of a log."""
    info = given(getattr(req, "status_info", None))
    await follow(call, "log", LOG, req.status, given(req.request_id), info)
    call.happened("message", call.action)
    return call.v.LogStatusNotificationResponse()


@on("DiagnosticsStatusNotification", V16)
async def diagnostics_status(call: Call, req: Any) -> Any:
    """A step of the upload of diagnostics; it has no number, so it is of the last that was asked for."""
    await follow(call, "log", LOG, req.status, None)
    call.happened("message", call.action)
    return call.v.DiagnosticsStatusNotificationResponse()
