"""A full session of 2.0.1 against the mobilityhouse/ocpp package: a peer that shares no code with us."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ohmstead.simulator import Ev, Evse, Station
from ohmstead.simulator.persona import load

pytestmark = pytest.mark.anyio
NOW = datetime(2025, 11, 24, tzinfo=UTC).isoformat()
GOOD = {"status": "Accepted"}


class Peer(ChargePoint):
    """The other company's CSMS."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.heard: list[tuple[str, dict[str, Any]]] = []

    @on("BootNotification")
    def booted(self, **words: Any) -> Any:
        return call_result.BootNotification(NOW, 300, "Accepted")

    @on("SecurityEventNotification")
    def security(self, **words: Any) -> Any:
        return call_result.SecurityEventNotification()

    @on("StatusNotification")
    def status(self, **words: Any) -> Any:
        self.heard.append(("StatusNotification", words))
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, **words: Any) -> Any:
        return call_result.Authorize(GOOD)

    @on("TransactionEvent")
    def happened(self, **words: Any) -> Any:
        self.heard.append(("TransactionEvent", words))
        return call_result.TransactionEvent(id_token_info=GOOD if "id_token" in words else None)

    @on("NotifyReport")
    def reported(self, **words: Any) -> Any:
        self.heard.append(("NotifyReport", words))
        return call_result.NotifyReport()


async def test_a_full_session_with_an_independent_peer() -> None:
    peers: list[Peer] = []

    async def talk(socket: ServerConnection) -> None:
        peers.append(Peer("CS001", socket))
        try:
            await peers[-1].start()
        except ConnectionClosed:
            pass

    async with serve(talk, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"]) as server:  # type: ignore[list-item]
        port = server.sockets[0].getsockname()[1]
        async with Station("CS001", url=f"ws://127.0.0.1:{port}", version="2.0.1", speed=None, start=0) as station:
            assert await station.boot() == "Accepted"
            peer = peers[0]
            await station.plug(2, Ev())
            answer = await peer.call(
                call.RequestStartTransaction({"id_token": "APP", "type": "Central"}, remote_start_id=77, evse_id=2)
            )
            assert answer.status == "Accepted"
            await station.settled()
            await station.charge(2, minutes=3)
            answer = await peer.call(call.GetBaseReport(5, "FullInventory"))
            assert answer.status == "Accepted"
            await station.settled()
            transaction = station.transaction(2)
            assert transaction is not None
            answer = await peer.call(call.RequestStopTransaction(transaction.id))
            assert answer.status == "Accepted"
            await station.settled()
            await station.unplug(2)
    events = [words for action, words in peer.heard if action == "TransactionEvent"]
    assert events[0]["trigger_reason"] == "RemoteStart"
    assert events[0]["transaction_info"]["remote_start_id"] == 77
    assert all("remote_start_id" not in event["transaction_info"] for event in events[1:])
    assert events[-1]["transaction_info"]["stopped_reason"] == "Remote"
    assert "id_token" not in events[-1]
    reports = [words for action, words in peer.heard if action == "NotifyReport"]
    assert [report["seq_no"] for report in reports] == list(range(len(reports)))
    assert [report.get("tbc", False) for report in reports] == [True] * (len(reports) - 1) + [False]


def test_the_settings_choose_the_measurands(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.controller.variables["SampledDataCtrlr.TxUpdatedMeasurands"].value = "Power.Active.Import"
    station.controller.variables["SampledDataCtrlr.TxUpdatedInterval"].value = "30"
    station.plug(Ev())
    station.swipe()
    station.run(31)
    (periodic,) = [event for event in station.events() if event["triggerReason"] == "MeterValuePeriodic"]
    (sample,) = periodic["meterValue"][0]["sampledValue"]
    assert (sample["measurand"], sample["context"]) == ("Power.Active.Import", "Sample.Periodic")


def test_phases_and_the_state_of_charge(bench: Any) -> None:
    direct = Evse(2, direct=True, max_power_w=50_000.0)
    station = bench("2.1", evses=[Evse(1), direct]).up()
    for evse_id in (1, 2):
        station.plug(Ev(phases=1, max_ac_w=7_400), evse_id)
        station.swipe(f"TAG{evse_id}", evse_id)
    station.run(60)

    def samples(evse_id: int) -> list[dict[str, Any]]:
        session = station.controller.session(evse_id)
        return station.controller.dialect.samples(session.evse.read(), "Sample.Periodic")

    currents = [sample["value"] for sample in samples(1) if sample["measurand"] == "Current.Import"]
    assert currents[0] == pytest.approx(32, rel=0.05)
    assert currents[1:] == [0, 0]
    assert [s["phase"] for s in samples(1) if s["measurand"] == "Voltage"] == ["L1-N", "L2-N", "L3-N"]
    (soc,) = [sample for sample in samples(2) if sample["measurand"] == "SoC"]
    assert soc["location"] == "EV"
    assert not any("phase" in sample for sample in samples(2))


def events(bench: Any, name: str, **more: Any) -> list[dict[str, Any]]:
    """Two sessions of five minutes at a station of this kind."""
    station = bench("2.0.1", traits=load(name), **more).up()
    for _ in range(2):
        station.plug(Ev(soc=20))
        station.swipe()
        station.run(300)
        station.swipe()
        station.unplug()
    found: list[dict[str, Any]] = station.events()
    return found


def kinds(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in found if event["eventType"] == kind]


def test_how_sequence_numbers_are_counted(bench: Any) -> None:
    numbers = [event["seqNo"] for event in events(bench, "seq-no-per-evse")]
    assert numbers == list(range(len(numbers)))
    assert {event["seqNo"] for event in events(bench, "seq-no-always-zero")} == {0}
    assert [event["seqNo"] for event in kinds(events(bench, "default"), "Started")] == [0, 0]


def test_forms_of_ids(bench: Any) -> None:
    ids = {event["transactionInfo"]["transactionId"] for event in events(bench, "foreign-ids")}
    assert len(ids) == 2
    assert all(len(one) == 34 and int(one, 16) for one in ids)


def contexts(event: dict[str, Any]) -> list[str]:
    return [value["sampledValue"][0]["context"] for value in event.get("meterValue", [])]


def test_begin_values_that_come_late(bench: Any) -> None:
    found = events(bench, "begin-values-late")
    assert all("meterValue" not in event for event in kinds(found, "Started"))
    begins = [event for event in found if contexts(event) == ["Transaction.Begin"]]
    assert [event["transactionInfo"]["chargingState"] for event in begins] == ["Charging"] * 2


def test_an_end_that_repeats_all(bench: Any) -> None:
    for event in kinds(events(bench, "ended-repeats-all"), "Ended"):
        assert contexts(event) == ["Transaction.Begin", *["Sample.Periodic"] * 5, "Transaction.End"]


def test_an_end_of_few_words(bench: Any) -> None:
    for event in kinds(events(bench, "stops-without-words"), "Ended"):
        assert "stoppedReason" not in event["transactionInfo"]
        assert "idToken" not in event


def test_split_values(bench: Any) -> None:
    found = [event for event in events(bench, "split-values") if event["triggerReason"] == "MeterValuePeriodic"]
    assert all(len(event["meterValue"][0]["sampledValue"]) == 1 for event in found)
    assert len({event["timestamp"] for event in found}) < len(found)
    assert len({(event["transactionInfo"]["transactionId"], event["seqNo"]) for event in found}) == len(found)


def test_values_apart(bench: Any) -> None:
    station = bench("2.0.1", traits=load("values-apart")).up()
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(130)
    assert [words["evseId"] for words in station.csms.of("MeterValues")] == [1, 1]
    assert all(event["triggerReason"] != "MeterValuePeriodic" for event in station.events())


def test_the_main_meter(bench: Any) -> None:
    station = bench("2.0.1", traits=load("main-meter-on-zero")).up()
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(70)
    (words,) = station.csms.of("MeterValues")
    assert words["evseId"] == 0


def test_a_start_that_is_told_twice(bench: Any) -> None:
    station = bench("2.0.1", traits=load("start-twice")).up()
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(20)
    first, second = kinds(station.events(), "Started")
    assert first == second


def test_room_for_few_messages_while_offline(bench: Any) -> None:
    station = bench("2.0.1", traits=load("thins-out-offline")).up()
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(30)
    station.cut()
    station.run(1200)
    assert station.talk.outbox.kept_waiting <= 6
    station.unplug()
    station.mend()
    station.run(5)
    numbers = [event["seqNo"] for event in station.events()]
    assert numbers == sorted(numbers)
    assert len(numbers) < numbers[-1] + 1
    assert station.events()[-1]["eventType"] == "Ended"
