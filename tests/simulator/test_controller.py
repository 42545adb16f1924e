"""A station's whole behaviour towards a CSMS, without I/O and without waiting."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from ohmstead.simulator.ev import Ev


def test_a_session_of_2x(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.plug(Ev())
    assert station.swipe() == "Accepted"
    station.run(300)
    assert station.swipe() == "Stopped"
    station.unplug()
    events = station.events()
    assert [event["eventType"] for event in events] == ["Started", *["Updated"] * 6, "Ended"]
    assert [event["seqNo"] for event in events] == list(range(8))
    assert events[0]["triggerReason"] == "Authorized"
    assert events[0]["evse"] == {"id": 1, "connectorId": 1}
    assert events[0]["idToken"] == {"idToken": "TAG", "type": "ISO14443"}
    assert events[1]["triggerReason"] == "ChargingStateChanged"
    assert events[1]["transactionInfo"]["chargingState"] == "Charging"
    assert {event["triggerReason"] for event in events[2:-1]} == {"MeterValuePeriodic"}
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Local"
    assert events[-1]["triggerReason"] == "StopAuthorized"
    registers = [
        sample["value"]
        for event in events
        for value in event.get("meterValue", [])
        for sample in value["sampledValue"]
        if sample.get("measurand") == "Energy.Active.Import.Register"
    ]
    assert registers == sorted(registers)
    assert registers[-1] - registers[0] == pytest.approx(11_000 * 300 / 3600, rel=0.05)


def test_a_session_of_16(bench: Any) -> None:
    station = bench("1.6").up()
    station.plug(Ev())
    station.swipe()
    station.run(130)
    station.unplug()
    (start,) = station.csms.of("StartTransaction")
    (stop,) = station.csms.of("StopTransaction")
    meters = station.csms.of("MeterValues")
    assert [meter["transactionId"] for meter in meters] == [101, 101]
    assert stop["transactionId"] == 101
    assert stop["reason"] == "EVDisconnected"
    assert stop["meterStop"] > start["meterStart"]
    statuses = [words["status"] for words in station.csms.of("StatusNotification") if words["connectorId"] == 1]
    assert statuses == ["Available", "Preparing", "Charging", "Available"]


def test_offline_events_are_replayed_in_order(bench: Any) -> None:
    station = bench("2.1").up()
    station.plug(Ev())
    station.swipe()
    station.run(65)
    before = len(station.events())
    station.cut()
    station.run(120)
    assert len(station.events()) == before
    station.unplug()
    station.mend()
    events = station.events()
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert [event.get("offline", False) for event in events] == [False] * before + [True] * (len(events) - before)
    assert events[-1]["eventType"] == "Ended"
    assert len(station.csms.of("BootNotification")) == 1
    assert station.csms.heard[-1][0] == "StatusNotification"
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)


def test_an_offline_transaction_of_16_gets_its_number_late(bench: Any) -> None:
    station = bench("1.6").up()
    station.cut()
    station.plug(Ev())
    station.swipe()
    station.run(65)
    station.unplug()
    station.mend()
    actions = [action for action, _ in station.csms.heard if "Transaction" in action or action == "MeterValues"]
    assert actions == ["StartTransaction", "MeterValues", "StopTransaction"]
    assert station.csms.of("MeterValues")[0]["transactionId"] == 101
    assert station.csms.of("StopTransaction")[0]["transactionId"] == 101


def test_the_unanswered_is_repeated_with_the_same_content(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.plug(Ev())
    station.csms.silent = {"TransactionEvent"}
    station.swipe()
    station.run(80)
    station.csms.silent = set()
    station.run(120)
    sent = [frame for frame in station.talk.sent if frame.action == "TransactionEvent"]
    first = [frame for frame in sent if frame.payload["seqNo"] == 0]
    assert len(first) >= 2
    assert len({frame.message_id for frame in first}) == len(first)
    assert all(frame.payload == first[0].payload for frame in first)
    acknowledged = [entry.kind for entry in station.talk.outbox.acknowledged]
    assert acknowledged == list(range(len(acknowledged)))
    assert len(acknowledged) > 3


def test_a_call_in_flight_when_the_line_breaks_keeps_its_content(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.plug(Ev())
    station.csms.silent = {"TransactionEvent"}
    station.swipe()
    station.cut()
    station.csms.silent = set()
    station.run(5)
    station.mend()
    first, second = (event for event in station.events() if event["seqNo"] == 0)
    assert first == second


def test_refused_too_often_is_discarded(bench: Any) -> None:
    station = bench("1.6").up()
    station.controller.variables["OCPPCommCtrlr.MessageAttempts[TransactionEvent]"].value = "2"
    station.plug(Ev())
    station.csms.refusing = {"StartTransaction"}
    station.swipe()
    station.run(30)
    assert len(station.csms.of("StartTransaction")) == 2
    station.unplug()
    assert station.csms.of("StopTransaction")[0]["transactionId"] == -1


def test_a_token_that_the_csms_does_not_accept_stops_charging(any_bench: Any) -> None:
    any_bench.plug(Ev())
    any_bench.swipe("GOOD")
    assert any_bench.controller.session(1).transaction is not None
    any_bench.swipe("GOOD")
    any_bench.csms.tokens["LATE"] = "Blocked"
    any_bench.controller.session(1).authorise(type(any_bench.controller.session(1).token or _token())("LATE"))
    any_bench.talk.turn(any_bench.tick)
    any_bench.pump()
    assert any_bench.controller.session(1).transaction is None
    assert not any_bench.controller.session(1).evse.contactor
    if any_bench.version.name == "1.6":
        assert any_bench.csms.of("StopTransaction")[-1]["reason"] == "DeAuthorized"
    else:
        assert any_bench.events()[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"


def _token() -> Any:
    from ohmstead.simulator.session import Token

    return Token("x")


def test_a_refused_card_starts_nothing(any_bench: Any) -> None:
    any_bench.csms.tokens["BAD"] = "Invalid"
    any_bench.plug(Ev())
    assert any_bench.swipe("BAD") == "Invalid"
    assert any_bench.controller.session(1).transaction is None


def test_a_card_of_the_same_group_stops(any_bench: Any) -> None:
    any_bench.csms.groups = {"A": "FAMILY", "B": "FAMILY"}
    any_bench.plug(Ev())
    assert any_bench.swipe("A") == "Accepted"
    assert any_bench.swipe("C") == "Occupied"
    assert any_bench.swipe("B") == "Stopped"


def test_a_lost_line_is_tried_again_with_growing_pauses(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.cut()
    station.run(60)
    tries = [entry.at for entry in station.log if "no network" in entry.text]
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert len(pauses) >= 2
    assert pauses[1] > pauses[0]
    station.network = True
    station.run(60)
    assert station.talk.online
    assert len(station.csms.of("BootNotification")) == 1


def test_heartbeats_follow_the_interval(any_bench: Any) -> None:
    any_bench.run(299)
    assert not any_bench.csms.of("Heartbeat")
    any_bench.run(2)
    assert len(any_bench.csms.of("Heartbeat")) == 1


def test_the_same_seed_gives_the_same_frames(bench: Any) -> None:
    def frames(seed: int) -> list[bytes]:
        station = bench("2.1", seed=seed).up()
        station.plug(Ev())
        station.swipe()
        station.run(200)
        station.unplug()
        return [frame.text for frame in station.talk.sent]

    assert frames(7) == frames(7)
    assert frames(7) != frames(8)


def test_two_callers_cross(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.plug(Ev())
    station.csms.silent = {"TransactionEvent"}
    station.swipe()
    assert station.call("ClearCache", {}) == {"status": "Accepted"}
    assert station.talk.outbox.flying is not None


def test_transactions_can_start_with_the_cable(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.controller.variables["TxCtrlr.TxStartPoint"].value = "EVConnected"
    station.controller.variables["TxCtrlr.TxStopPoint"].value = "EVConnected"
    station.plug(Ev())
    station.swipe()
    station.run(5)
    station.swipe()
    station.unplug()
    events = station.events()
    assert [(event["eventType"], event["triggerReason"]) for event in events] == [
        ("Started", "CablePluggedIn"),
        ("Updated", "Authorized"),
        ("Updated", "ChargingStateChanged"),
        ("Updated", "StopAuthorized"),
        ("Ended", "EVCommunicationLost"),
    ]
    assert "idToken" not in events[0]
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Local"


def test_transactions_can_start_with_the_token_and_time_out(bench: Any) -> None:
    station = bench("2.1").up()
    station.controller.variables["TxCtrlr.TxStartPoint"].value = "Authorized"
    station.swipe()
    station.run(65)
    first, last = station.events()
    assert first["evse"] == {"id": 1}
    assert first["transactionInfo"]["chargingState"] == "Idle"
    assert (last["triggerReason"], last["transactionInfo"]["stoppedReason"]) == ("EVConnectTimeout", "Timeout")


def test_a_full_car_is_suspended_by_itself(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.plug(Ev(soc=79.9, target_soc=80))
    station.swipe()
    station.run(120)
    states = [event["transactionInfo"]["chargingState"] for event in station.events()]
    assert "SuspendedEV" in states
    assert station.controller.session(1).evse.power_w < 100


# ---- stations of other kinds ----


def test_the_books_hold_every_transaction(any_bench: Any) -> None:
    station = any_bench
    for _ in range(2):
        station.plug(Ev(soc=20))
        station.swipe()
        station.run(60)
        station.unplug()
    station.plug(Ev(soc=20))
    station.swipe()
    first, second, third = station.controller.books
    assert first.energy_wh == pytest.approx(11_000 / 60, rel=0.1)
    assert second.start_wh == first.end_wh
    assert third.energy_wh is None
