"""Charging profiles between their three spellings: the API's, the domain's, and each version's on the wire."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET

from ohmstead.blocks.command import Ask, Unsupported, given, unless_none
from ohmstead.domain.profiles import SECOND, Period, Profile, Purpose, Schedule, Step
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes import charging as shape

MAX_16 = "ChargePointMaxProfile"
MAX_2: Literal["ChargingStationMaxProfile"] = "ChargingStationMaxProfile"
_PLAIN = ("limit", "number_phases", "phase_to_use", "limit_l2", "limit_l3", "operation_mode", "discharge_limit",
          "setpoint")  # fmt: skip
_OF_21 = ("limit_l2", "limit_l3", "operation_mode", "discharge_limit", "setpoint", "v2x_baseline")


def _at(value: datetime | None) -> int | None:
    return None if value is None else from_datetime(value)


def _when(at: int | None) -> Any:
    """In whole seconds: OCPP wants no more than three decimals, and no schedule is finer."""
    return UNSET if at is None else to_datetime(at // SECOND * SECOND)


# ---------------------------------------------------------------------- the API


def from_shape(new: shape.ProfileNew, evse_id: int, id: int, now: int) -> Profile:
    """A profile as it was asked for."""
    return Profile(
        id=id,
        evse_id=evse_id,
        stack_level=new.stack_level,
        purpose=new.purpose,
        kind=new.kind,
        schedules=tuple(_schedule_of(one) for one in new.schedules),
        recurrency=new.recurrency_kind,
        valid_from=_at(new.valid_from),
        valid_to=_at(new.valid_to),
        transaction_id=new.transaction_id,
        max_offline_s=new.max_offline_duration_s,
        invalid_after_offline=new.invalid_after_offline_duration,
        update_interval_s=new.dyn_update_interval_s,
        received_at=now,
    )


def _schedule_of(one: shape.Schedule) -> Schedule:
    periods = tuple(
        Period(
            start_s=period.start_s,
            baseline=period.baseline,
            frequency_curve=tuple(period.frequency_curve),
            signal_curve=tuple(period.signal_curve),
            **{name: getattr(period, name) for name in _PLAIN},
        )
        for period in one.periods
    )
    return Schedule(one.unit, periods, _at(one.start_schedule), one.duration_s, one.min_charging_rate)


def schedule_form(one: Schedule) -> shape.Schedule:
    """A schedule as the API shows it."""
    periods = [
        shape.Period(
            start_s=period.start_s,
            baseline=period.baseline,
            frequency_curve=list(period.frequency_curve),
            signal_curve=list(period.signal_curve),
            **{name: getattr(period, name) for name in _PLAIN},
        )
        for period in one.periods
    ]
    start = None if one.start is None else to_datetime(one.start)
    return shape.Schedule(
        unit=one.unit, periods=periods, start_schedule=start, duration_s=one.duration_s, min_charging_rate=one.min_rate
    )


# ---------------------------------------------------------------------- OCPP 1.6


def to_v16(ask: Ask, profile: Profile) -> Any:
    """csChargingProfiles. Raises Unsupported for what only 2.x can say."""
    v = ask.v
    if profile.purpose not in (MAX_2, "TxDefaultProfile", "TxProfile"):
        raise Unsupported(f"OCPP 1.6 has no {profile.purpose}.")
    if profile.kind == "Dynamic" or len(profile.schedules) > 1:
        raise Unsupported("OCPP 1.6 has one schedule for each profile, and no Dynamic ones.")
    schedule = profile.schedule
    if any(_says_more(one) for one in schedule.periods):
        raise Unsupported("A period of OCPP 1.6 has a limit and number_phases, nothing else.")
    periods = [
        v.ChargingSchedulePeriod(
            start_period=one.start_s, limit=_tenths(one.limit or 0), number_phases=unless_none(one.number_phases)
        )
        for one in schedule.periods
    ]
    least = UNSET if schedule.min_rate is None else _tenths(schedule.min_rate)
    return v.ChargingProfile(
        charging_profile_id=profile.id,
        transaction_id=UNSET if profile.transaction_id is None else int(profile.transaction_id),
        stack_level=profile.stack_level,
        charging_profile_purpose=MAX_16 if profile.purpose == MAX_2 else profile.purpose,
        charging_profile_kind=profile.kind,
        recurrency_kind=unless_none(profile.recurrency),
        valid_from=_when(profile.valid_from),
        valid_to=_when(profile.valid_to),
        charging_schedule=v.ChargingSchedule(
            charging_rate_unit=schedule.unit, charging_schedule_period=periods, start_schedule=_when(schedule.start),
            duration=unless_none(schedule.duration_s), min_charging_rate=least,
        ),
    )  # fmt: skip


def _says_more(period: Period) -> bool:
    return period.limit is None or period != Period(period.start_s, period.limit, period.number_phases)


def _tenths(limit: float) -> float:
    """1.6 takes steps of 0.1; downwards, because a limit is never raised by rounding."""
    return math.floor(limit * 10 + 1e-6) / 10


def from_v16(profile: Any, connector_id: int, now: int) -> Profile:
    """The domain's profile in csChargingProfiles."""
    schedule, name = profile.charging_schedule, profile.charging_profile_purpose
    purpose: Purpose = MAX_2 if name == MAX_16 else name
    periods = tuple(
        Period(one.start_period, one.limit, given(one.number_phases)) for one in schedule.charging_schedule_period
    )
    transaction_id = given(profile.transaction_id)
    return Profile(
        id=profile.charging_profile_id,
        evse_id=connector_id,
        stack_level=profile.stack_level,
        purpose=purpose,
        kind=profile.charging_profile_kind,
        schedules=(_schedule_from(schedule, periods),),
        recurrency=given(profile.recurrency_kind),
        valid_from=_at(given(profile.valid_from)),
        valid_to=_at(given(profile.valid_to)),
        transaction_id=None if transaction_id is None else str(transaction_id),
        received_at=now,
    )


def _schedule_from(schedule: Any, periods: tuple[Period, ...]) -> Schedule:
    start, least = _at(given(schedule.start_schedule)), given(schedule.min_charging_rate)
    return Schedule(schedule.charging_rate_unit, periods, start, given(schedule.duration), least)


# ---------------------------------------------------------------------- OCPP 2.x


def to_v2(ask: Ask, profile: Profile) -> Any:
    """ChargingProfileType. Raises Unsupported for what only 2.1 can say."""
    is_21 = ask.version.name == "2.1"
    if not is_21 and (profile.purpose in ("PriorityCharging", "LocalGeneration") or profile.kind == "Dynamic"):
        raise Unsupported(f"OCPP 2.0.1 has no {profile.purpose} profiles of kind {profile.kind}.")
    more = {}
    if is_21:
        more = {
            "max_offline_duration": unless_none(profile.max_offline_s),
            "invalid_after_offline_duration": unless_none(profile.invalid_after_offline),
            "dyn_update_interval": unless_none(profile.update_interval_s),
        }
    return ask.v.ChargingProfileType(
        id=profile.id,
        stack_level=profile.stack_level,
        charging_profile_purpose=profile.purpose,
        charging_profile_kind=profile.kind,
        recurrency_kind=unless_none(profile.recurrency),
        valid_from=_when(profile.valid_from),
        valid_to=_when(profile.valid_to),
        transaction_id=unless_none(profile.transaction_id),
        charging_schedule=[_schedule_v2(ask, one, n) for n, one in enumerate(profile.schedules, 1)],
        **more,
    )


def _schedule_v2(ask: Ask, schedule: Schedule, number: int) -> Any:
    return ask.v.ChargingScheduleType(
        id=number,
        charging_rate_unit=schedule.unit,
        charging_schedule_period=[_period_v2(ask, one) for one in schedule.periods],
        start_schedule=_when(schedule.start),
        duration=unless_none(schedule.duration_s),
        min_charging_rate=unless_none(schedule.min_rate),
    )


def _period_v2(ask: Ask, period: Period) -> Any:
    v = ask.v
    if ask.version.name != "2.1":
        if period.limit is None or any(getattr(period, name, None) is not None for name in _OF_21):
            raise Unsupported("A period of OCPP 2.0.1 has a limit, number_phases and phase_to_use, nothing else.")
        return v.ChargingSchedulePeriodType(
            start_period=period.start_s, limit=period.limit, number_phases=unless_none(period.number_phases),
            phase_to_use=unless_none(period.phase_to_use),
        )  # fmt: skip
    frequencies = [v.V2XFreqWattPointType(frequency=hz, power=watts) for hz, watts in period.frequency_curve]
    signals = [v.V2XSignalWattPointType(signal=signal, power=watts) for signal, watts in period.signal_curve]
    return v.ChargingSchedulePeriodType(
        start_period=period.start_s,
        v2x_baseline=unless_none(period.baseline),
        v2x_freq_watt_curve=frequencies or UNSET,
        v2x_signal_watt_curve=signals or UNSET,
        **{name: unless_none(getattr(period, name)) for name in _PLAIN},
    )


def from_v2(profile: Any, evse_id: int, now: int) -> Profile:
    """The domain's profile in a ChargingProfileType."""
    return Profile(
        id=profile.id,
        evse_id=evse_id,
        stack_level=profile.stack_level,
        purpose=profile.charging_profile_purpose,
        kind=profile.charging_profile_kind,
        schedules=tuple(schedule_from_v2(one) for one in profile.charging_schedule),
        recurrency=given(profile.recurrency_kind),
        valid_from=_at(given(profile.valid_from)),
        valid_to=_at(given(profile.valid_to)),
        transaction_id=given(profile.transaction_id),
        max_offline_s=given(getattr(profile, "max_offline_duration", UNSET)),
        invalid_after_offline=given(getattr(profile, "invalid_after_offline_duration", UNSET)),
        update_interval_s=given(getattr(profile, "dyn_update_interval", UNSET)),
        received_at=now,
    )


def schedule_from_v2(schedule: Any) -> Schedule:
    """The domain's schedule in a ChargingScheduleType."""
    return _schedule_from(schedule, tuple(_period_from(one) for one in schedule.charging_schedule_period))


def _period_from(one: Any) -> Period:
    frequencies = given(getattr(one, "v2x_freq_watt_curve", UNSET)) or ()
    signals = given(getattr(one, "v2x_signal_watt_curve", UNSET)) or ()
    return Period(
        start_s=one.start_period,
        baseline=given(getattr(one, "v2x_baseline", UNSET)),
        frequency_curve=tuple((point.frequency, point.power) for point in frequencies),
        signal_curve=tuple((point.signal, point.power) for point in signals),
        **{name: given(getattr(one, name, UNSET)) for name in _PLAIN},
    )


def steps_of(periods: Any) -> list[Step]:
    """The steps in the raw periods of a composite schedule: camelCase, of any version."""
    return [Step(one["startPeriod"], one.get("limit")) for one in periods]
