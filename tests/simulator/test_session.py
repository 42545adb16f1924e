"""The machine of one EVSE where 2.x's settings bend it."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.session import Token


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def test_an_invalid_token_may_leave_the_transaction_without_energy(station: Any) -> None:
    station.controller.variables["TxCtrlr.StopTxOnInvalidId"].value = "false"
    station.csms.tokens["BAD"] = "Invalid"
    station.plug(Ev())
    station.controller.session(1).authorise(Token("BAD"))
    station.talk.turn(station.tick)
    station.pump()
    station.run(30)
    last = station.events()[-1]
    assert (last["triggerReason"], last["transactionInfo"]["chargingState"]) == ("Deauthorized", "SuspendedEVSE")
    assert station.controller.session(1).evse.power_w == 0
    station.unplug()
    assert station.events()[-1]["eventType"] == "Ended"


def test_a_transaction_may_outlive_the_cable(station: Any) -> None:
    station.controller.variables["TxCtrlr.TxStopPoint"].value = "Authorized"
    station.plug(Ev())
    station.swipe()
    station.run(5)
    station.unplug()
    assert station.events()[-1]["eventType"] == "Updated"
    assert station.events()[-1]["transactionInfo"]["chargingState"] == "Idle"
    assert station.swipe() == "Stopped"
    assert station.events()[-1]["transactionInfo"]["stoppedReason"] == "Local"


def test_the_next_car_gets_the_next_transaction(station: Any) -> None:
    ids = set()
    for _ in range(2):
        station.plug(Ev())
        station.swipe()
        station.run(5)
        station.unplug()
        ids.add(station.events()[-1]["transactionInfo"]["transactionId"])
    assert len(ids) == 2
    assert [event["seqNo"] for event in station.events() if event["eventType"] == "Started"] == [0, 0]


def test_the_register_goes_on_over_transactions(station: Any) -> None:
    marks = []
    for _ in range(2):
        station.plug(Ev())
        station.swipe()
        station.run(60)
        station.unplug()
        marks.append(station.controller.session(1).evse.register_wh)
    assert marks[1] > marks[0]


def test_a_car_is_not_plugged_twice(station: Any) -> None:
    station.plug(Ev())
    with pytest.raises(ValueError, match="a car already"):
        station.plug(Ev())
    assert station.controller.session(2).unplug() is None
