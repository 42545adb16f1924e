"""The operation modes of 2.1: which may stand in which profile, and what each period of one must and must not say.

From the tables of part 2 (Q02 to Q10 with errata 2025-09); judged before anything is sent.
"""

from __future__ import annotations

from typing import NamedTuple

from ohmstead.domain.profiles import Period, Profile, Schedule


class Rule(NamedTuple):
    """`needs` must be there, `may` can be, all else must not."""

    needs: frozenset[str]
    may: frozenset[str] = frozenset()


_EVERY = ("limit", "discharge_limit", "setpoint", "baseline", "frequency_curve", "signal_curve")
RULES: dict[str, Rule] = {
    "ChargingOnly": Rule(frozenset({"limit"})),
    "Idle": Rule(frozenset()),
    "CentralSetpoint": Rule(frozenset({"setpoint"})),  # Q03.FR.02: neither limit nor dischargeLimit
    "CentralFrequency": Rule(frozenset({"setpoint"})),  # Q07.FR.03
    "ExternalSetpoint": Rule(frozenset(), frozenset({"limit", "discharge_limit"})),
    "ExternalLimits": Rule(frozenset(), frozenset({"limit", "discharge_limit"})),
    "LocalFrequency": Rule(frozenset({"frequency_curve", "baseline"}), frozenset({"signal_curve"})),
    "LocalLoadBalancing": Rule(frozenset()),
}
_ONLY: dict[str, frozenset[str]] = {
    "PriorityCharging": frozenset({"ChargingOnly"}),
    "ChargingStationMaxProfile": frozenset({"ChargingOnly"}),
    "LocalGeneration": frozenset({"ChargingOnly", "ExternalLimits"}),
}


def objection(profile: Profile, schedule: Schedule, period: Period) -> str | None:
    """Why this period cannot be sent; None: it can."""
    mode = period.operation_mode or "ChargingOnly"
    rule = RULES.get(mode)
    if rule is None:
        return f"there is no operation mode {mode}"
    if mode not in _ONLY.get(profile.purpose, frozenset(RULES)):
        return f"a {profile.purpose} cannot have the operation mode {mode}"
    said = {name for name in _EVERY if getattr(period, name) not in (None, ())}
    if missing := rule.needs - said:
        return f"a period of {mode} needs {', '.join(sorted(missing))}"
    if extra := said - rule.needs - rule.may:
        return f"a period of {mode} has no {', '.join(sorted(extra))}"
    if (period.discharge_limit or 0) > 0:
        return "discharge_limit is 0 or below: it is power out of the car"
    if mode == "LocalFrequency" and schedule.unit != "W":
        return "LocalFrequency is in W (Q08.FR.01)"
    if mode == "LocalFrequency" and len(period.frequency_curve) < 2:
        return "a frequency curve has two points or more (Q08.FR.02)"
    if profile.kind == "Dynamic" and (len(profile.schedules) > 1 or len(schedule.periods) > 1):
        return "a Dynamic profile has one schedule with one period (K28.FR.01, .02)"
    return None
