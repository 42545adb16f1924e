"""Power up, registration, resets and power cuts."""

from __future__ import annotations

from typing import Any

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.persona import load


def of(bench: Any, version: str, name: str) -> Any:
    return bench(version, traits=load(name))


def test_boot_then_statuses(any_bench: Any) -> None:
    actions = [action for action, _ in any_bench.csms.heard]
    assert actions[0] == "BootNotification"
    assert set(actions[1:]) <= {"StatusNotification", "SecurityEventNotification"}
    assert actions.count("StatusNotification") == (3 if any_bench.version.name == "1.6" else 2)


def test_pending_boots_again_after_the_interval(any_bench: Any) -> None:
    bench = type(any_bench)(any_bench.version.name)
    bench.csms.boot = ["Pending", "Rejected", "Accepted"]
    bench.csms.interval = 20
    bench.up()
    bench.plug(Ev())
    bench.run(19)
    assert [action for action, _ in bench.csms.heard] == ["BootNotification"]
    bench.run(1)
    assert [action for action, _ in bench.csms.heard] == ["BootNotification"] * 2
    bench.run(25)
    assert len(bench.csms.of("BootNotification")) == 3
    assert bench.csms.of("StatusNotification")


def test_only_wished_messages_leave_while_pending(bench: Any) -> None:
    station = bench("2.0.1")
    station.csms.boot = ["Pending"]
    station.up()
    assert station.call("TriggerMessage", {"requestedMessage": "StatusNotification"}) == {"status": "Accepted"}
    assert len(station.csms.of("StatusNotification")) == 2
    start = {"idToken": {"idToken": "T", "type": "Central"}, "remoteStartId": 1}
    assert station.call("RequestStartTransaction", start)["status"] == "Rejected"


def test_reset_ends_transactions_and_boots_again(any_bench: Any) -> None:
    any_bench.plug(Ev())
    any_bench.swipe()
    any_bench.run(5)
    kind = "Hard" if any_bench.version.name == "1.6" else "Immediate"
    assert any_bench.call("Reset", {"type": kind}) == {"status": "Accepted"}
    any_bench.run(12)
    actions = [action for action, _ in any_bench.csms.heard]
    assert actions.count("BootNotification") == 2
    ended = "StopTransaction" if any_bench.version.name == "1.6" else "TransactionEvent"
    assert actions.index("BootNotification", 1) > max(i for i, action in enumerate(actions) if action == ended)
    if any_bench.version.name == "1.6":
        assert any_bench.csms.of("StopTransaction")[0]["reason"] == "HardReset"
    else:
        assert any_bench.csms.of("BootNotification")[1]["reason"] == "RemoteReset"
        assert any_bench.events()[-1]["transactionInfo"]["stoppedReason"] == "ImmediateReset"


def test_after_a_power_cut_boot_comes_before_the_queue(any_bench: Any) -> None:
    any_bench.plug(Ev())
    any_bench.swipe()
    any_bench.run(5)
    heard = len(any_bench.csms.heard)
    any_bench.controller.life.power_cut()
    any_bench.pump()
    any_bench.run(10)
    later = [action for action, _ in any_bench.csms.heard[heard:]]
    assert later[0] == "BootNotification"
    if any_bench.version.name == "1.6":
        assert any_bench.csms.of("StopTransaction")[0]["reason"] == "PowerLoss"
    else:
        assert any_bench.events()[-1]["offline"] is True
        assert any_bench.events()[-1]["transactionInfo"]["stoppedReason"] == "PowerLoss"


def test_lingering_after_a_reset(bench: Any) -> None:
    station = of(bench, "2.0.1", "lingers-after-reset").up()
    assert station.call("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
    station.run(9)
    assert station.talk.connected
    assert len(station.csms.of("Heartbeat")) == 1
    station.run(12)
    assert len(station.csms.of("BootNotification")) == 2


def test_statuses_before_the_answer(bench: Any) -> None:
    station = of(bench, "2.0.1", "statuses-before-answer")
    station.csms.silent = {"BootNotification"}
    station.up()
    assert [action for action, _ in station.csms.heard] == ["BootNotification", *["StatusNotification"] * 2]
    station.csms.silent = set()
    station.run(65)
    assert station.controller.life.registration == "accepted"
    assert len(station.csms.of("StatusNotification")) == 6


def test_who_boots_when_triggered(any_bench: Any, bench: Any) -> None:
    station = of(bench, any_bench.version.name, "boots-when-triggered").up()
    assert station.csms.of("BootNotification") == []
    assert station.csms.of("StatusNotification")
    assert station.call("TriggerMessage", {"requestedMessage": "BootNotification"}) == {"status": "Accepted"}
    assert len(station.csms.of("BootNotification")) == 1
    assert station.controller.life.registration == "accepted"


def test_who_boots_at_every_connection(bench: Any) -> None:
    ordinary, other = bench("1.6").up(), of(bench, "1.6", "boot-after-reconnect").up()
    for station in (ordinary, other):
        station.cut()
        station.mend()
    assert len(ordinary.csms.of("BootNotification")) == 1
    assert len(other.csms.of("BootNotification")) == 2


def test_a_clock_that_starts_in_1970_each_time(bench: Any) -> None:
    station = of(bench, "2.0.1", "clock-1970").up()
    station.run(600)
    station.controller.life.power_cut()
    station.run(10)
    times = [words["timestamp"] for words in station.csms.of("SecurityEventNotification")]
    assert [time[:16] for time in times] == ["1970-01-01T00:00"] * 2


def test_a_serial_of_its_own(any_bench: Any, bench: Any) -> None:
    station = of(bench, any_bench.version.name, "serial-unlike-identity").up()
    (boot,) = station.csms.of("BootNotification")
    words = boot if any_bench.version.name == "1.6" else boot["chargingStation"]
    assert "4711-0815-22" in words.values()
