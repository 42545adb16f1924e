"""What a station takes of charging profiles, and a profile made to fit: clashes prevented, refusals in words.

A station says what it takes (SmartChargingCtrlr of 2.x, the ChargeProfile... keys of 1.6), an operator or the vendor
catalogue may know better. What cannot be converted without meaning something else is refused before it is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain import values
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.operation_modes import objection as mode_objection
from ohmstead.domain.profiles import OF_STATION, PHASES, SECOND, VOLTAGE, Period, Profile, Schedule, Unit, converted

_LEVEL = Name("SmartChargingCtrlr", "ProfileStackLevel")
_UNITS = Name("SmartChargingCtrlr", "RateUnit")
_PERIODS = Name("SmartChargingCtrlr", "PeriodsPerSchedule")
_SWITCHING = Name("SmartChargingCtrlr", "ACPhaseSwitchingSupported")
_EXTERNAL = Name("SmartChargingCtrlr", "ExternalConstraintsProfileDisallowed")
_FIRST_ID = Name("SmartChargingCtrlr", "MaxExternalConstraintsId")
_ENABLED = Name("SmartChargingCtrlr", "Enabled")
NAMES = (_LEVEL, _UNITS, _PERIODS, _SWITCHING, _EXTERNAL, _FIRST_ID, _ENABLED)
"""The variables in which a station says what profiles it takes."""
_WORDS: dict[str, Unit] = {"a": "A", "current": "A", "amp": "A", "amps": "A", "w": "W", "power": "W", "watt": "W"}


class CannotFit(Exception):
    """The station does not take such a profile, and no other means the same."""


class Abilities(Struct, frozen=True, kw_only=True):
    """What a station takes; None: it does not say."""

    level_max: int | None = None
    units: tuple[Unit, ...] = ()
    periods_max: int | None = None
    car_periods: int | None = None
    """maxScheduleTuples of the car of a TxProfile (K15.FR.07)."""
    phase_switching: bool = False
    first_id: int = 1
    """2.1: numbers up to MaxExternalConstraintsId are not ours (K01.FR.80)."""
    enabled: bool | None = None
    relative: bool = False
    """It only follows profiles of the kind Relative."""
    voltage: float = VOLTAGE
    phases: int = PHASES


def abilities(known: Model, capabilities: Mapping[str, Any]) -> Abilities:
    """What is known of a station: by its variables, and, before them, by the operator or the catalogue."""
    units = (known.value(_UNITS) or "").replace('"', "").split(",")
    said = tuple(dict.fromkeys(_WORDS[one.strip().lower()] for one in units if one.strip().lower() in _WORDS))
    rate_unit, level = capabilities.get("rate_unit"), capabilities.get("stack_level_max")
    return Abilities(
        level_max=level if isinstance(level, int) else _number(known, _LEVEL),
        units=(rate_unit,) if rate_unit in ("A", "W") else said,
        periods_max=_number(known, _PERIODS),
        phase_switching=_truth(known, _SWITCHING) is True,
        first_id=(_number(known, _FIRST_ID) or 0) + 1,
        enabled=_truth(known, _ENABLED),
        relative=capabilities.get("profile_kind") == "Relative",
        voltage=float(capabilities.get("voltage") or VOLTAGE),
        phases=int(capabilities.get("phases") or PHASES),
    )


def _number(known: Model, name: Name) -> int | None:
    text = known.value(name)
    try:
        return None if text is None else values.integer(text)
    except values.Unreadable:
        return None


def _truth(known: Model, name: Name) -> bool | None:
    text = known.value(name)
    return None if text is None else text.strip().lower() in ("true", "1")


# ---------------------------------------------------------------------- fitting


def fitted(profile: Profile, can: Abilities, now: int) -> Profile:
    """The profile as the station takes it: unit and periods converted, a start where compliant stations insist on one.

    `now` is the station's own time. Raises CannotFit, in words.
    """
    _judge(profile, can)
    schedules = tuple(_schedule(_joined(one), can) for one in profile.schedules)
    most = max(len(one.periods) for one in schedules)
    for takes, who in ((can.periods_max, "the station"), (can.car_periods, "the car")):
        if takes is not None and most > takes:
            name = "PeriodsPerSchedule" if who == "the station" else "maxScheduleTuples, K15.FR.07"
            raise CannotFit(f"it has {most} periods, {who} takes {takes} ({name})")
    profile = replace(profile, schedules=schedules)
    if profile.kind in ("Absolute", "Dynamic"):
        if can.relative and all(len(one.periods) == 1 for one in profile.schedules):
            return _relative(profile, now)
        begin = now // SECOND * SECOND
        started = tuple(one if one.start is not None else replace(one, start=begin) for one in profile.schedules)
        return replace(profile, schedules=started if profile.kind == "Absolute" else profile.schedules)
    return profile


def shortened(profile: Profile, can: Abilities) -> Profile:
    """Without the periods that are too many for station or car: it ends where the first of them would begin."""
    most = min((one for one in (can.periods_max, can.car_periods) if one is not None), default=None)
    return replace(profile, schedules=tuple(_shortened(_joined(one), most) for one in profile.schedules))


def _shortened(schedule: Schedule, most: int | None) -> Schedule:
    if most is None or len(schedule.periods) <= max(1, most):
        return schedule
    kept, over = schedule.periods[: max(1, most)], schedule.periods[max(1, most)].start_s
    end = over if schedule.duration_s is None else min(over, schedule.duration_s)
    return replace(schedule, periods=kept, duration_s=end)


def _judge(profile: Profile, can: Abilities) -> None:
    if profile.purpose == "ChargingStationExternalConstraints":
        raise CannotFit("ChargingStationExternalConstraints are set by others than a CSMS (K01.FR.22)")
    if profile.purpose in OF_STATION and profile.evse_id != 0:
        raise CannotFit(f"a {profile.purpose} is for the whole station: EVSE 0 (K01.FR.38)")
    if profile.purpose in OF_STATION and profile.kind == "Relative":
        raise CannotFit(f"a {profile.purpose} cannot be Relative: it belongs to no transaction (K01.FR.38)")
    if profile.purpose == "TxProfile" and profile.evse_id == 0:
        raise CannotFit("a TxProfile is for one EVSE, not for the station (K01.FR.16)")
    if can.level_max is not None and profile.stack_level > can.level_max:
        raise CannotFit(f"its stack level is {profile.stack_level}, the station's highest {can.level_max}")
    if profile.kind == "Recurring" and (profile.recurrency is None or profile.schedule.start is None):
        raise CannotFit("a Recurring profile needs recurrency_kind and start_schedule")
    if profile.valid_to is not None and profile.valid_to <= (profile.valid_from or 0):
        raise CannotFit("it is over before it begins: valid_to is not after valid_from")
    for schedule in profile.schedules:
        _judge_schedule(schedule, can)
        for period in schedule.periods:
            if (why := mode_objection(profile, schedule, period)) is not None:
                raise CannotFit(why)


def _judge_schedule(schedule: Schedule, can: Abilities) -> None:
    periods = schedule.periods
    if periods[0].start_s != 0:
        raise CannotFit("the first period must start at 0 (K01.FR.31)")
    if any(one.start_s >= other.start_s for one, other in pairwise(periods)):
        raise CannotFit("the periods must start one after the other")
    for period in periods:
        numbers = (period.limit, period.limit_l2, period.limit_l3, period.discharge_limit, period.setpoint)
        if not all(one is None or math.isfinite(one) for one in numbers) or (period.limit or 0) < 0:
            raise CannotFit("a limit is a finite number from 0 on")
        if period.phase_to_use is not None and (period.number_phases != 1 or not can.phase_switching):
            raise CannotFit("phase_to_use needs number_phases 1 and ACPhaseSwitchingSupported (K01.FR.19, .20)")


def _joined(schedule: Schedule) -> Schedule:
    """Neighbours that say the same as one."""
    kept: list[Period] = []
    for period in schedule.periods:
        if not kept or replace(period, start_s=0) != replace(kept[-1], start_s=0):
            kept.append(period)
    return replace(schedule, periods=tuple(kept))


def _schedule(schedule: Schedule, can: Abilities) -> Schedule:
    """In a unit that the station takes; never more than was asked."""
    if not can.units or schedule.unit in can.units:
        return schedule
    unit = can.units[0]
    periods = []
    for one in schedule.periods:
        if one.limit is None or one.limit_l2 is not None or one.setpoint is not None or one.discharge_limit is not None:
            raise CannotFit(
                f"the station takes {unit} only, and such a period cannot be converted from {schedule.unit}"
            )
        limit = converted(one.limit, schedule.unit, unit, one.number_phases or can.phases, can.voltage)
        periods.append(replace(one, limit=math.floor(limit * 10 + 1e-6) / 10))
    least = schedule.min_rate
    if least is not None:
        least = round(converted(least, schedule.unit, unit, can.phases, can.voltage), 1)
    return replace(schedule, unit=unit, periods=tuple(periods), min_rate=least)


def _relative(profile: Profile, now: int) -> Profile:
    """A constant limit from now on as stations take it that follow Relative only. A duration would count from the
    transaction's start there, so the end is said by valid_to."""
    end = profile.valid_to
    for one in profile.schedules:
        if one.duration_s is not None:
            over = (one.start or now) + one.duration_s * SECOND
            end = over if end is None else min(end, over)
    schedules = tuple(replace(one, start=None, duration_s=None) for one in profile.schedules)
    return replace(profile, kind="Relative", schedules=schedules, valid_to=end)


# ---------------------------------------------------------------------- clashes and refusals


def number_for(profile: Profile, installed: Iterable[Profile]) -> int | None:
    """The number to use again: that of the profile at the same place (K02.FR.03); None: a new one."""
    return next((one.id for one in installed if one.place == profile.place), None)


def clashes(profile: Profile, installed: Iterable[Profile]) -> list[int]:
    """The profiles that must be cleared first: at the same place, valid at the same time, under other numbers."""
    return [
        one.id for one in installed if one.place == profile.place and one.id != profile.id and one.overlaps(profile)
    ]


def explained(profile: Profile, can: Abilities) -> list[str]:
    """What a station that only says Rejected may mean, the likeliest first."""
    found = []
    if can.enabled is False:
        found.append("SmartChargingCtrlr.Enabled is false")
    if can.level_max is None and profile.stack_level > 0:
        found.append("it does not say its highest stack level, and some stations take level 0 only")
    if not can.units:
        found.append(f"it does not say which units it takes, and this profile is in {profile.schedule.unit}")
    if profile.purpose == "TxProfile":
        found.append("its transaction may be over, or some stations take TxDefaultProfile only")
    if profile.schedule.min_rate is not None:
        found.append("some stations refuse minChargingRate")
    limits = [one.limit for one in profile.schedule.periods if one.limit is not None]
    if profile.schedule.unit == "A" and any(0 < one < 6 for one in limits):
        found.append("below 6 A no car charges (IEC 61851), and some stations refuse such a limit")
    return found
