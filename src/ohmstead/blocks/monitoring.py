"""N02 to N06: monitors set and cleared, within what the station takes at once, and how much it tells.

What becomes of each monitor asked is told for itself, as with variables (blocks/variables.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, NotAnswered, Outcome, after, given, outcome
from ohmstead.blocks.device_model import name_of
from ohmstead.blocks.variables import AFTER_NO_ANSWER, NO_ANSWER, NOT_SENT, Number, Text50
from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import Kind, Monitor, MonitorType
from ohmstead.domain.portions import NAMES, Measure, limits, portions
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V21
from ohmstead.shapes.device_model import ChangeResult
from ohmstead.store import device_model, monitors
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.sessions import Station

MonitorId = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Severity = Annotated[int, Meta(ge=0, le=9)]
BASES = {"all": "All", "factory_default": "FactoryDefault", "hard_wired_only": "HardWiredOnly"}
NEW_IN_21 = ("TargetDelta", "TargetDeltaRelative")


class Stream(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a periodic event stream of 2.1 sends: after so many seconds or values, whichever is first."""

    interval_s: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    values: Annotated[int, Meta(ge=1)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.interval_s is UNSET and self.values is UNSET:
            raise ValueError("give interval_s or values")  # N11.FR.09


class NewMonitor(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A monitor on a variable. With `id` it takes the place of that one. `value` is the threshold, the change, or of
    periodic ones the seconds."""

    component: Text50
    component_instance: Text50 | UnsetType = UNSET
    evse_id: Number | UnsetType = UNSET
    connector_id: Number | UnsetType = UNSET
    variable: Text50
    variable_instance: Text50 | UnsetType = UNSET
    type: MonitorType
    value: float
    severity: Severity
    transaction: bool = False
    id: MonitorId | UnsetType = UNSET
    stream: Stream | UnsetType = UNSET

    @property
    def name(self) -> Name:
        return Name(
            self.component,
            self.variable,
            given(self.component_instance),
            given(self.evse_id),
            given(self.connector_id),
            given(self.variable_instance),
        )

    def problem(self, ask: Ask) -> str | None:
        """Why it is not sent."""
        if ask.version is V21:
            return None
        new = "streams" if self.stream is not UNSET else self.type if self.type in NEW_IN_21 else None
        return None if new is None else f"OCPP {ask.version.name} has no {new}"

    def typed(self, v: Any) -> Any:
        evse = UNSET if self.evse_id is UNSET else v.EVSEType(id=self.evse_id, connector_id=self.connector_id)
        stream = {}
        if self.stream is not UNSET:
            params = v.PeriodicEventStreamParamsType(interval=self.stream.interval_s, values=self.stream.values)
            stream = {"periodic_event_stream": params}
        return v.SetMonitoringDataType(
            value=self.value,
            type=self.type,
            severity=self.severity,
            component=v.ComponentType(name=self.component, instance=self.component_instance, evse=evse),
            variable=v.VariableType(name=self.variable, instance=self.variable_instance),
            id=self.id,
            transaction=self.transaction,
            **stream,
        )


class _Item(Struct, frozen=True):
    """One thing asked: its place in the command, what tells it from others, and what it is on the wire."""

    number: int
    key: tuple[Any, ...]
    wire: Any


Verdicts = dict[tuple[Any, ...], list[ChangeResult]]
"""What the station answered, by the key of what it speaks of."""


def _run(items: Sequence[_Item], measure: Measure, request: Callable[[list[Any]], Any], read: Callable[[Any], Verdicts],
         results: dict[int, ChangeResult]) -> Any:  # fmt: skip
    """Put the requests to the station until one is not answered at all; `results` gets what becomes of each. Raises
    NotAnswered at the end, when nothing is known or nothing but errors came back."""
    frame = 0 if measure.bytes is None else len(codec.encode(request([])))
    cut = portions(items, measure, lambda one: one.key, lambda one: len(codec.encode(one.wire)), frame)
    for one in cut.too_long:
        results[one.number] = _said("not_sent", f"is longer than the {measure.bytes} bytes the station takes at once")
    failed: NotAnswered | None = None
    for portion in cut.portions:
        if failed is not None and failed.error is None:
            results |= {one.number: _said("not_sent", AFTER_NO_ANSWER) for one in portion}
            continue
        try:
            found = read((yield request([one.wire for one in portion])))
        except NotAnswered as error:
            failed = error
            said = _said("rejected", str(error))
            if error.error is None:
                said = _said("unknown", NO_ANSWER) if error.sent else _said("not_sent", NOT_SENT)
            results |= {one.number: said for one in portion}
        else:
            for one in portion:
                left = found.get(one.key)
                results[one.number] = left.pop(0) if left else _said("unknown", "the station's answer leaves it out")
    if failed is not None and (failed.error is None or not any(one.status == "accepted" for one in results.values())):
        return failed
    return None


def _said(status: Any, reason: str | None = None, **fields: Any) -> ChangeResult:
    return ChangeResult(status=status, value=None, reason=reason, **fields)


def _verdict(one: Any) -> ChangeResult:
    info = one.status_info
    words = [] if one.status == "Accepted" else [one.status]
    words += [] if info is UNSET else [info.reason_code, given(info.additional_info) or ""]
    status = "accepted" if one.status == "Accepted" else "rejected"
    return _said(status, ": ".join(word for word in words if word) or None, monitor_id=given(one.id))


def _ended(ask: Ask, results: list[ChangeResult], failed: NotAnswered | None) -> Outcome:
    ask.results = results
    if failed is not None:
        raise failed
    good = any(one.status == "accepted" for one in results)
    bad = [f"{one.variable or one.monitor_id}: {one.reason}" for one in results if one.status != "accepted"]
    return Outcome(good, "; ".join(bad) or None)


class SetVariableMonitoring(Command):
    """Let the station watch variables: an event comes when a threshold is crossed, a value changes, or time is up."""

    actions: ClassVar = ("SetVariableMonitoring",)
    waits_offline: ClassVar[bool] = True
    monitors: Annotated[list[NewMonitor], Meta(min_length=1)]

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, NAMES)

    def to_v2(self, ask: Ask) -> Calls:
        results: dict[int, ChangeResult] = {}
        items = []
        for number, one in enumerate(self.monitors):
            if (why := one.problem(ask)) is not None:
                results[number] = _said("not_sent", why)
            else:
                items.append(_Item(number, (one.name.key, one.type, one.severity), one.typed(ask.v)))
        failed = yield from _run(
            items,
            limits(ask.known, ask.station.capabilities).monitor,
            lambda data: ask.v.SetVariableMonitoringRequest(set_monitoring_data=data),
            _set_so,
            results,
        )
        return _ended(ask, [_about(one, results[number]) for number, one in enumerate(self.monitors)], failed)


def _set_so(answer: Any) -> Verdicts:
    found: Verdicts = {}
    for one in answer.set_monitoring_result:
        key = (name_of(one.component, one.variable).key, one.type, one.severity)
        found.setdefault(key, []).append(_verdict(one))
    return found


def _about(asked: NewMonitor, result: ChangeResult) -> ChangeResult:
    """The result with what was asked."""
    return replace(
        result,
        value=asked.value,
        variable=asked.variable,
        component=asked.component,
        component_instance=given(asked.component_instance),
        evse_id=given(asked.evse_id),
        connector_id=given(asked.connector_id),
        variable_instance=given(asked.variable_instance),
        monitor_id=given(asked.id) if result.monitor_id is None else result.monitor_id,
        monitor_type=asked.type,
        severity=asked.severity,
    )


class ClearVariableMonitoring(Command):
    """Let the station forget monitors, by the numbers that it gave them."""

    actions: ClassVar = ("ClearVariableMonitoring",)
    waits_offline: ClassVar[bool] = True
    ids: Annotated[list[MonitorId], Meta(min_length=1)]

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, NAMES)

    def to_v2(self, ask: Ask) -> Calls:
        results: dict[int, ChangeResult] = {}
        failed = yield from _run(
            [_Item(number, (id,), id) for number, id in enumerate(self.ids)],
            limits(ask.known, ask.station.capabilities).clear_monitor,  # N06.FR.04
            lambda ids: ask.v.ClearVariableMonitoringRequest(id=ids),
            _cleared_so,
            results,
        )
        return _ended(ask, [replace(results[n], monitor_id=id) for n, id in enumerate(self.ids)], failed)


def _cleared_so(answer: Any) -> Verdicts:
    found: Verdicts = {}
    for one in answer.clear_monitoring_result:
        found.setdefault((one.id,), []).append(_verdict(one))
    return found


class SetMonitoringBase(Command):
    """Let the station go back to the monitors of the factory, or to those that nobody can change. Custom ones go."""

    actions: ClassVar = ("SetMonitoringBase",)
    base: Literal["all", "factory_default", "hard_wired_only"]

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.SetMonitoringBaseRequest(monitoring_base=BASES[self.base])
        return outcome(answer)


class SetMonitoringLevel(Command):
    """Let the station tell only events of this severity or worse."""

    actions: ClassVar = ("SetMonitoringLevel",)
    severity: Severity

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.SetMonitoringLevelRequest(severity=self.severity)
        return outcome(answer)


# ---------------------------------------------------------------------- what answers teach, to raw calls too


async def gone(db: Db, station: Station, ids: Iterable[int], now: int) -> Learnt:
    """The station has these monitors no more: nothing will end the alerts they raised."""
    over = set(ids)
    board = await board_of(db, station, now)
    for alert in board:
        if alert.source == "monitor" and alert.detail.get("monitor_id") in over:
            board.cleared(alert.subject, "monitor_removed")
    told = board.learnt()
    return Learnt([*monitors.dropped(station.id, over), *told.rows], told.events)


@after("SetVariableMonitoring")
async def learn_set(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """Whatever kind a monitor was of, set by us it is a custom one (N04.FR.15)."""
    wanted: dict[tuple[Any, ...], list[Any]] = {}
    for one in req.set_monitoring_data:
        wanted.setdefault((name_of(one.component, one.variable).key, one.type, one.severity), []).append(one)
    found = []
    for said in () if answer is None else answer.set_monitoring_result:
        name = name_of(said.component, said.variable)
        asked = wanted.get((name.key, said.type, said.severity))
        if asked and (one := asked.pop(0)) and said.status == "Accepted" and said.id is not UNSET:
            found.append(
                Monitor(
                    id=said.id, name=name, type=said.type, value=one.value, severity=said.severity,
                    kind="custom", transaction=one.transaction, updated_at=now,
                )
            )  # fmt: skip
    rows: list[Changed] = await monitors.put(db, ask.station.tenant_id, ask.station.id, found)
    return Learnt(rows)


@after("ClearVariableMonitoring")
async def learn_cleared(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    results = () if answer is None else answer.clear_monitoring_result
    over = [one.id for one in results if one.status in ("Accepted", "NotFound")]
    return await gone(db, ask.station, over, now) if over else Learnt()


GOES: dict[str, tuple[Kind, ...]] = {"HardWiredOnly": ("custom", "preconfigured"), "FactoryDefault": ("custom",)}
"""Base -> the kinds that go with it; what comes back with it a report must tell."""


@after("SetMonitoringBase")
async def learn_base(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None or answer.status != "Accepted":
        return Learnt()
    station, wire = ask.station, req.monitoring_base
    over = await monitors.of_kind(db, station.id, *GOES[wire]) if wire in GOES else []
    learnt = await gone(db, station, over, now)
    base = next(word for word, name in BASES.items() if name == wire)
    return Learnt([*learnt.rows, monitors.base_set(station.tenant_id, station.id, base)], learnt.events)


@after("SetMonitoringLevel")
async def learn_level(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None or answer.status != "Accepted":
        return Learnt()
    return Learnt([monitors.level_set(ask.station.tenant_id, ask.station.id, req.severity)])
