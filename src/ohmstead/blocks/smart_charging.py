"""K: charging profiles set, cleared and read, and composite schedules.

What a station has is kept as it answers: `before` a SetChargingProfile leaves the profile is `asked`, so that one whose
answer is lost is not taken for absent; the answer makes it `installed`, or leaves what was there before. Raw calls are
learnt from in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import profile_words
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, before, given, outcome
from ohmstead.domain.profile_rules import (
    NAMES,
    Abilities,
    CannotFit,
    abilities,
    clashes,
    explained,
    fitted,
    number_for,
    shortened,
)
from ohmstead.domain.profiles import Profile
from ohmstead.shapes import charging as shape
from ohmstead.shapes.charging import OfOperator, ProfileNew, Purpose, Rate
from ohmstead.store import charging, device_model, planning
from ohmstead.store.bulk import Changed
from ohmstead.store.charging import profiles_of
from ohmstead.store.db import Db
from ohmstead.store.sessions import State

Natural = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
REPORT_WINDOW = 60.0
"""Seconds for the parts of a report."""
EXTERNAL = "ChargingStationExternalConstraints"
EVERY_SOURCE = ["CSO", "EMS", "SO", "Other"]


class SetChargingProfile(Command):
    """Set a charging profile: a whole one, or `limit_a` (per phase) or `limit_w` from now on.

    A TxProfile is for the transaction that runs on the EVSE, unless it names another.
    """

    actions: ClassVar = ("SetChargingProfile",)
    waits_offline: ClassVar[bool] = True
    needs_accepted: ClassVar[bool] = True
    evse_id: Natural
    profile: ProfileNew | UnsetType = UNSET
    limit_a: Rate | UnsetType = UNSET
    limit_w: Rate | UnsetType = UNSET
    purpose: OfOperator = "TxProfile"
    duration_s: Positive | UnsetType = UNSET
    may_shorten: bool = False
    """Where the station takes fewer periods the schedule ends with the last that it takes."""
    on_top: bool = False
    """As a Relative profile at the station's highest stack level, for one that follows no other."""
    sole: bool = False
    """Once the station has it, other TxProfiles of its transaction are cleared."""

    def __post_init__(self) -> None:
        if sum(one is not UNSET for one in (self.profile, self.limit_a, self.limit_w)) != 1:
            raise ValueError("give one of profile, limit_a and limit_w")

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, NAMES)
        ask.profiles = profiles_of(await charging.load(db, ask.station.id))
        if (self.purpose if self.profile is UNSET else self.profile.purpose) == "TxProfile":
            ask.found = await planning.car_periods(db, ask.station.id, self.evse_id)

    def to_v16(self, ask: Ask) -> Calls:
        profile, can = self._profile(ask)
        said = profile_words.to_v16(ask, profile)
        for old in clashes(profile, ask.profiles):
            yield ask.v.ClearChargingProfileRequest(id=old)
        answer = yield ask.v.SetChargingProfileRequest(connector_id=self.evse_id, cs_charging_profiles=said)
        for old in self._others(answer, profile, ask):
            yield ask.v.ClearChargingProfileRequest(id=old)
        return _judged(answer, profile, can)

    def to_v2(self, ask: Ask) -> Calls:
        profile, can = self._profile(ask)
        said = profile_words.to_v2(ask, profile)
        for old in clashes(profile, ask.profiles):
            yield ask.v.ClearChargingProfileRequest(charging_profile_id=old)
        answer = yield ask.v.SetChargingProfileRequest(evse_id=self.evse_id, charging_profile=said)
        for old in self._others(answer, profile, ask):
            yield ask.v.ClearChargingProfileRequest(charging_profile_id=old)
        return _judged(answer, profile, can)

    def _others(self, answer: Any, new: Profile, ask: Ask) -> list[int]:
        """What goes when this one is there."""
        if not self.sole or answer.status != "Accepted":
            return []
        return [one.id for one in ask.profiles if one.purpose == new.purpose == "TxProfile"
                and one.transaction_id == new.transaction_id and one.id != new.id]  # fmt: skip

    def _profile(self, ask: Ask) -> tuple[Profile, Abilities]:
        """The profile as this station takes it. Raises Unsupported, in words."""
        now = runtime.now()
        new = self._simple() if self.profile is UNSET else self.profile
        can = replace(abilities(ask.known, ask.station.capabilities), car_periods=ask.found)
        profile = profile_words.from_shape(new, self.evse_id, new.id or 0, now)
        if profile.purpose == "TxProfile" and profile.transaction_id is None:
            profile = replace(profile, transaction_id=_running(ask, self.evse_id))  # K01.FR.03
        if self.on_top:
            can, profile = replace(can, relative=True), replace(profile, stack_level=can.level_max or 0)
        if not profile.id:
            number = number_for(profile, ask.profiles)
            profile = replace(profile, id=number or ask.remote_start_id + can.first_id - 1)
        elif profile.id < can.first_id:
            raise Unsupported(f"Numbers below {can.first_id} are not a CSMS's (MaxExternalConstraintsId, K01.FR.80).")
        try:
            if self.may_shorten:
                profile = shortened(profile, can)
            return fitted(profile, can, ask.at_once(now)), can
        except CannotFit as error:
            raise Unsupported(f"The profile does not fit: {error}.") from None

    def _simple(self) -> ProfileNew:
        unit: Literal["A", "W"] = "W" if self.limit_a is UNSET else "A"
        limit = self.limit_w if self.limit_a is UNSET else self.limit_a
        assert limit is not UNSET
        period = shape.Period(start_s=0, limit=limit)
        schedule = shape.Schedule(unit=unit, periods=[period], duration_s=given(self.duration_s))
        return ProfileNew(purpose=self.purpose, schedules=[schedule])


def _running(ask: Ask, evse_id: int) -> str:
    """The transaction on an EVSE. Raises Unsupported."""
    found = [one for one in ask.state.transactions.values() if one.evse_id == evse_id]
    if not found:
        why = "a TxProfile belongs to one (K01.FR.03). A TxDefaultProfile is for those to come"
        raise Unsupported(f"No transaction runs on EVSE {evse_id}: {why}.")
    return max(found, key=lambda one: one.started_at).transaction_id


def refuse_ended(state: State, request: Any) -> None:
    """A command of ours sends no profile for a transaction that does not run: it may have ended while the command was
    queued (K01.FR.03). What crosses its end on the wire is the station's to refuse (K01.FR.09). Raises Unsupported."""
    if type(request).__name__ != "SetChargingProfileRequest":
        return
    profile = getattr(request, "charging_profile", UNSET) or request.cs_charging_profiles
    id = profile.transaction_id
    if id is UNSET:
        return
    named = state.transactions.get(str(id))
    if named is None:
        raise Unsupported(f"Transaction {id} does not run (any more): its TxProfile is not sent (K01.FR.03).")
    running = [one for one in state.transactions.values() if one.evse_id == named.evse_id]
    newest = max(named, *running, key=lambda one: one.started_at)
    if newest.started_at > named.started_at:
        raise Unsupported(
            f"Transaction {newest.transaction_id} began on EVSE {named.evse_id} after {id}: the TxProfile of {id} is"
            " not sent (K01.FR.03)."
        )


def _judged(answer: Any, profile: Profile, can: Abilities) -> Outcome:
    """The outcome; of a bare Rejected what may be behind it (nobody else says so)."""
    found = outcome(answer)
    if found.accepted:
        return found
    causes = explained(profile, can)
    return replace(found, reason=f"{found.reason}. {'; '.join(causes)}" if causes else found.reason)


@before("SetChargingProfile")
def asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """From now on the station may have it."""
    return [charging.asked(ask.station.tenant_id, ask.station.id, _profile_in(ask, req, now), now)]


@after("SetChargingProfile")
async def answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """What it has now: a profile takes the place of one at its place, and of a transaction's that is over."""
    profile, station = _profile_in(ask, req, now), ask.station
    if answer is None or answer.status != "Accepted":
        return Learnt(charging.refused(station.id, profile.id))
    gone = [one.id for one in profiles_of(await charging.load(db, station.id)) if _replaces(profile, one)]
    rows = [*charging.dropped(station.id, gone), charging.installed(station.tenant_id, station.id, profile, "CSO", now)]
    return Learnt(rows)


def _replaces(new: Profile, old: Profile) -> bool:
    if old.id == new.id or old.purpose == "ChargingStationExternalConstraints":
        return False
    if old.purpose == new.purpose == "TxProfile" and old.evse_id == new.evse_id:
        return old.transaction_id != new.transaction_id or old.stack_level == new.stack_level
    return old.place == new.place and old.overlaps(new)


def _profile_in(ask: Ask, req: Any, now: int) -> Profile:
    if ask.version.dialect == "v16":
        return profile_words.from_v16(req.cs_charging_profiles, req.connector_id, now)
    return profile_words.from_v2(req.charging_profile, req.evse_id, now)


# ---------------------------------------------------------------------- clearing


class ClearChargingProfile(Command):
    """Clear the profile of an `id`, or those of an EVSE, a purpose, a stack level; without any of them all of ours."""

    actions: ClassVar = ("ClearChargingProfile",)
    waits_offline: ClassVar[bool] = True
    needs_accepted: ClassVar[bool] = True
    id: Positive | UnsetType = UNSET
    evse_id: Natural | UnsetType = UNSET
    purpose: OfOperator | UnsetType = UNSET
    stack_level: Natural | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.id is not UNSET and self._criteria:
            raise ValueError("give id, or what else chooses profiles, not both (K10.FR.02)")

    @property
    def _criteria(self) -> bool:
        return any(one is not UNSET for one in (self.evse_id, self.purpose, self.stack_level))

    def to_v16(self, ask: Ask) -> Calls:
        if self.purpose in ("PriorityCharging", "LocalGeneration"):
            raise Unsupported(f"OCPP 1.6 has no {self.purpose}.")
        purpose = profile_words.MAX_16 if self.purpose == profile_words.MAX_2 else self.purpose
        answer = yield ask.v.ClearChargingProfileRequest(
            id=self.id, connector_id=self.evse_id, charging_profile_purpose=purpose, stack_level=self.stack_level
        )
        return _cleared(answer.status)

    def to_v2(self, ask: Ask) -> Calls:
        v = ask.v
        if self.id is not UNSET:
            answer = yield v.ClearChargingProfileRequest(charging_profile_id=self.id)
            return _cleared(answer.status)
        purposes = [self.purpose] if self._criteria else ["TxProfile", "TxDefaultProfile", "ChargingStationMaxProfile"]
        statuses = []
        for purpose in purposes:
            criteria = v.ClearChargingProfileType(
                evse_id=self.evse_id, charging_profile_purpose=purpose, stack_level=self.stack_level
            )
            answer = yield v.ClearChargingProfileRequest(charging_profile_criteria=criteria)
            statuses.append(answer.status)
        return _cleared("Accepted" if "Accepted" in statuses else statuses[-1])


def _cleared(status: str) -> Outcome:
    done = status == "Accepted"
    return Outcome(done, None if done else f"{status}: the station has no such profile")


@after("ClearChargingProfile")
async def cleared(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """What was cleared is gone; what the station does not know was not there."""
    if answer is None:
        return Learnt()
    id, criteria = _cleared_by(req)
    mine = [one for one in profiles_of(await charging.load(db, ask.station.id)) if one.purpose != EXTERNAL]
    gone = [one.id for one in mine if (one.id == id if id is not UNSET else _chosen(one, criteria))]
    return Learnt(charging.dropped(ask.station.id, gone))


def _cleared_by(req: Any) -> tuple[Any, tuple[Any, Any, Any]]:
    if hasattr(req, "connector_id"):
        purpose = req.charging_profile_purpose
        purpose = profile_words.MAX_2 if purpose == profile_words.MAX_16 else purpose
        return req.id, (req.connector_id, purpose, req.stack_level)
    criteria = req.charging_profile_criteria
    if criteria is UNSET:
        return req.charging_profile_id, (UNSET, UNSET, UNSET)
    return req.charging_profile_id, (criteria.evse_id, criteria.charging_profile_purpose, criteria.stack_level)


def _chosen(profile: Profile, criteria: tuple[Any, Any, Any]) -> bool:
    said = (profile.evse_id, profile.purpose, profile.stack_level)
    return all(wanted is UNSET or wanted == one for wanted, one in zip(criteria, said, strict=True))


# ---------------------------------------------------------------------- reading


class GetChargingProfiles(Command):
    """Let the station report its charging profiles: those of some `ids`, or by purpose, stack level and source."""

    actions: ClassVar = ("GetChargingProfiles",)
    ids: Annotated[list[Positive], Meta(min_length=1)] | UnsetType = UNSET
    evse_id: Natural | UnsetType = UNSET
    purpose: Purpose | UnsetType = UNSET
    stack_level: Natural | UnsetType = UNSET
    sources: Annotated[list[Literal["EMS", "Other", "SO", "CSO"]], Meta(min_length=1, max_length=4)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.ids is not UNSET and any(one is not UNSET for one in (self.purpose, self.stack_level, self.sources)):
            raise ValueError("give ids, or what else chooses profiles, not both (K09.FR.03)")

    def to_v2(self, ask: Ask) -> Calls:
        number, nothing = ask.remote_start_id, (self.ids, self.purpose, self.stack_level, self.sources) == (UNSET,) * 4
        answer = yield ask.v.GetChargingProfilesRequest(
            request_id=number,
            evse_id=self.evse_id,
            charging_profile=ask.v.ChargingProfileCriterionType(
                charging_profile_id=self.ids,
                charging_profile_purpose=self.purpose,
                stack_level=self.stack_level,
                charging_limit_source=EVERY_SOURCE if nothing else self.sources,
            ),
        )
        if answer.status != "Accepted":
            return Outcome(True, "NoProfiles: the station has none of these")
        return Outcome(True, None, ("profiles_report", str(number)), REPORT_WINDOW)


@before("GetChargingProfiles")
def report_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """Parts may overtake the answer."""
    return [charging.report_asked(ask.station.tenant_id, ask.station.id, req.request_id, _is_full(req), now)]


def _is_full(req: Any) -> bool:
    one = req.charging_profile
    narrow = (req.evse_id, one.charging_profile_id, one.charging_profile_purpose, one.stack_level)
    sources = one.charging_limit_source
    return all(part is UNSET for part in narrow) and (sources is UNSET or set(sources) >= set(EVERY_SOURCE))


@after("GetChargingProfiles")
async def report_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """NoProfiles to a question for all of them: it has none."""
    if answer is not None and answer.status == "Accepted":
        return Learnt()
    rows = [charging.report_over(ask.station.id, req.request_id)]
    if answer is not None and _is_full(req):
        rows.append(charging.unnamed(ask.station.id))
    return Learnt(rows)


class GetCompositeSchedule(Command):
    """Ask the station what its profiles come to for an EVSE, or (0) for itself."""

    actions: ClassVar = ("GetCompositeSchedule",)
    evse_id: Natural
    duration_s: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 3600
    unit: Literal["A", "W"] | UnsetType = UNSET

    def to_v16(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetCompositeScheduleRequest(
            connector_id=self.evse_id, duration=self.duration_s, charging_rate_unit=self.unit
        )
        return outcome(answer)

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetCompositeScheduleRequest(
            evse_id=self.evse_id, duration=self.duration_s, charging_rate_unit=self.unit
        )
        return outcome(answer)
