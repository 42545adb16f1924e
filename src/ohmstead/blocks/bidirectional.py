"""Q, K21, K22, K28, K29 (2.1): energy both ways: what cars may do, schedules that move, priority, aFRR."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Unsupported, after, outcome, unless_none
from ohmstead.domain.operation_modes import objection
from ohmstead.domain.profiles import Profile
from ohmstead.ocpp.versions import V21
from ohmstead.store import charging
from ohmstead.store.charging import profiles_of
from ohmstead.store.db import Db

EnergyTransfer = Literal[
    "AC_single_phase", "AC_two_phase", "AC_three_phase", "DC", "AC_BPT", "AC_BPT_DER", "AC_DER", "DC_BPT", "DC_ACDP",
    "DC_ACDP_BPT", "WPT",
]  # fmt: skip
TransactionId = Annotated[str, Meta(min_length=1, max_length=36)]
_MOVES = ("limit", "discharge_limit", "setpoint")
"""What an update of a dynamic schedule moves."""


class NotifyAllowedEnergyTransfer(Command):
    """Say what a transaction may do from now on, for example ["DC", "DC_BPT"] (Q02.FR.05)."""

    actions: ClassVar = ("NotifyAllowedEnergyTransfer",)
    transaction_id: TransactionId
    allowed: Annotated[list[EnergyTransfer], Meta(min_length=1)]

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        answer = yield ask.v.NotifyAllowedEnergyTransferRequest(
            transaction_id=self.transaction_id, allowed_energy_transfer=self.allowed
        )
        return outcome(answer)


class UsePriorityCharging(Command):
    """Let a transaction charge by the station's PriorityCharging profile, which must be there, or no longer (K21)."""

    actions: ClassVar = ("UsePriorityCharging",)
    transaction_id: TransactionId
    activate: bool = True

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        answer = yield ask.v.UsePriorityChargingRequest(transaction_id=self.transaction_id, activate=self.activate)
        return outcome(answer)


class AfrrSignal(Command):
    """Bring a signal of the grid operator (aFRR); the signal curve of a LocalFrequency profile says what it means."""

    actions: ClassVar = ("AFRRSignal",)
    signal: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
    timestamp: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        at = runtime.to_datetime(runtime.now()) if self.timestamp is UNSET else self.timestamp
        answer = yield ask.v.AFRRSignalRequest(timestamp=at, signal=self.signal)
        return outcome(answer)


class UpdateDynamicSchedule(Command):
    """Move the one period of a Dynamic profile that the station has: limit, discharge_limit (0 or below), setpoint, in
    the unit of its schedule (K28). What its operation mode does not allow is refused before anything is sent."""

    actions: ClassVar = ("UpdateDynamicSchedule",)
    profile_id: int
    limit: float | UnsetType = UNSET
    discharge_limit: Annotated[float, Meta(le=0)] | UnsetType = UNSET
    setpoint: float | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self._moves:
            raise ValueError("give limit, discharge_limit or setpoint")

    @property
    def _moves(self) -> dict[str, float]:
        return {name: value for name in _MOVES if (value := getattr(self, name)) is not UNSET}

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.profiles = profiles_of(await charging.load(db, ask.station.id))

    def to_v2(self, ask: Ask) -> Calls:
        _only_21(ask)
        profile = _dynamic(ask.profiles, self.profile_id)
        if profile is None:
            raise Unsupported(f"The station has no Dynamic profile {self.profile_id}.")
        if why := _refused(_moved(profile, self._moves)):
            raise Unsupported(f"The update does not fit: {why}.")
        answer = yield ask.v.UpdateDynamicScheduleRequest(
            charging_profile_id=self.profile_id, schedule_update=ask.v.ChargingScheduleUpdateType(**self._moves)
        )
        return outcome(answer)


def _dynamic(profiles: Any, id: int) -> Profile | None:
    return next((one for one in profiles if one.id == id and one.kind == "Dynamic"), None)


def _moved(profile: Profile, moves: dict[str, float]) -> Profile:
    schedule = profile.schedule
    period = replace(schedule.periods[0], **moves)
    return replace(profile, schedules=(replace(schedule, periods=(period,)),))


def _refused(profile: Profile) -> str | None:
    return objection(profile, profile.schedule, profile.schedule.periods[0])


@after("UpdateDynamicSchedule")
async def updated(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """Accepted, the profile is what it was moved to; a pull gets the same."""
    held = {one.profile.id: one for one in await charging.load(db, ask.station.id)}
    one = held.get(req.charging_profile_id)
    if answer is None or answer.status != "Accepted" or one is None or one.profile.kind != "Dynamic":
        return Learnt()
    moves = {name: value for name in _MOVES if (value := getattr(req.schedule_update, name)) is not UNSET}
    return Learnt(
        [charging.installed(ask.station.tenant_id, ask.station.id, _moved(one.profile, moves), one.source, now)]
    )


def _only_21(ask: Ask) -> None:
    if ask.version is not V21:
        raise Unsupported(f"OCPP {ask.version.name} has no such message: it came with 2.1.")


@on("PullDynamicScheduleUpdate", V21)
async def pull_dynamic_schedule_update(call: Call, req: Any) -> Any:
    """What the profile's values are now (K28.FR.07); Rejected where we know of no such Dynamic profile (.12)."""
    v = call.v
    found = _dynamic(profiles_of(await charging.load(call.db, call.station.id)), req.charging_profile_id)
    if found is None:
        info = v.StatusInfoType(reason_code="InvalidProfile")
        return v.PullDynamicScheduleUpdateResponse(status="Rejected", status_info=info)
    period = found.schedule.periods[0]
    update = v.ChargingScheduleUpdateType(**{name: unless_none(getattr(period, name)) for name in _MOVES})
    return v.PullDynamicScheduleUpdateResponse(status="Accepted", schedule_update=update)


@on("NotifyPriorityCharging", V21)
async def notify_priority_charging(call: Call, req: Any) -> Any:
    """A driver chose priority at the station, or gave it up (K22)."""
    data = {"station_id": call.station.identity, "transaction_id": req.transaction_id, "activated": req.activated}
    call.emit("priority_charging.changed", data)
    return call.v.NotifyPriorityChargingResponse()
