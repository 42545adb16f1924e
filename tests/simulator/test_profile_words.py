from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import profile_words

S = 1_000_000


@pytest.fixture
def controller(bench: Any) -> Any:
    return bench("2.0.1").up().controller


def words(*limits: tuple[int, float], **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": start, "limit": limit} for start, limit in limits]
    schedule: dict[str, Any] = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": periods}
    schedule.update(more.pop("schedule", {}))
    base = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    return {**base, "chargingSchedule": [schedule], **more}


def test_both_spellings() -> None:
    old = {
        "chargingProfileId": 4,
        "stackLevel": 2,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Recurring",
        "recurrencyKind": "Daily",
        "transactionId": 12,
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": "2025-11-24T00:00:00Z",
            "duration": 60,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 1}],
        },
    }
    profile = profile_words.parse(old, 0, 5)
    assert (profile.id, profile.purpose, profile.transaction_id) == (4, "ChargingStationMaxProfile", "12")
    assert profile.schedule.start == 1_763_942_400 * S
    assert profile.schedule.periods[0].phases == 1
    assert profile_words.parse(words((0, 5.0)), 1, 0).schedule.unit == "W"


def test_objections(controller: Any) -> None:
    def objection(evse_id: int, given: dict[str, Any]) -> str | None:
        return profile_words.objection(controller, profile_words.parse(given, evse_id, 0))

    assert objection(1, words((0, 5.0))) is None
    assert objection(1, words((5, 5.0))) == "InvalidSchedule"
    assert objection(1, words((0, 5.0), (0, 6.0))) == "InvalidSchedule"
    assert objection(1, words((0, 5.0), chargingProfilePurpose="ChargingStationMaxProfile")) == "InvalidProfile"
    assert (
        objection(0, words((0, 5.0), chargingProfilePurpose="ChargingStationExternalConstraints")) == "InvalidProfile"
    )
    for number in range(40):
        controller.install(profile_words.parse(words((0, 5.0), id=100 + number, stackLevel=number), 1, 0))
    assert objection(1, words((0, 5.0))) == "TooManyElements"


def test_a_composite_has_a_period_for_each_change(controller: Any) -> None:
    start = {"schedule": {"startSchedule": "2025-11-24T16:00:00Z"}}
    assert controller.now == 1_764_000_000 * S
    controller.install(profile_words.parse(words((0, 9000.0), (60, 5000.0), (120, 9000.0), **start), 1, 0))
    station = words((0, 7000.0), id=2, chargingProfilePurpose="ChargingStationMaxProfile")
    controller.install(profile_words.parse(station, 0, controller.now))
    expected = [(0, 7000.0), (60, 5000.0), (120, 7000.0)]
    periods = profile_words.composite(controller, 1, 600, "W")
    assert [(period["startPeriod"], period["limit"]) for period in periods] == expected
    assert profile_words.composite(controller, 1, 60, "W") == [{"startPeriod": 0, "limit": 7000.0}]
    assert profile_words.composite(controller, 0, 600, "A")[0]["limit"] == round(7000 / 690, 1)
