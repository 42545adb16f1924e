"""Charging profiles between the wire and `profiles`: parsing, judging, and composite schedules, for all versions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from ohmstead.simulator.evse import VOLTAGE
from ohmstead.simulator.outbox import Words
from ohmstead.simulator.profiles import STATION_PURPOSES, Period, Profile, Schedule, moment
from ohmstead.simulator.v2x import WITHOUT_LIMITS

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

__all__ = ["composite", "moment", "objection", "parse", "purpose"]

_SECOND = 1_000_000
_PURPOSES_16 = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}


def parse(words: Words, evse_id: int, received: int) -> Profile:
    """The profile in a ChargingProfileType (2.x) or csChargingProfiles (1.6); of several schedules the first."""
    schedule = words["chargingSchedule"]
    if isinstance(schedule, list):
        schedule = schedule[0]
    transaction_id = words.get("transactionId")
    return Profile(
        id=words["id"] if "id" in words else words["chargingProfileId"],
        evse_id=evse_id,
        stack_level=words["stackLevel"],
        purpose=purpose(words["chargingProfilePurpose"]),
        kind=words["chargingProfileKind"],
        schedule=_schedule(schedule),
        recurrency=words.get("recurrencyKind"),
        valid_from=_time(words.get("validFrom")),
        valid_to=_time(words.get("validTo")),
        transaction_id=str(transaction_id) if transaction_id is not None else None,
        received=received,
        words=words,
    )


def purpose(name: str) -> str:
    """A purpose in 2.x words."""
    return _PURPOSES_16.get(name, name)


def objection(controller: Controller, profile: Profile, *, needs_transaction: bool = True) -> str | None:
    """The reason code for refusing `profile`, None when it is fine (K01)."""
    if profile.evse_id != 0 and profile.evse_id not in controller.sessions:
        return "UnknownEvse"
    if profile.purpose in (*STATION_PURPOSES, "LocalGeneration") and (
        profile.evse_id != 0 or profile.kind == "Relative"
    ):
        return "InvalidProfile"
    if profile.purpose == "ChargingStationExternalConstraints":
        return "InvalidProfile"
    if profile.stack_level > controller.variables.number("SmartChargingCtrlr.ProfileStackLevel"):
        return "InvalidStackLevel"
    periods = profile.schedule.periods
    if not periods or periods[0].start_s != 0 or any(a.start_s >= b.start_s for a, b in pairwise(periods)):
        return "InvalidSchedule"
    if profile.kind == "Dynamic" and len(periods) != 1:  # K28.FR.01
        return "InvalidSchedule"
    if any(one.mode in WITHOUT_LIMITS and {"limit", "dischargeLimit"} & one.words.keys() for one in periods):
        return "InvalidSchedule"
    if profile.purpose == "TxProfile" and needs_transaction:
        session = controller.sessions.get(profile.evse_id)
        if session is None or session.transaction is None:
            return "TxNotFound"
        if profile.transaction_id not in (None, session.transaction.id):
            return "TxNotFound"
    known = {installed.id for installed in controller.profiles}
    if profile.id not in known and len(known) >= 40:
        return "TooManyElements"
    return None


def composite(controller: Controller, evse_id: int, duration_s: int, unit: str) -> list[Words]:
    """The periods of the composite schedule of an EVSE, or of the station (0), from now on. In A: per phase."""
    phases = controller.grid.phases if evse_id == 0 else controller.sessions[evse_id].evse.phases
    periods: list[Words] = []
    for start_s in sorted({0, *_moments(controller, duration_s)}):
        limit = _limit_w(controller, evse_id, controller.now + start_s * _SECOND)
        value = round(limit / (VOLTAGE * phases) if unit == "A" else limit, 1)
        if not periods or periods[-1]["limit"] != value:
            periods.append({"startPeriod": start_s, "limit": value})
    return periods


def _limit_w(controller: Controller, evse_id: int, at: int) -> float:
    station = controller.profiles.station_limit_w(at, controller.grid.phases)
    if evse_id == 0:
        return min(station, sum(session.evse.rating_w for session in controller.sessions.values()))
    return min(station, controller.grid.limit_w(evse_id, at), controller.sessions[evse_id].evse.rating_w)


def _moments(controller: Controller, duration_s: int) -> Iterator[int]:
    """The seconds from now at which some profile's word may change."""
    for profile in controller.profiles:
        session = controller.sessions.get(profile.evse_id)
        transaction = session.transaction if session is not None else None
        tx_start = transaction.started_at if transaction is not None else None
        offsets = [period.start_s for period in profile.schedule.periods]
        if profile.schedule.duration_s is not None:
            offsets.append(profile.schedule.duration_s)
        starts = [profile.start(at, tx_start) for at in (controller.now, controller.now + duration_s * _SECOND)]
        times = [start + offset * _SECOND for start in starts for offset in offsets]
        times += [bound for bound in (profile.valid_from, profile.valid_to) if bound is not None]
        for time in times:
            second = -((controller.now - time) // _SECOND)
            if 0 < second < duration_s:
                yield second


def _schedule(words: Words) -> Schedule:
    periods = tuple(
        Period(
            period["startPeriod"],
            period.get("limit"),
            period.get("numberPhases"),
            period.get("operationMode", "ChargingOnly"),
            period,
        )
        for period in words["chargingSchedulePeriod"]
    )
    return Schedule(words["chargingRateUnit"], periods, _time(words.get("startSchedule")), words.get("duration"))


def _time(text: str | None) -> int | None:
    return moment(text) if text is not None else None
