"""A full session of 1.6 against the mobilityhouse/ocpp package: a peer that shares no code with us."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ohmstead.simulator import Ev, Evse, Station
from ohmstead.simulator.persona import load

pytestmark = pytest.mark.anyio
NOW = datetime(2025, 11, 24, tzinfo=UTC).isoformat()
GOOD = {"status": "Accepted"}


class Peer(ChargePoint):
    """The other company's CSMS."""

    numbers = itertools.count(7)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.heard: list[tuple[str, dict[str, Any]]] = []

    @on("BootNotification")
    def booted(self, **words: Any) -> Any:
        self.heard.append(("BootNotification", words))
        return call_result.BootNotification(NOW, 300, "Accepted")

    @on("StatusNotification")
    def status(self, **words: Any) -> Any:
        self.heard.append(("StatusNotification", words))
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, **words: Any) -> Any:
        return call_result.Authorize(GOOD)

    @on("StartTransaction")
    def started(self, **words: Any) -> Any:
        self.heard.append(("StartTransaction", words))
        return call_result.StartTransaction(next(self.numbers), GOOD)

    @on("MeterValues")
    def metered(self, **words: Any) -> Any:
        self.heard.append(("MeterValues", words))
        return call_result.MeterValues()

    @on("StopTransaction")
    def stopped(self, **words: Any) -> Any:
        self.heard.append(("StopTransaction", words))
        return call_result.StopTransaction(GOOD)


async def test_a_full_session_with_an_independent_peer() -> None:
    peers: list[Peer] = []

    async def talk(socket: ServerConnection) -> None:
        peers.append(Peer("CS001", socket))
        try:
            await peers[-1].start()
        except ConnectionClosed:
            pass

    async with serve(talk, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:  # type: ignore[list-item]
        port = server.sockets[0].getsockname()[1]
        async with Station("CS001", url=f"ws://127.0.0.1:{port}", version="1.6", speed=None, start=0) as station:
            assert await station.boot() == "Accepted"
            await station.plug(1, Ev())
            assert await station.swipe("CARD") == "Accepted"
            await station.charge(minutes=3)
            peer = peers[0]
            profile = {
                "charging_profile_id": 1,
                "stack_level": 0,
                "charging_profile_purpose": "TxDefaultProfile",
                "charging_profile_kind": "Absolute",
                "charging_schedule": {
                    "charging_rate_unit": "A",
                    "charging_schedule_period": [{"start_period": 0, "limit": 8.0}],
                },
            }
            answer = await peer.call(call.SetChargingProfile(1, profile))
            assert answer.status == "Accepted"
            await station.wait(10)
            assert station.evse(1).power_w <= 8 * 230 * 3
            answer = await peer.call(call.GetConfiguration(["HeartbeatInterval", "Nonsense"]))
            assert answer.configuration_key[0]["value"] == "300"
            assert answer.unknown_key == ["Nonsense"]
            number = int(station.transaction(1).id)  # type: ignore[union-attr]
            assert (await peer.call(call.RemoteStopTransaction(number))).status == "Accepted"
            await station.settled()
            await station.unplug(1)
            answer = await peer.call(call.GetDiagnostics("ftp://127.0.0.1/logs"), suppress=False)
            assert answer.file_name == "CS001-diagnostics.log"
    starts = [words for action, words in peer.heard if action == "StartTransaction"]
    (stop,) = (words for action, words in peer.heard if action == "StopTransaction")
    assert stop["transaction_id"] == number
    assert stop["reason"] == "Remote"
    assert stop["meter_stop"] > starts[0]["meter_start"]


def test_a_direct_current_station_tells_the_state_of_charge(bench: Any) -> None:
    station = bench("1.6", evses=[Evse(1, direct=True, max_power_w=50_000.0)]).up()
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(60)
    samples = station.csms.of("MeterValues")[0]["meterValue"][0]["sampledValue"]
    values = {sample["measurand"]: sample for sample in samples}
    assert float(values["SoC"]["value"]) > 20
    assert values["SoC"]["location"] == "EV"
    assert float(values["Power.Active.Import"]["value"]) == pytest.approx(50_000, rel=0.05)


def lived(bench: Any, name: str, csms: Any = None) -> Any:
    """A session of five minutes at a station of this kind."""
    station = bench("1.6", traits=load(name)).up()
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(300)
    station.swipe()
    station.unplug()
    return station.csms


def test_numbers_of_its_own(bench: Any) -> None:
    csms = lived(bench, "own-negative-ids")
    (stop,) = csms.of("StopTransaction")
    assert stop["transactionId"] < 0
    assert {words["transactionId"] for words in csms.of("MeterValues")} == {stop["transactionId"]}


def test_a_stop_without_a_number(bench: Any) -> None:
    csms = lived(bench, "stop-minus-one")
    assert csms.of("StopTransaction")[0]["transactionId"] == -1
    assert csms.of("MeterValues")[0]["transactionId"] == 101


def test_values_of_another_transaction(bench: Any) -> None:
    assert {words["transactionId"] for words in lived(bench, "values-of-another").of("MeterValues")} == {999_999}


def test_values_after_the_stop(bench: Any) -> None:
    csms = lived(bench, "values-after-stop")
    actions = [action for action, _ in csms.heard if action in ("MeterValues", "StopTransaction")]
    assert actions[-2:] == ["StopTransaction", "MeterValues"]
    assert csms.of("MeterValues")[-1]["meterValue"][0]["timestamp"] > csms.of("StopTransaction")[0]["timestamp"]


def test_a_stop_with_all_values_and_one_with_few_words(bench: Any) -> None:
    (stop,) = lived(bench, "ended-repeats-all").of("StopTransaction")
    contexts = [value["sampledValue"][0]["context"] for value in stop["transactionData"]]
    assert contexts == ["Transaction.Begin", *["Sample.Periodic"] * 5, "Transaction.End"]
    (stop,) = lived(bench, "stops-without-words").of("StopTransaction")
    assert not {"reason", "idTag"} & set(stop)


def test_no_meter_and_a_main_meter(bench: Any) -> None:
    csms = lived(bench, "no-meter")
    assert csms.of("MeterValues") == []
    assert csms.of("StopTransaction")[0]["meterStop"] > csms.of("StartTransaction")[0]["meterStart"]
    main = [words for words in lived(bench, "main-meter-on-zero").of("MeterValues") if words["connectorId"] == 0]
    assert len(main) == 5
    assert all("transactionId" not in words for words in main)


def test_a_start_that_is_told_twice_keeps_the_last_number(bench: Any) -> None:
    csms = lived(bench, "start-twice")
    assert len(csms.of("StartTransaction")) == 2
    assert csms.of("StopTransaction")[0]["transactionId"] == 102
