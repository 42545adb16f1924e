"""Operation modes of 2.1: what each period must and must not say (K14)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.operation_modes import objection
from ohmstead.domain.profiles import Period, Schedule
from tests.domain.test_profiles import profile

CURVE = ((49.8, 10_000.0), (50.2, -10_000.0))


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(0, 10), None),
        (Period(0), "needs limit"),
        (Period(0, 10, setpoint=5), "has no setpoint"),
        (Period(0, operation_mode="CentralSetpoint", setpoint=-5000), None),
        (Period(0, 10, operation_mode="CentralSetpoint", setpoint=-5000), "has no limit"),
        (Period(0, operation_mode="CentralSetpoint"), "needs setpoint"),
        (Period(0, operation_mode="CentralFrequency", setpoint=0), None),
        (Period(0, operation_mode="Idle"), None),
        (Period(0, 10, operation_mode="Idle"), "has no limit"),
        (Period(0, 10, operation_mode="ExternalLimits", discharge_limit=-5), None),
        (Period(0, 10, operation_mode="ExternalLimits", discharge_limit=5), "out of the car"),
        (Period(0, operation_mode="LocalFrequency", baseline=0, frequency_curve=CURVE), None),
        (Period(0, operation_mode="LocalFrequency", baseline=0, frequency_curve=CURVE[:1]), "two points"),
        (Period(0, operation_mode="LocalFrequency", frequency_curve=CURVE), "needs baseline"),
        (Period(0, operation_mode="Dance"), "no operation mode Dance"),
    ],
)
def test_a_period(period: Period, words: str | None) -> None:
    schedule = Schedule("W", (period,))
    why = objection(profile(1, purpose="TxProfile"), schedule, period)
    assert (why is None) if words is None else (words in (why or ""))


@pytest.mark.parametrize("purpose", ["ChargingStationMaxProfile", "PriorityCharging", "LocalGeneration"])
def test_modes_of_purposes(purpose: Any) -> None:
    period = Period(0, operation_mode="CentralSetpoint", setpoint=1)
    assert "cannot have" in (objection(profile(1, purpose=purpose), Schedule("W", (period,)), period) or "")


def test_local_frequency_is_in_watts_and_dynamic_has_one_period() -> None:
    period = Period(0, operation_mode="LocalFrequency", baseline=0, frequency_curve=CURVE)
    assert "in W" in (objection(profile(1), Schedule("A", (period,)), period) or "")
    dynamic = replace(profile(1, 10, 8), kind="Dynamic")
    assert "one period" in (objection(dynamic, dynamic.schedule, dynamic.schedule.periods[0]) or "")
