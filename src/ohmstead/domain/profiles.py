"""Charging profiles: the limits a station was given, and what they come to together.

One shape for the three versions, in the words of 2.x. For one EVSE at one moment (K01, 3.13 of 1.6):

* of each purpose the profile with the highest stack level counts that says something now: valid, started, not over;
* a TxProfile that says something stands in the place of the TxDefaultProfile, a PriorityCharging one in that of both;
* the lowest of what remains is the limit; LocalGeneration comes on top of what the whole station may draw.

So the composite schedule is a step function, and it is enough to look at the moments at which some profile may change
its word. Times are microseconds, durations seconds, limits A per phase or W as `unit` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from msgspec import Struct

Unit = Literal["A", "W"]
Purpose = Literal[
    "ChargingStationExternalConstraints",
    "ChargingStationMaxProfile",
    "TxDefaultProfile",
    "TxProfile",
    "PriorityCharging",
    "LocalGeneration",
]
Kind = Literal["Absolute", "Recurring", "Relative", "Dynamic"]

VOLTAGE = 230.0
PHASES = 3
SECOND = 1_000_000
_RECURRENCE = {"Daily": 86_400 * SECOND, "Weekly": 7 * 86_400 * SECOND}
_CAPS: tuple[Purpose, ...] = ("ChargingStationMaxProfile", "ChargingStationExternalConstraints")
OF_STATION: frozenset[str] = frozenset({*_CAPS, "LocalGeneration"})
"""Purposes that speak of the station as a whole: EVSE 0."""
EDGE_S = 2
"""Seconds by which the edges of two composite schedules may differ."""
MOST_STEPS = 1000
"""Moments that a composite schedule looks at; a recurring profile over a long time has more than anybody reads."""


class Period(Struct, frozen=True, omit_defaults=True):
    """From `start_s` seconds after the schedule's start: at most `limit`; None says nothing. The rest is of 2.1."""

    start_s: int
    limit: float | None = None
    number_phases: int | None = None
    phase_to_use: int | None = None
    limit_l2: float | None = None
    limit_l3: float | None = None
    operation_mode: str | None = None
    discharge_limit: float | None = None
    setpoint: float | None = None
    baseline: float | None = None
    frequency_curve: tuple[tuple[float, float], ...] = ()
    signal_curve: tuple[tuple[int, float], ...] = ()


class Schedule(Struct, frozen=True, omit_defaults=True):
    """Periods in rising order; `start` None: from when it was received or the transaction began."""

    unit: Unit
    periods: tuple[Period, ...]
    start: int | None = None
    duration_s: int | None = None
    min_rate: float | None = None


class Profile(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A charging profile on `evse_id` (0: the station; of a TxDefaultProfile: every EVSE)."""

    id: int
    evse_id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    schedules: tuple[Schedule, ...]
    recurrency: Literal["Daily", "Weekly"] | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    transaction_id: str | None = None
    max_offline_s: int | None = None
    invalid_after_offline: bool | None = None
    update_interval_s: int | None = None
    received_at: int = 0

    @property
    def schedule(self) -> Schedule:
        """The one that counts until an EV has chosen another (only ISO 15118 brings several)."""
        return self.schedules[0]

    @property
    def place(self) -> tuple[object, ...]:
        """Two profiles at one place clash (K01.FR.06, of a TxProfile K01.FR.39)."""
        return self.evse_id, self.purpose, self.stack_level, self.transaction_id

    def overlaps(self, other: Profile) -> bool:
        """Whether there is a moment at which both are valid."""
        return (self.valid_from or 0) < _end(other) and (other.valid_from or 0) < _end(self)


class Place(NamedTuple):
    """What a profile's word depends on besides itself: the EVSE, its phases and voltage, its transaction."""

    evse_id: int
    phases: int = PHASES
    voltage: float = VOLTAGE
    transaction_id: str | None = None
    started_at: int | None = None


class Step(NamedTuple):
    """From `start_s` on; `limit` None: no profile says anything."""

    start_s: int
    limit: float | None
    purpose: Purpose | None = None
    """Whose profile it is that binds."""


def _end(profile: Profile) -> float:
    return float("inf") if profile.valid_to is None else profile.valid_to


def converted(limit: float, unit: Unit, to: Unit, phases: int, voltage: float = VOLTAGE) -> float:
    """A limit in another unit: A are per phase, W of all phases together."""
    if unit == to:
        return limit
    return limit * voltage * phases if to == "W" else limit / (voltage * phases)


# ---------------------------------------------------------------------- one profile


def began(profile: Profile, at: int, started_at: int | None) -> int:
    """When the schedule that is in force at `at` began, or will begin."""
    start = profile.schedule.start
    if profile.kind == "Relative" or start is None:
        return started_at if started_at is not None else (profile.received_at or at)
    if profile.kind != "Recurring":
        return start
    length = _RECURRENCE[profile.recurrency or "Daily"]
    return start + max(0, (at - start) // length) * length


def said(profile: Profile, at: int, place: Place) -> Period | None:
    """The period of the profile that is in force at `at`; None when it says nothing then."""
    if at < (profile.valid_from or 0) or at >= _end(profile):
        return None
    elapsed = (at - began(profile, at, place.started_at)) / SECOND
    schedule, found = profile.schedule, None
    if elapsed < 0 or (schedule.duration_s is not None and elapsed >= schedule.duration_s):
        return None
    for period in schedule.periods:
        if period.start_s > elapsed:
            break
        found = period
    return found


def limit_of(profile: Profile, at: int, unit: Unit, place: Place) -> float | None:
    """What the profile allows at `at`, in `unit`; None when it says nothing of it."""
    period = said(profile, at, place)
    if period is None:
        return None
    if profile.schedule.unit == "A":
        limits = [one for one in (period.limit, period.limit_l2, period.limit_l3) if one is not None]
        limit = min(limits) if limits else None
    else:
        limits = [one for one in (period.limit_l2, period.limit_l3) if one is not None]
        limit = None if period.limit is None else period.limit + sum(limits)
    if limit is None and period.operation_mode == "Idle":
        return 0.0
    if limit is None:
        return None
    phases = min(period.number_phases or place.phases, place.phases)
    return converted(limit, profile.schedule.unit, unit, phases, place.voltage)


# ---------------------------------------------------------------------- all together


def allowed(profiles: Sequence[Profile], at: int, unit: Unit, place: Place) -> tuple[float, Purpose] | None:
    """What the stack allows an EVSE (0: the station as a whole) at `at`, and whose word that is; None: no limit."""
    found: list[tuple[float, Purpose]] = []
    cap = [(limit, name) for name in _CAPS if (limit := _strongest(profiles, name, at, unit, place)) is not None]
    if cap:
        more = _strongest(profiles, "LocalGeneration", at, unit, place) or 0.0
        lowest = min(cap, key=lambda one: one[0])
        found.append((lowest[0] + more, lowest[1]))
    if place.evse_id:
        for purpose in ("PriorityCharging", "TxProfile", "TxDefaultProfile"):
            if (limit := _strongest(profiles, purpose, at, unit, place)) is not None:
                found.append((limit, purpose))
                break
    return min(found, key=lambda one: one[0]) if found else None


def _strongest(profiles: Iterable[Profile], purpose: str, at: int, unit: Unit, place: Place) -> float | None:
    """The word of the highest stack level that has one; at one level that of the EVSE before that of all."""
    mine = [one for one in profiles if one.purpose == purpose and _speaks_of(one, place)]
    for profile in sorted(mine, key=lambda one: (-one.stack_level, -one.evse_id)):
        limit = limit_of(profile, at, unit, place)
        if limit is not None:
            return limit
    return None


def _speaks_of(profile: Profile, place: Place) -> bool:
    if profile.purpose in OF_STATION:
        return profile.evse_id == 0
    if profile.purpose == "TxProfile":
        running = place.transaction_id is not None
        return running and profile.evse_id == place.evse_id and profile.transaction_id in (None, place.transaction_id)
    return profile.evse_id in (0, place.evse_id)


def composite(
    profiles: Sequence[Profile], start: int, duration_s: int, unit: Unit, place: Place, rating: float | None = None
) -> list[Step]:
    """The composite schedule of `duration_s` seconds from `start` on, equal neighbours joined; `rating` is what the
    hardware gives at most, in `unit`."""
    steps: list[Step] = []
    for second in _moments(profiles, start, duration_s, place):
        found = allowed(profiles, start + second * SECOND, unit, place)
        limit, purpose = found if found is not None else (None, None)
        if rating is not None and (limit is None or limit > rating):
            limit, purpose = rating, None
        if limit is not None:
            limit = round(limit, 3)
        if not steps or steps[-1].limit != limit:
            steps.append(Step(second, limit, purpose))
    return steps


def _moments(profiles: Iterable[Profile], start: int, duration_s: int, place: Place) -> list[int]:
    """The seconds after `start` at which some profile may change its word, 0 among them."""
    end, found = start + duration_s * SECOND, {0}
    for profile in profiles:
        for at in _changes(profile, start, end, place):
            second = -((start - at) // SECOND)  # a part of a second later is the next second
            if 0 < second < duration_s:
                found.add(second)
    return sorted(found)[:MOST_STEPS]


def _changes(profile: Profile, start: int, end: int, place: Place) -> Iterator[int]:
    if profile.valid_from is not None:
        yield profile.valid_from
    if profile.valid_to is not None:
        yield profile.valid_to
    offsets = [period.start_s for period in profile.schedule.periods]
    if profile.schedule.duration_s is not None:
        offsets.append(profile.schedule.duration_s)
    length = _RECURRENCE[profile.recurrency or "Daily"] if profile.kind == "Recurring" else 0
    begun = began(profile, start, place.started_at)
    for _ in range(MOST_STEPS):
        yield from (begun + offset * SECOND for offset in offsets)
        begun += length
        if not length or begun >= end:
            return


def compared(ours: Sequence[Step], theirs: Sequence[Step], duration_s: int, tolerance: float = 0.1) -> list[str]:
    """Where a station's composite schedule differs from ours by more than `tolerance`, in words; [] where it does not.

    Where ours has no limit a station says what its hardware gives, and an edge may lie a little off, because both were
    counted from moments of their own: neither is a difference.
    """
    edges = sorted({step.start_s for step in (*ours, *theirs) if step.start_s < duration_s})
    found = []
    for second, until in pairwise((*edges, duration_s)):
        one, other = _at(ours, second), _at(theirs, second)
        if one is None or until - second <= EDGE_S:
            continue
        if other is None or abs(one - other) > tolerance + 1e-9:
            found.append(f"from second {second} on: ours is {_shown(one)}, the station's {_shown(other)}")
    return found


def _at(steps: Sequence[Step], second: int) -> float | None:
    limit = None
    for step in steps:
        if step.start_s > second:
            break
        limit = step.limit
    return limit


def _shown(limit: float | None) -> str:
    return "no limit" if limit is None else f"{limit:g}"
