"""The charging profiles in a station, and the power they allow: the simulator's own reading of OCPP's smart charging.

One shape for the three versions (2.x words). For one EVSE at one moment:

* of each purpose the profile with the highest stack level counts that says something now (valid, started, not over,
  in a period); a TxProfile replaces the TxDefaultProfile (K01.FR.38 and 3.13.4 of 1.6);
* the lowest of what remains is the limit. Profiles for the whole station (EVSE 0) are shared out by the controller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ohmstead.runtime import from_datetime
from ohmstead.simulator.evse import VOLTAGE

UNLIMITED = float("inf")
STATION_PURPOSES = ("ChargingStationMaxProfile", "ChargingStationExternalConstraints")
_DAY_S = 86_400
_SECOND = 1_000_000


@dataclass(frozen=True)
class Period:
    """From `start_s` after the schedule's start: at most `limit` (A or W); None says nothing, or with a `mode` (2.1's
    operationMode) that there is no limit. `words` is the period as it came."""

    start_s: int
    limit: float | None
    phases: int | None = None
    mode: str = "ChargingOnly"
    words: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Schedule:
    """Periods in rising order; `start` in microseconds UTC, `duration_s` None for no end."""

    unit: Literal["A", "W"]
    periods: tuple[Period, ...]
    start: int | None = None
    duration_s: int | None = None


@dataclass(frozen=True)
class Profile:
    """One charging profile installed on `evse_id` (0: the station, or every EVSE for a TxDefaultProfile)."""

    id: int
    evse_id: int
    stack_level: int
    purpose: str
    kind: str
    schedule: Schedule
    recurrency: str | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    transaction_id: str | None = None
    received: int = 0
    words: dict[str, Any] = field(default_factory=dict, compare=False)
    """As it came, to be reported again."""

    def period(self, at: int, tx_start: int | None) -> Period | None:
        """The period in force at `at`, None when this profile says nothing then."""
        if at < (self.valid_from or 0) or (self.valid_to is not None and at >= self.valid_to):
            return None
        elapsed = (at - self.start(at, tx_start)) / _SECOND
        schedule = self.schedule
        if elapsed < 0 or (schedule.duration_s is not None and elapsed >= schedule.duration_s):
            return None
        begun = [period for period in schedule.periods if period.start_s <= elapsed]
        return begun[-1] if begun else None

    def limit_w(self, at: int, tx_start: int | None, phases: int) -> float | None:
        """W allowed at `at` for an EVSE that uses `phases`; None when this profile says nothing then."""
        period = self.period(at, tx_start)
        if period is None or period.limit is None:
            return None if period is None or period.mode == "ChargingOnly" else UNLIMITED
        return self.watts(period.limit, min(phases, period.phases or phases))

    def watts(self, value: float, phases: int) -> float:
        """A value of its schedule in W."""
        return value if self.schedule.unit == "W" else value * VOLTAGE * phases

    def start(self, at: int, tx_start: int | None) -> int:
        """When the schedule in force at `at` began or begins."""
        start = self.schedule.start
        if self.kind == "Relative" or start is None:
            return tx_start if tx_start is not None else self.received
        if self.kind != "Recurring":
            return start
        length = (_DAY_S * 7 if self.recurrency == "Weekly" else _DAY_S) * _SECOND
        return start + max(0, (at - start) // length) * length


class Use(NamedTuple):
    """An EVSE in use: how many phases, by which transaction since when (microseconds UTC), and whether it has
    priority (K21)."""

    evse_id: int
    phases: int
    tx_id: str | None = None
    tx_start: int | None = None
    priority: bool = False


class Profiles:
    """All profiles of one station."""

    def __init__(self) -> None:
        self._installed: list[Profile] = []

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._installed)

    def __len__(self) -> int:
        return len(self._installed)

    def install(self, profile: Profile) -> None:
        """Put `profile` in, for any with its id, or with its EVSE, purpose, level and transaction (K01.FR.05)."""
        place = _place(profile)
        self.remove(lambda old: old.id == profile.id or _place(old) == place)
        self._installed.append(profile)

    def remove(self, which: Callable[[Profile], bool]) -> list[Profile]:
        """Take out the profiles that `which` chooses, and return them."""
        gone = [profile for profile in self._installed if which(profile)]
        self._installed = [profile for profile in self._installed if not which(profile)]
        return gone

    def in_force(self, use: Use, at: int) -> Profile | None:
        """The profile whose word counts at an EVSE: TxProfile before TxDefaultProfile, or the one of priority."""
        mine = [one for one in self._installed if one.evse_id in (0, use.evse_id)]
        tied = [one for one in mine if use.tx_id is not None and one.transaction_id in (None, use.tx_id)]
        ways = [(tied, "PriorityCharging")] if use.priority else []
        ways += [(tied, "TxProfile"), (mine, "TxDefaultProfile")]
        found = (_strongest(profiles, purpose, at, use.tx_start, use.phases) for profiles, purpose in ways)
        return next((one for one in found if one is not None), None)

    def evse_limit_w(self, use: Use, at: int) -> float:
        """What TxProfile or TxDefaultProfile allow this EVSE; infinity without one."""
        one = self.in_force(use, at)
        limit = None if one is None else one.limit_w(at, use.tx_start, use.phases)
        return UNLIMITED if limit is None else limit

    def station_limit_w(self, at: int, phases: int) -> float:
        """What the profiles of the whole station allow all its EVSEs together, and what is made there
        (LocalGeneration) on top; infinity without one."""
        limits = [self._station(purpose, at, phases) for purpose in STATION_PURPOSES]
        made = self._station("LocalGeneration", at, phases) or 0.0
        return min((limit for limit in limits if limit is not None), default=UNLIMITED) + made

    def _station(self, purpose: str, at: int, phases: int) -> float | None:
        one = _strongest(self._installed, purpose, at, None, phases)
        return None if one is None else one.limit_w(at, None, phases)


def share_out(total_w: float, wishes_w: dict[int, float]) -> dict[int, float]:
    """Share `total_w` among EVSEs so that none gets more than it wishes and who gets less than its wish gets as much
    as any other (water filling)."""
    shares: dict[int, float] = {}
    left = total_w
    for rank, (evse_id, wish) in enumerate(sorted(wishes_w.items(), key=lambda item: (item[1], item[0]))):
        shares[evse_id] = min(wish, left / (len(wishes_w) - rank))
        left -= shares[evse_id]
    return shares


def _place(profile: Profile) -> tuple[object, ...]:
    return profile.evse_id, profile.purpose, profile.stack_level, profile.transaction_id


def _strongest(profiles: Iterable[Profile], purpose: str, at: int, tx_start: int | None, phases: int) -> Profile | None:
    candidates = sorted((p for p in profiles if p.purpose == purpose), key=lambda p: (-p.stack_level, -p.evse_id))
    return next((one for one in candidates if one.limit_w(at, tx_start, phases) is not None), None)


def moment(text: str) -> int:
    """A time of the wire in microseconds UTC."""
    return from_datetime(datetime.fromisoformat(text))
