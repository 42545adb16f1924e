"""Our calls made fit for a kind of station, by its capabilities: pure functions, payload in, payload out.

`forbidden` says whether a call must not be made at all. `adapted` rewrites charging profiles (stack level, kind, unit,
steps) and the settings of metering (measurands, interval), and names each capability that it followed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ohmstead.ocpp.versions import BY_NAME
from ohmstead.vendors.rows import Capabilities

Payload = dict[str, Any]
_PROFILES = ("csChargingProfiles", "chargingProfile")
_LISTS_OF_MEASURANDS = frozenset(
    {"MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData"}
)
_INTERVALS = frozenset({"MeterValueSampleInterval", "ClockAlignedDataInterval"})
_TYPES = {field.name: field.type for field in msgspec.structs.fields(Capabilities)}
"""Read once: this is asked at every handshake, and reading annotations takes a third of a millisecond."""
_OTHERS = ("limit_", "dischargeLimit", "setpoint", "v2x")
"""How the names of 2.1's other quantities of a period begin, which are in the schedule's unit too."""
VOLTAGE, PHASES = 230.0, 3
"""Where neither the row nor the operator says otherwise."""


class Adapted(NamedTuple):
    payload: Payload
    followed: tuple[str, ...]
    """The capabilities that changed it; empty: nothing was changed."""


def capabilities(said: Mapping[str, Any]) -> Capabilities:
    """The capabilities in an operator's or a row's table; a value of another type than ours is not followed."""
    found = {}
    for name, value in said.items():
        try:
            if value is not None and name in _TYPES:
                found[name] = msgspec.convert(value, _TYPES[name])
        except msgspec.ValidationError:
            pass
    return Capabilities(**found)


def preferred(can: Capabilities, offered: Sequence[str]) -> list[str]:
    """The subprotocols a station offers, those of the versions to speak with it first."""
    liked = [BY_NAME[name].subprotocol for name in can.ocpp_versions or ()]
    return sorted(offered, key=lambda name: name.lower() not in liked)


def forbidden(can: Capabilities, action: str, payload: Payload) -> str | None:
    """The entry of `forbidden_commands` that forbids this call; None: it may go out."""
    if can.adapt_calls is False:
        return None
    for entry in can.forbidden_commands or ():
        name, _, word = entry.partition(" ")
        if name == action and (not word or _says(payload, word)):
            return entry
    return None


def adapted(can: Capabilities, action: str, payload: Payload) -> Adapted:
    """The call as such a station takes it."""
    if can.adapt_calls is False:
        return Adapted(payload, ())
    if action == "ChangeConfiguration":
        return _setting(can, payload)
    key = next((key for key in _PROFILES if isinstance(payload.get(key), dict)), None)
    if key is None:
        return Adapted(payload, ())
    profile, followed = _profile(can, payload[key])
    return Adapted({**payload, key: profile} if followed else payload, followed)


def _says(payload: Payload, word: str) -> bool:
    values = [one for value in payload.values() for one in (value if isinstance(value, list) else [value])]
    return word in (one for one in values if isinstance(one, str))


def _setting(can: Capabilities, payload: Payload) -> Adapted:
    key, value = payload.get("key"), str(payload.get("value"))
    if can.measurands is not None and key in _LISTS_OF_MEASURANDS:
        wanted = [one.strip() for one in value.split(",")]
        fit = ",".join(one for one in wanted if one in can.measurands) or ",".join(can.measurands)
        return Adapted({**payload, "value": fit}, ("measurands",)) if fit != value else Adapted(payload, ())
    least = can.sample_interval_min
    if least is not None and key in _INTERVALS and value.isdecimal() and 0 < int(value) < least:
        return Adapted({**payload, "value": str(least)}, ("sample_interval_min",))
    return Adapted(payload, ())


def _profile(can: Capabilities, profile: Payload) -> tuple[Payload, tuple[str, ...]]:
    followed: list[str] = []
    level = profile.get("stackLevel")
    if can.stack_level_max is not None and isinstance(level, int) and level > can.stack_level_max:
        profile = {**profile, "stackLevel": can.stack_level_max}
        followed.append("stack_level_max")
    if can.profile_kind == "Relative" and profile.get("chargingProfileKind") == "Absolute" and _begins_now(profile):
        profile = _scheduled({**profile, "chargingProfileKind": "Relative"}, _without_start)
        followed.append("profile_kind")
    for name, change in (("current_steps_a", _in_steps), ("rate_unit", _in_unit)):
        if getattr(can, name) is not None and _only_limits(profile):
            changed = _scheduled(profile, lambda one, change=change: change(can, one))
            if changed != profile:
                profile = changed
                followed.append(name)
    return profile, tuple(followed)


def _scheduled(profile: Payload, change: Any) -> Payload:
    """The profile with its schedule (1.6), or each of its schedules (2.x), changed."""
    given = profile.get("chargingSchedule")
    made = [change(one) for one in given] if isinstance(given, list) else change(given)
    return {**profile, "chargingSchedule": made}


def _begins_now(profile: Payload) -> bool:
    """A constant limit means the same from now on; a plan by the clock would be moved by being relative."""
    given: Any = profile.get("chargingSchedule")
    schedules: list[Payload] = given if isinstance(given, list) else [given]
    return all(len(one.get("chargingSchedulePeriod", ())) == 1 for one in schedules)


def _only_limits(profile: Payload) -> bool:
    """Whether all that a change of unit or step concerns are limits; half a schedule in watts is worse than none."""
    given: Any = profile.get("chargingSchedule")
    schedules: list[Payload] = given if isinstance(given, list) else [given]
    return not any("limitAtSoC" in one for one in schedules) and all(
        "limit" in period and not any(name.startswith(_OTHERS) for name in period)
        for one in schedules
        for period in one.get("chargingSchedulePeriod", ())
    )


def _without_start(schedule: Payload) -> Payload:
    return {key: value for key, value in schedule.items() if key != "startSchedule"}


def _in_steps(can: Capabilities, schedule: Payload) -> Payload:
    if schedule.get("chargingRateUnit") != "A":
        return schedule
    steps = sorted(can.current_steps_a or ())

    def down(limit: float) -> float:
        return next((step for step in reversed(steps) if step <= limit), 0)

    return _limited(schedule, lambda period: down(period["limit"]))


def _in_unit(can: Capabilities, schedule: Payload) -> Payload:
    unit = schedule.get("chargingRateUnit")
    if unit == can.rate_unit:
        return schedule
    voltage = can.voltage or VOLTAGE

    def other(rate: float, phases: int | None) -> float:
        factor = voltage * (phases or can.phases or PHASES)
        # downwards, in tenths: a limit is never raised by counting it in another unit
        return math.floor(float(rate) * (factor if unit == "A" else 1 / factor) * 10) / 10

    made = {**schedule, "chargingRateUnit": can.rate_unit}
    if "minChargingRate" in schedule:
        made["minChargingRate"] = other(schedule["minChargingRate"], None)
    return _limited(made, lambda period: other(period["limit"], period.get("numberPhases")))


def _limited(schedule: Payload, limit: Any) -> Payload:
    periods = schedule.get("chargingSchedulePeriod", ())
    return {**schedule, "chargingSchedulePeriod": [{**one, "limit": limit(one)} for one in periods]}
