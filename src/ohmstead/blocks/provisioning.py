"""B: boot, reset, reading and writing variables."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Outcome, Unsupported, given, outcome
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.runtime import to_datetime
from ohmstead.store.sessions import BOOTED

STATUS = {"accepted": "Accepted", "pending": "Pending", "rejected": "Rejected"}
RESET_WINDOW = 600.0
"""Seconds a station may take to come back."""

Positive = Annotated[int, Meta(ge=1)]


@on("BootNotification", V201, V21)
async def boot(call: Call, req: Any) -> Any:
    said = req.charging_station
    return _boot(
        call, said.vendor_name, said.model, given(said.serial_number), given(said.firmware_version), req.reason
    )


@on("BootNotification", V16)
async def boot_16(call: Call, req: Any) -> Any:
    serial = given(req.charge_point_serial_number) or given(req.charge_box_serial_number)
    return _boot(call, req.charge_point_vendor, req.charge_point_model, serial, given(req.firmware_version), None)


def _boot(call: Call, vendor: str, model: str, serial: str | None, firmware: str | None, reason: str | None) -> Any:
    """B01: remember who it is, and answer what the operator decided about it."""
    station = replace(call.station, vendor=vendor, model=model, firmware_version=firmware, booted_at=call.now)
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
    call.happened("boot")
    call.happened("message", "BootNotification")
    intervals = call.settings.stations
    accepted = station.registration == "accepted"
    return call.v.BootNotificationResponse(
        current_time=to_datetime(call.now),
        interval=intervals.heartbeat_interval if accepted else intervals.pending_interval,
        status=STATUS[station.registration],
    )


@on("NotifyReport", V201, V21)
async def notify_report(call: Call, req: Any) -> Any:
    """A part of a report; the command that asked for it is confirmed by its last part (B07.FR.10)."""
    call.happened("message", "NotifyReport")
    if not req.tbc:
        call.happened("report", str(req.request_id))
    return call.v.NotifyReportResponse()


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


class VariableName(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A variable of the device model. For a 1.6 station `variable` alone is the configuration key."""

    component: Annotated[str, Meta(max_length=50)] | UnsetType = UNSET
    component_instance: Annotated[str, Meta(max_length=50)] | UnsetType = UNSET
    evse_id: Positive | UnsetType = UNSET
    connector_id: Positive | UnsetType = UNSET
    variable: Annotated[str, Meta(min_length=1, max_length=50)]
    variable_instance: Annotated[str, Meta(max_length=50)] | UnsetType = UNSET
    attribute: Literal["Actual", "Target", "MinSet", "MaxSet"] | UnsetType = UNSET

    def place(self, ask: Ask) -> dict[str, Any]:
        """Component and variable as 2.x names them."""
        v = ask.v
        if self.component is UNSET:
            raise Unsupported(f"{self.variable} needs a component: OCPP {ask.version.name} has no flat keys.")
        evse = UNSET if self.evse_id is UNSET else v.EVSEType(id=self.evse_id, connector_id=self.connector_id)
        component = v.ComponentType(name=self.component, instance=self.component_instance, evse=evse)
        variable = v.VariableType(name=self.variable, instance=self.variable_instance)
        attribute = {} if self.attribute is UNSET else {"attribute_type": self.attribute}
        return {"component": component, "variable": variable, **attribute}


class VariableValue(VariableName, kw_only=True, frozen=True, forbid_unknown_fields=True):
    value: Annotated[str, Meta(max_length=2500)]


def _portions(items: list[Any], ask: Ask, capability: str) -> list[list[Any]]:
    """`items` in portions that the station takes (B05.FR.11, B06.FR.05)."""
    size = ask.station.capabilities.get(capability) or len(items)
    return [items[start : start + size] for start in range(0, len(items), size)]


def _tally(bad: list[str], total: int) -> Outcome:
    """Accepted as soon as one item is; the reason says which were not."""
    return Outcome(len(bad) < total, "; ".join(bad) or None)


class GetVariables(Command):
    """Read variables; of a 1.6 station, configuration keys."""

    actions: ClassVar = ("GetVariables", "GetConfiguration")
    variables: Annotated[list[VariableName], Meta(min_length=1)]

    def to_v16(self, ask: Ask) -> Calls:
        bad: list[str] = []
        for portion in _portions([one.variable for one in self.variables], ask, "items_per_get_variables"):
            answer = yield ask.v.GetConfigurationRequest(key=portion)
            bad += [f"{key}: UnknownKey" for key in given(answer.unknown_key) or ()]
        return _tally(bad, len(self.variables))

    def to_v2(self, ask: Ask) -> Calls:
        bad: list[str] = []
        wanted = [ask.v.GetVariableDataType(**one.place(ask)) for one in self.variables]
        for portion in _portions(wanted, ask, "items_per_get_variables"):
            answer = yield ask.v.GetVariablesRequest(get_variable_data=portion)
            bad += _not_accepted(answer.get_variable_result)
        return _tally(bad, len(wanted))


class SetVariables(Command):
    """Write variables; of a 1.6 station, configuration keys."""

    actions: ClassVar = ("SetVariables", "ChangeConfiguration")
    waits_offline: ClassVar[bool] = True
    variables: Annotated[list[VariableValue], Meta(min_length=1)]

    def to_v16(self, ask: Ask) -> Calls:
        bad: list[str] = []
        for one in self.variables:
            answer = yield ask.v.ChangeConfigurationRequest(key=one.variable, value=one.value)
            if answer.status not in ("Accepted", "RebootRequired"):
                bad.append(f"{one.variable}: {answer.status}")
        return _tally(bad, len(self.variables))

    def to_v2(self, ask: Ask) -> Calls:
        bad: list[str] = []
        wanted = [
            ask.v.SetVariableDataType(attribute_value=one.value, **one.place(ask)) for one in _each_once(self.variables)
        ]
        for portion in _portions(wanted, ask, "items_per_set_variables"):
            answer = yield ask.v.SetVariablesRequest(set_variable_data=portion)
            bad += _not_accepted(answer.set_variable_result)
        return _tally(bad, len(wanted))


def _each_once(variables: list[VariableValue]) -> list[VariableValue]:
    """The last value of each variable: one request must not name one twice (B05.FR.13)."""
    last = {
        replace(one, value="", attribute="Actual" if one.attribute is UNSET else one.attribute): one
        for one in variables
    }
    return list(last.values())


def _not_accepted(results: Any) -> list[str]:
    bad = []
    for result in results:
        if result.attribute_status not in ("Accepted", "RebootRequired"):
            info = given(result.attribute_status_info)
            why = f" ({info.reason_code})" if info is not None else ""
            bad.append(f"{result.component.name}.{result.variable.name}: {result.attribute_status}{why}")
    return bad
