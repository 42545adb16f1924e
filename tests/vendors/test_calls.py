"""Our calls made fit, and those that are not made."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.vendors.calls import adapted, capabilities, forbidden, preferred


def profile(limit: float, unit: str = "A", **period: Any) -> dict[str, Any]:
    schedule = {
        "id": 1,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, **period}],
    }
    return {"evseId": 1, "chargingProfile": {"stackLevel": 2, "chargingSchedule": [schedule]}}


def limit(payload: dict[str, Any]) -> tuple[str, float]:
    schedule = payload["chargingProfile"]["chargingSchedule"][0]
    return schedule["chargingRateUnit"], schedule["chargingSchedulePeriod"][0]["limit"]


@pytest.mark.parametrize(
    ("can", "given", "sent"),
    [
        ({"rate_unit": "W"}, profile(16), ("W", 11040)),
        ({"rate_unit": "W"}, profile(16, numberPhases=1), ("W", 3680)),
        ({"rate_unit": "W", "phases": 2, "voltage": 200}, profile(10), ("W", 4000)),
        ({"rate_unit": "A"}, profile(11000, "W"), ("A", 15.9)),
        ({"current_steps_a": [6, 8, 10]}, profile(9.9), ("A", 8)),
        ({"current_steps_a": [6, 8, 10]}, profile(5), ("A", 0)),
        ({"current_steps_a": [6, 8, 10], "rate_unit": "W"}, profile(9), ("W", 5520)),
        ({"rate_unit": "W", "adapt_calls": False}, profile(16), ("A", 16)),
    ],
)
def test_limits_are_never_raised(can: dict[str, Any], given: dict[str, Any], sent: tuple[str, float]) -> None:
    assert limit(adapted(capabilities(can), "SetChargingProfile", given).payload) == sent


def test_the_least_rate_is_in_the_unit_too() -> None:
    given = profile(16)
    given["chargingProfile"]["chargingSchedule"][0]["minChargingRate"] = 6
    made = adapted(capabilities({"rate_unit": "W"}), "SetChargingProfile", given).payload
    assert made["chargingProfile"]["chargingSchedule"][0]["minChargingRate"] == 4140


@pytest.mark.parametrize("can", [{"rate_unit": "W"}, {"current_steps_a": [6, 8]}])
@pytest.mark.parametrize("more", [{"limit_L2": 10}, {"setpoint": 10}, {"dischargeLimit": -10}, {"v2xBaseline": 1}])
def test_what_is_more_than_limits_stays_as_it_was_asked(can: dict[str, Any], more: dict[str, Any]) -> None:
    """A set point of 10 A must not become one of 10 W."""
    given = profile(16, **more)
    assert adapted(capabilities(can), "SetChargingProfile", given) == (given, ())
    del given["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
    assert adapted(capabilities(can), "SetChargingProfile", given) == (given, ())


def test_what_was_followed_is_named() -> None:
    made = adapted(capabilities({"stack_level_max": 0, "rate_unit": "A"}), "SetChargingProfile", profile(16))
    assert made.followed == ("stack_level_max",)
    assert made.payload["chargingProfile"]["stackLevel"] == 0
    same = profile(16)
    assert adapted(capabilities({"stack_level_max": 3}), "SetChargingProfile", same) == (same, ())
    assert adapted(capabilities({"stack_level_max": 0}), "Reset", {"type": "Soft"}).followed == ()


def test_only_known_measurands_are_configured() -> None:
    can = capabilities({"measurands": ["Voltage", "SoC"], "sample_interval_min": 30})

    def sent(key: str, value: str) -> Any:
        return adapted(can, "ChangeConfiguration", {"key": key, "value": value}).payload["value"]

    assert sent("MeterValuesSampledData", "Power.Offered, SoC") == "SoC"
    assert sent("MeterValuesSampledData", "Power.Offered") == "Voltage,SoC"
    assert sent("MeterValueSampleInterval", "10") == "30"
    assert sent("MeterValueSampleInterval", "0") == "0"  # off
    assert sent("HeartbeatInterval", "10") == "10"


def test_forbidden_by_action_or_by_a_word_in_the_call() -> None:
    can = capabilities({"forbidden_commands": ["ChangeAvailability", "GetConfiguration Bad"]})
    assert forbidden(can, "ChangeAvailability", {}) == "ChangeAvailability"
    assert forbidden(can, "GetConfiguration", {"key": ["Good", "Bad"]}) == "GetConfiguration Bad"
    assert forbidden(can, "GetConfiguration", {"key": ["Good"]}) is None
    assert forbidden(capabilities({"forbidden_commands": ["Reset"], "adapt_calls": False}), "Reset", {}) is None


def test_an_operators_word_of_another_type_is_not_followed() -> None:
    assert capabilities({"stack_level_max": "none", "phases": 9, "their_own": 1, "rate_unit": "W"}).said() == {
        "rate_unit": "W"
    }


def test_versions_to_speak_come_first() -> None:
    offered = ["ocpp2.0.1", "OCPP1.6"]
    assert preferred(capabilities({"ocpp_versions": ["1.6"]}), offered) == ["OCPP1.6", "ocpp2.0.1"]
    assert preferred(capabilities({}), offered) == offered
