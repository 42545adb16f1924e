"""L: firmware, updated by stations and published by local controllers."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.alerts import raise_alert
from ohmstead.blocks.command import given
from ohmstead.blocks.procedures import follow, keep
from ohmstead.domain import procedures as domain
from ohmstead.domain.alerts import Cause
from ohmstead.domain.firmware import FIRMWARE, PUBLISH, REBOOT_LOOP
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.store import procedures


@on("FirmwareStatusNotification", V16, V201, V21)
async def firmware_status(call: Call, req: Any) -> Any:
    """A step of an update (L01.FR.20: without requestId only when Idle)."""
    return await _status(call, req)


@on("SignedFirmwareStatusNotification", V16)
async def signed_firmware_status(call: Call, req: Any) -> Any:
    """A step of a signed update of 1.6."""
    return await _status(call, req)


async def _status(call: Call, req: Any) -> Any:
    number, info = given(getattr(req, "request_id", None)), given(getattr(req, "status_info", None))
    one = await follow(call, "firmware", FIRMWARE, req.status, number, info)
    silent = one is not None and (call.station.booted_at or 0) < one.asked_at
    if req.status == "Installed" and silent and call.settings.stations.makes("boot"):
        # it did not start anew, or does not say so: only its boot tells which firmware it has now
        call.ask("trigger", message="BootNotification")
    call.happened("message", call.action)
    return getattr(call.v, f"{call.action}Response")()


@on("PublishFirmwareStatusNotification", V201, V21)
async def publish_status(call: Call, req: Any) -> Any:
    """A step of a publication; the last one says where it can be had (L03.FR.04)."""
    places = given(req.location)
    told = {"locations": places} if places else None
    info = given(getattr(req, "status_info", None))
    await follow(call, "publish_firmware", PUBLISH, req.status, given(req.request_id), info, told)
    call.happened("message", call.action)
    return call.v.PublishFirmwareStatusNotificationResponse()


async def after_boot(call: Call, firmware_version: str | None) -> None:
    """A station that starts anew in the middle of an update: it came up with what we wanted, or it does so for ever."""
    for one in await procedures.load_open(call.db, call.station.id, "firmware"):
        after = domain.booted(one, call.now)
        if firmware_version is not None and one.asked.get("version") == firmware_version:
            done = replace(after, state="done", status="Installed", reason=f"it came up with {firmware_version}")
            await keep(call, done, news=True)
            continue
        await keep(call, after, news=False)
        if domain.boots(after) >= REBOOT_LOOP:
            text = f"It started anew {domain.boots(after)} times during an update without a word of it: {one.status}"
            detail = {"procedure_id": one.id, "firmware_version": firmware_version}
            await raise_alert(
                call,
                Cause(subject="procedure/firmware", source="csms", code="reboot_loop", severity=3, text=text,
                      at=call.now, latched=True, detail=detail),
            )  # fmt: skip
