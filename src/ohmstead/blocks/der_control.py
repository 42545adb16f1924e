"""R: what a station does for the grid on its own (distributed energy resources, 2.1): curves, droops, limits.

Controls are the station's to keep; commands set, read and clear them, and what stations tell of them is in the feed.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks import Call, on
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import Ask, Calls, Command, Outcome, Unsupported, given, outcome
from ohmstead.domain.alerts import Cause
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime, rfc3339

ControlType = Literal[
    "EnterService", "FreqDroop", "FreqWatt", "FixedPFAbsorb", "FixedPFInject", "FixedVar", "Gradients", "HFMustTrip",
    "HFMayTrip", "HVMustTrip", "HVMomCess", "HVMayTrip", "LimitMaxDischarge", "LFMustTrip", "LVMustTrip", "LVMomCess",
    "LVMayTrip", "PowerMonitoringMustTrip", "VoltVar", "VoltWatt", "WattPF", "WattVar",
]  # fmt: skip
ControlId = Annotated[str, Meta(min_length=1, max_length=36)]
_FIELDS = {
    "EnterService": ("enter_service", "EnterServiceType"),
    "FreqDroop": ("freq_droop", "FreqDroopType"),
    "FixedPFAbsorb": ("fixed_pf_absorb", "FixedPFType"),
    "FixedPFInject": ("fixed_pf_inject", "FixedPFType"),
    "FixedVar": ("fixed_var", "FixedVarType"),
    "Gradients": ("gradient", "GradientType"),
    "LimitMaxDischarge": ("limit_max_discharge", "LimitMaxDischargeType"),
}
"""Type of a control -> the one field that has its settings; all others are curves."""
_CURVE = ("curve", "DERCurveType")
REPORT_WINDOW = 60.0


class SetDerControl(Command):
    """Set a control: `settings` is the one object of this type, as the specification writes it (`priority`: the lowest
    number wins). A default one holds while no scheduled one does. What it supersedes is in the answer."""

    actions: ClassVar = ("SetDERControl",)
    waits_offline: ClassVar[bool] = True
    control_id: ControlId
    control_type: ControlType
    settings: dict[str, Any]
    is_default: bool = False

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        field, name = _FIELDS.get(self.control_type, _CURVE)
        try:
            settings = msgspec.convert(self.settings, getattr(ask.v, name), strict=False)
        except msgspec.ValidationError as error:
            raise Unsupported(f"The settings of {self.control_type} are no {name}: {error}.") from None
        if self.is_default and getattr(settings, "start_time", UNSET) is not UNSET:
            raise Unsupported("A default control has no startTime: it holds whenever no scheduled one does.")
        answer = yield ask.v.SetDERControlRequest(
            is_default=self.is_default, control_id=self.control_id, control_type=self.control_type, **{field: settings}
        )
        return outcome(answer)


class GetDerControl(Command):
    """Let the station report its controls: all, those of a type, or one. Confirmed when the last part came."""

    actions: ClassVar = ("GetDERControl",)
    control_id: ControlId | UnsetType = UNSET
    control_type: ControlType | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        number = ask.remote_start_id
        answer = yield ask.v.GetDERControlRequest(
            request_id=number, is_default=self.is_default, control_type=self.control_type, control_id=self.control_id
        )
        if answer.status == "NotFound":
            return Outcome(True, "NotFound: the station has none of these")
        return outcome(answer, expects=("der_report", str(number)), window=REPORT_WINDOW)


class ClearDerControl(Command):
    """Clear default or scheduled controls: one, those of a type, or all."""

    actions: ClassVar = ("ClearDERControl",)
    waits_offline: ClassVar[bool] = True
    is_default: bool = False
    control_id: ControlId | UnsetType = UNSET
    control_type: ControlType | UnsetType = UNSET

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        answer = yield ask.v.ClearDERControlRequest(
            is_default=self.is_default, control_type=self.control_type, control_id=self.control_id
        )
        return outcome(answer)


def _only_21(ask: Ask) -> None:
    if ask.version is not V21:
        raise Unsupported(f"OCPP {ask.version.name} has no DER controls.")


@on("ReportDERControl", V21)
async def report_der_control(call: Call, req: Any) -> Any:
    """A part of a report (R04.FR.31); the last one confirms the command that asked."""
    controls = {name: value for name, value in msgspec.to_builtins(req).items() if isinstance(value, list)}
    more = given(req.tbc) is True
    call.emit("der_control.reported", {
        "station_id": call.station.identity, "request_id": req.request_id, "more": more, "controls": controls,
    })  # fmt: skip
    if not more:
        call.happened("der_report", str(req.request_id))
    return call.v.ReportDERControlResponse()


@on("NotifyDERAlarm", V21)
async def notify_der_alarm(call: Call, req: Any) -> Any:
    """A control began, or ceased, to answer a fault of the grid: an alert that ends when the station says so (R05)."""
    subject = f"der_alarm/{req.control_type}"
    board = await board_of(call.db, call.station, call.now)
    if given(req.alarm_ended) is True:
        board.cleared(subject, "station")
    else:
        fault, extra = given(req.grid_event_fault), given(req.extra_info)
        text = f"{req.control_type} answers a fault of the grid" + "".join(f": {one}" for one in (fault, extra) if one)
        cause = Cause(
            subject=subject, source="csms", code="der_alarm", severity=4, text=text,
            at=from_datetime(req.timestamp), detail={"control_type": req.control_type, "grid_event_fault": fault},
        )  # fmt: skip
        await board.raised(cause, call.numbers.rows.take)
    board.write(call.write)
    return call.v.NotifyDERAlarmResponse()


@on("NotifyDERStartStop", V21)
async def notify_der_start_stop(call: Call, req: Any) -> Any:
    """A scheduled control began or ended; which others it supersedes meanwhile."""
    call.emit("der_control.started" if req.started else "der_control.stopped", {
        "station_id": call.station.identity, "control_id": req.control_id,
        "superseded_ids": given(req.superseded_ids) or [], "at": rfc3339(from_datetime(req.timestamp)),
    })  # fmt: skip
    return call.v.NotifyDERStartStopResponse()
