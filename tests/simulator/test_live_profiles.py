"""Profiles that move: pushed, pulled, and put aside for priority."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev


@pytest.fixture
def station(bench: Any) -> Any:
    one = bench("2.1").up()
    one.plug(Ev())
    one.swipe()
    return one


def order(station: Any, id: int, purpose: str, limit: float, **more: Any) -> None:
    schedule = {
        "id": id, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        "startSchedule": "2025-11-01T00:00:00Z",
    }  # fmt: skip
    profile = {
        "id": id, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule], **more,
    }  # fmt: skip
    if purpose == "TxProfile":
        profile["transactionId"] = station.controller.books[0].id
    assert station.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile}) == {"status": "Accepted"}


def power(station: Any) -> float:
    station.run(30)
    return float(station.controller.session(1).evse.power_w)


def test_pushed(station: Any) -> None:
    order(station, 9, "TxProfile", 5_000, chargingProfileKind="Dynamic")
    assert power(station) == pytest.approx(5_000, rel=0.02)
    words = {"chargingProfileId": 9, "scheduleUpdate": {"limit": 7_000}}
    assert station.call("UpdateDynamicSchedule", words) == {"status": "Accepted"}
    assert power(station) == pytest.approx(7_000, rel=0.02)
    assert station.call("UpdateDynamicSchedule", {**words, "chargingProfileId": 8})["status"] == "Rejected"


def test_pulled_as_often_as_it_says(station: Any) -> None:
    answers = [{"status": "Accepted", "scheduleUpdate": {"limit": 6_000}}, {"status": "Rejected"}]
    usual = station.csms._answer
    station.csms._answer = lambda action, words: answers.pop(0) if action.startswith("Pull") else usual(action, words)
    order(station, 9, "TxProfile", 5_000, chargingProfileKind="Dynamic", dynUpdateInterval=60)
    station.run(59)
    assert not station.csms.of("PullDynamicScheduleUpdate")
    station.run(70)
    assert station.csms.of("PullDynamicScheduleUpdate") == [{"chargingProfileId": 9}] * 2
    assert power(station) == pytest.approx(6_000, rel=0.02)


def test_priority_puts_the_transactions_profile_aside(station: Any) -> None:
    order(station, 1, "TxProfile", 5_000)
    transaction = station.controller.books[0].id
    wish = {"transactionId": transaction, "activate": True}
    assert station.call("UsePriorityCharging", wish) == {"status": "NoProfile"}
    order(station, 2, "PriorityCharging", 9_000)
    assert station.call("UsePriorityCharging", {**wish, "transactionId": "x"})["status"] == "Rejected"
    assert power(station) == pytest.approx(5_000, rel=0.02)
    assert station.call("UsePriorityCharging", wish) == {"status": "Accepted"}
    assert power(station) == pytest.approx(9_000, rel=0.02)
    assert station.csms.of("NotifyPriorityCharging") == []
    session = station.controller.session(1)
    assert station.controller.live_profiles.wish(session, activate=False)
    assert power(station) == pytest.approx(5_000, rel=0.02)
    assert station.csms.of("NotifyPriorityCharging") == [{"transactionId": transaction, "activated": False}]
    station.unplug()
    assert not station.controller.live_profiles.wish(session, activate=True)


def test_what_is_made_there_comes_on_top(station: Any) -> None:
    for id, purpose, limit in ((1, "ChargingStationMaxProfile", 5_000), (2, "LocalGeneration", 2_000)):
        period = {"startPeriod": 0, "limit": limit}
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        profile = {
            "id": id, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
            "chargingSchedule": [{**schedule, "startSchedule": "2025-11-01T00:00:00Z"}],
        }  # fmt: skip
        assert station.call("SetChargingProfile", {"evseId": 0, "chargingProfile": profile}) == {"status": "Accepted"}
    assert power(station) == pytest.approx(7_000, rel=0.02)
