"""R: what a station does for the grid on its own (distributed energy resources, 2.1): curves, droops, limits.

Controls are the station's to keep; commands set, read and clear them. What it accepted, reported and told of them is
kept (store/der_controls.py), and is in the feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks import Call, on
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, before, given, outcome
from ohmstead.domain.alerts import Cause
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.store import der_controls
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.der_controls import Control

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


# ---------------------------------------------------------------------- what it has


@after("SetDERControl")
async def was_set(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """It has the control; others are superseded by it (R04.FR.04)."""
    if answer is None or answer.status != "Accepted":
        return Learnt()
    field, _ = _FIELDS.get(req.control_type, _CURVE)
    control = Control(
        control_id=req.control_id, control_type=req.control_type, is_default=req.is_default, superseded=False,
        source="set", settings=msgspec.to_builtins(getattr(req, field)), updated_at=now,
    )  # fmt: skip
    rows = [der_controls.put(ask.station.tenant_id, ask.station.id, control)]
    return Learnt([*rows, *der_controls.superseded(ask.station.id, given(answer.superseded_ids) or (), now)])


@after("ClearDERControl")
async def was_cleared(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """It has them no more; NotFound says that it never had."""
    if answer is None or answer.status not in ("Accepted", "NotFound"):
        return Learnt()
    which = {"control_type": given(req.control_type), "control_id": given(req.control_id)}
    return Learnt([der_controls.cleared(ask.station.id, is_default=req.is_default, **which)])


@before("GetDERControl")
def report_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """What a full report does not name is gone when its last part is there; parts may overtake the answer."""
    return [der_controls.doubted(ask.station.id, truth=_is_full(req))]


@after("GetDERControl")
async def report_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """NotFound to a question for all of them: it has none."""
    none = answer is not None and answer.status == "NotFound" and _is_full(req)
    return Learnt([der_controls.swept(ask.station.id)] if none else ())


def _is_full(req: Any) -> bool:
    return all(one is UNSET for one in (req.is_default, req.control_type, req.control_id))


def _reported(req: Any, now: int) -> Iterator[Control]:
    """The controls in a part of a report."""
    names = {field: kind for kind, (field, _) in _FIELDS.items()}
    for field in ("curve", *names):
        for one in given(getattr(req, field)) or ():
            settings = getattr(one, {"fixed_pf_absorb": "fixed_pf", "fixed_pf_inject": "fixed_pf"}.get(field, field))
            yield Control(
                control_id=one.id, control_type=names.get(field) or one.curve_type,
                is_default=getattr(one, "is_default", None), superseded=getattr(one, "is_superseded", False),
                source="reported", settings=msgspec.to_builtins(settings), updated_at=now,
            )  # fmt: skip


@on("ReportDERControl", V21)
async def report_der_control(call: Call, req: Any) -> Any:
    """A part of a report (R04.FR.31); the last one confirms the command that asked."""
    controls = {name: value for name, value in msgspec.to_builtins(req).items() if isinstance(value, list)}
    more = given(req.tbc) is True
    call.write.changed += [der_controls.put(call.station.tenant_id, call.station.id, one)
                           for one in _reported(req, call.now)]  # fmt: skip
    call.emit("der_control.reported", {
        "station_id": call.station.identity, "request_id": req.request_id, "more": more, "controls": controls,
    })  # fmt: skip
    if not more:
        call.write.changed.append(der_controls.swept(call.station.id))
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
    others = given(req.superseded_ids) or []
    call.write.changed.append(der_controls.started(call.station.id, req.control_id, call.now, truth=req.started))
    call.write.changed += der_controls.superseded(call.station.id, others, call.now, truth=req.started)
    call.emit("der_control.started" if req.started else "der_control.stopped", {
        "station_id": call.station.identity, "control_id": req.control_id,
        "superseded_ids": others, "at": rfc3339(from_datetime(req.timestamp)),
    })  # fmt: skip
    return call.v.NotifyDERStartStopResponse()
