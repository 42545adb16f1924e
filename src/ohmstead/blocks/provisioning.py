"""B: boot and reset."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import Call, migrated, on, reconciliation
from ohmstead.blocks import firmware as updates
from ohmstead.blocks.command import Ask, Calls, Command, Unsupported, given, outcome
from ohmstead.blocks.device_model import after_boot
from ohmstead.blocks.installing import list_after_boot
from ohmstead.blocks.monitor_reading import read_again
from ohmstead.blocks.proving import booted
from ohmstead.blocks.security import ask_for_renewal, check_serial_number
from ohmstead.blocks.streams import close_all
from ohmstead.domain.station import own_interval
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.runtime import to_datetime
from ohmstead.store import desired
from ohmstead.store.sessions import BOOTED

STATUS = {"accepted": "Accepted", "pending": "Pending", "rejected": "Rejected"}
RESET_WINDOW = 600.0
"""Seconds a station may take to come back."""

Positive = Annotated[int, Meta(ge=1)]


@on("BootNotification", V201, V21)
async def boot(call: Call, req: Any) -> Any:
    said = req.charging_station
    return await _boot(
        call, said.vendor_name, said.model, given(said.serial_number), given(said.firmware_version), req.reason
    )


@on("BootNotification", V16)
async def boot_16(call: Call, req: Any) -> Any:
    serial = given(req.charge_point_serial_number) or given(req.charge_box_serial_number)
    return await _boot(call, req.charge_point_vendor, req.charge_point_model, serial, given(req.firmware_version), None)


async def _boot(
    call: Call, vendor: str, model: str, serial: str | None, firmware: str | None, reason: str | None
) -> Any:
    """B01: remember who it is, and answer what the operator decided about it."""
    check_serial_number(call, serial)
    ask_for_renewal(call)
    before = call.station
    station = replace(before, vendor=vendor, model=model, firmware_version=firmware, booted_at=call.now)
    station = replace(station, told=station.registration)
    call.state = replace(call.state, station=station)
    call.write.execute(
        BOOTED,
        station=station.id,
        vendor=vendor,
        model=model,
        boot_serial_number=serial,
        firmware_version=firmware,
        ocpp_version=call.version.name,
        booted_at=call.now,
        told=station.registration,
    )
    call.emit("station.booted", {
        "id": station.identity, "vendor": vendor, "model": model, "serial_number": serial,
        "firmware_version": firmware, "ocpp_version": call.version.name, "reason": reason,
        "registration": station.registration,
    })  # fmt: skip
    booted(call, reason)
    migrated.booted(call, reason)
    await after_boot(call, before)
    await read_again(call, before)
    list_after_boot(call, before)
    await close_all(call)
    await updates.after_boot(call, firmware)
    reconciliation.after_boot(call)
    call.happened("boot")
    call.happened("message", "BootNotification")
    return call.v.BootNotificationResponse(
        current_time=to_datetime(call.now), interval=await _interval(call), status=STATUS[station.registration]
    )


async def _interval(call: Call) -> int:
    """Seconds until the next heartbeat, or the next boot of one that is not accepted. A station sets itself to what we
    answer (B01.FR.06): what is declared of it must not be undone by each boot."""
    station, stations = call.state.station, call.settings.stations
    if station.registration != "accepted":
        return own_interval(station.identity, stations.pending_interval, stations.interval_spread)
    declared = await desired.heartbeat(call.db, station.id)
    return declared or own_interval(station.identity, stations.heartbeat_interval, stations.interval_spread)


class Reset(Command):
    """Reboot the station, or one EVSE of it."""

    actions: ClassVar = ("Reset",)
    when: Literal["immediately", "idle", "immediately_and_resume"] = "idle"
    evse_id: Positive | UnsetType = UNSET

    def to_v16(self, ask: Ask) -> Calls:
        if self.evse_id is not UNSET or self.when == "immediately_and_resume":
            raise Unsupported("OCPP 1.6 resets the whole station only, and never resumes transactions.")
        answer = yield ask.v.ResetRequest(type="Hard" if self.when == "immediately" else "Soft")
        return outcome(answer, expects=("boot",), window=RESET_WINDOW)

    def to_v2(self, ask: Ask) -> Calls:
        kinds = {"immediately": "Immediate", "idle": "OnIdle", "immediately_and_resume": "ImmediateAndResume"}
        if self.when == "immediately_and_resume" and ask.version is not V21:
            raise Unsupported("Only OCPP 2.1 resumes transactions after a reset (B13).")
        answer = yield ask.v.ResetRequest(type=kinds[self.when], evse_id=self.evse_id)
        expects = ("boot",) if self.evse_id is UNSET else ("status", str(self.evse_id))
        return outcome(answer, expects=expects, window=RESET_WINDOW)
