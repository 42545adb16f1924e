"""Faults switched on while a station lives; stepping, so that nothing sleeps."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.asyncio.server import serve

from ohmstead.ocpp.versions import BY_NAME
from ohmstead.simulator import Ev, Station
from ohmstead.simulator.connection import CannotConnect
from ohmstead.simulator.conversation import calls
from tests.conformance.cases.test_certificates import made
from tests.simulator.conftest import Csms
from tests.simulator.naive import ITEM, Naive

START = 1_764_000_000_000_000
pytestmark = pytest.mark.anyio


def pair(version: str = "2.0.1", **more: Any) -> tuple[Naive, Station]:
    csms = Naive(BY_NAME[version])
    return csms, Station("CS001", url="ws://naive", version=version, speed=None, start=START, dial=csms.dial, **more)


async def charging(station: Station) -> None:
    await station.boot()
    await station.plug(1, Ev(soc=20))
    assert await station.swipe("TAG") == "Accepted"
    await station.charge(1, minutes=2)


def seq_nos(station: Station) -> list[int]:
    return [frame.payload["seqNo"] for frame in calls(station.sent, "TransactionEvent")]


@pytest.mark.parametrize("fault", ["drop", "truncate"])
async def test_what_is_lost_is_said_again(fault: str) -> None:
    csms, station = pair()
    async with station:
        await charging(station)
        station.faults.once[fault] = 1  # type: ignore[index]
        await station.charge(1, minutes=3)
        await station.unplug(1)
        await station.wait(120)
        assert station.waiting == 0
        assert sorted(set(seq_nos(station))) == [entry.kind for entry in station.acknowledged]
        assert len(seq_nos(station)) == len(station.acknowledged) + 1
        (account,) = csms.accounts.values()
        assert account.over
        assert account.numbers == set(range(len(account.numbers)))


async def test_a_line_that_breaks_and_a_binary_frame(served: Any) -> None:
    async with served("2.0.1") as csms, Station("CS001", url=csms.url, speed=None, start=START) as station:
        await charging(station)
        station.faults.once = {"close": 1}
        await station.charge(1, minutes=3)
        assert len(csms.sockets) == 2
        station.faults.once = {"binary": 1}
        await station.charge(1, minutes=3)
        await station.unplug(1)
        await station.wait(60)
        assert [entry.kind for entry in station.acknowledged] == list(range(len(station.acknowledged)))
        assert csms.csms.of("TransactionEvent")[-1]["eventType"] == "Ended"


async def test_a_lost_answer_and_a_repeat() -> None:
    csms, station = pair()
    async with station:
        await charging(station)
        station.faults.direction, station.faults.once = "in", {"drop": 1}
        await station.charge(1, minutes=3)
        numbers = seq_nos(station)
        assert len(numbers) == len(set(numbers)) + 1
        assert csms.heard_of.count("TransactionEvent") == len(numbers)


async def test_delays_pass_in_the_stations_time() -> None:
    _, station = pair()
    async with station:
        station.faults.delay_s = 2.0
        before = station.controller.now
        assert await station.boot() == "Accepted"
        assert station.controller.now - before == pytest.approx(4_000_000, abs=100_000)


async def test_twice_in_pieces_and_with_garbage_before() -> None:
    csms, station = pair()
    async with station:
        await charging(station)
        station.faults.once = {"duplicate": 1, "split": 1, "garbage": 1}
        await station.charge(1, minutes=2)
        assert station.faults.once == {"duplicate": 0, "split": 0, "garbage": 0}
        assert "no JSON" in csms.faults
        assert station.waiting == 0


async def test_half_open_and_over() -> None:
    csms, station = pair()
    async with station:
        await charging(station)
        heard = len(csms.heard_of)
        station.faults.half_open = True
        await station.charge(1, minutes=3)
        assert station.connected
        assert len(csms.heard_of) == heard
        station.faults.half_open = False
        await station.charge(1, minutes=3)
        assert station.waiting == 0


async def test_two_calls_in_flight() -> None:
    csms, station = pair()
    async with station:
        station.faults.two_calls = True
        await charging(station)
        assert csms.heard_of.count("Heartbeat") >= len(csms.heard_of) // 2
        assert station.waiting == 0


async def test_late_answers() -> None:
    csms, station = pair()
    async with station:
        await station.boot()
        station.faults.late_answers_s = 40.0
        csms.ask("ClearCache", {})
        await station.expect("ClearCache")
        await station.wait(30)
        assert csms.asked
        await station.wait(30)
        assert not csms.asked


SET = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, "attributeValue": "7"}


@pytest.mark.parametrize(
    ("manner", "answered"),
    [("error InternalError", True), ("ignore", True), ("silence", False), ("truncate", False)],
)
async def test_answers_otherwise(manner: str, answered: bool) -> None:
    csms, station = pair()
    async with station:
        await station.boot()
        station.faults.answers["SetVariables"] = manner
        csms.ask("SetVariables", {"setVariableData": [SET]})
        await station.expect("SetVariables")
        await station.wait(2)
        assert bool(csms.asked) is not answered
        done = station.controller.variables["OCPPCommCtrlr.HeartbeatInterval"].value == "7"
        assert done is (manner == "truncate")  # whose answer is right, only cut


async def test_a_status_instead() -> None:
    csms, station = pair()
    async with station:
        await station.boot()
        station.faults.answers = {"ClearCache": "Rejected"}
        csms.ask("ClearCache", {})
        await station.expect("ClearCache")
        (answer,) = [frame for frame in station.sent if frame.kind == 3]
        assert answer.payload == {"status": "Rejected"}


async def test_who_falls_over_boots_again() -> None:
    csms, station = pair()
    async with station:
        await station.boot()
        station.faults.answers = {"GetVariables": "reboot"}
        csms.ask("GetVariables", {"getVariableData": [ITEM]})
        await station.expect("GetVariables")
        await station.wait(30)
        assert csms.boots == 2


async def test_the_clock_jumps() -> None:
    _, station = pair()
    async with station:
        await charging(station)
        station.faults.clock_s = -3600.0
        await station.unplug(1)
        times = [frame.payload["timestamp"] for frame in calls(station.sent, "TransactionEvent")]
        assert times[-1] < times[0]
        assert times[-1].startswith("2025-11-24T15:0")


async def test_numbers_that_jump_and_repeat() -> None:
    _, station = pair()
    async with station:
        await charging(station)
        last = seq_nos(station)[-1]
        station.faults.once = {"seq_no_gap": 1}
        await station.charge(1, minutes=1)
        assert seq_nos(station)[-1] == last + 2
        station.faults.once = {"seq_no_repeat": 1}
        await station.charge(1, minutes=1)
        assert seq_nos(station)[-1] == last + 2


async def test_an_id_that_was_used_before() -> None:
    _, station = pair()
    async with station:
        await charging(station)
        await station.unplug(1)
        station.faults.once = {"transaction_id_reuse": 1}
        await station.plug(1, Ev(soc=20))
        await station.swipe("TAG")
        first, second = station.controller.books
        assert first.id == second.id


@pytest.mark.parametrize(("loses", "told"), [((False, False), True), ((True, False), False), ((False, True), False)])
async def test_a_power_cut_and_what_is_lost_with_it(loses: tuple[bool, bool], told: bool) -> None:
    csms, station = pair()
    async with station:
        await charging(station)
        await station.power_cut(loses_queue=loses[0], loses_transactions=loses[1])
        await station.wait(30)
        assert csms.boots == 2
        ended = [frame for frame in calls(station.sent, "TransactionEvent") if frame.payload["eventType"] == "Ended"]
        assert bool(ended) is told
        assert station.transaction(1) is None
        assert (station.controller.books[0].end_wh is None) is loses[1]


async def test_the_same_seed_gives_the_same_trouble() -> None:
    async def frames() -> list[bytes]:
        _, station = pair(persona="bad-modem", seed=3)
        async with station:
            await charging(station)
            await station.unplug(1)
            await station.wait(300)
            return [frame.text for frame in station.sent]

    assert await frames() == await frames()


REPORT = {"requestId": 1, "reportBase": "FullInventory"}


@pytest.mark.parametrize(("fault", "step"), [("", 1), ("endless", 1), ("gaps", 2)])
def test_reports_that_do_not_end_or_have_gaps(bench: Any, fault: Any, step: int) -> None:
    station = bench("2.0.1").up()
    station.controller.faults.device_model = fault
    station.call("GetBaseReport", REPORT)
    station.run(60)
    parts = station.csms.of("NotifyReport")
    told = [part["seqNo"] for part in parts]
    assert told == list(range(0, told[-1] + 1, step))
    if fault != "gaps":
        assert parts[-1]["tbc"] is (fault == "endless")


def test_variables_that_are_not_there_and_stay_as_they_are(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.controller.faults.device_model = "unknown"
    (got,) = station.call("GetVariables", {"getVariableData": [ITEM]})["getVariableResult"]
    assert got["attributeStatus"] == "UnknownVariable"
    station.controller.faults.device_model = "read-only"
    (got,) = station.call("SetVariables", {"setVariableData": [SET]})["setVariableResult"]
    assert got["attributeStatus"] == "Rejected"
    station.controller.faults.clear()
    (got,) = station.call("SetVariables", {"setVariableData": [SET]})["setVariableResult"]
    assert got["attributeStatus"] == "Accepted"


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_meters_that_run_back_or_say_nothing(version: str) -> None:
    csms, station = pair(version)
    async with station:
        await charging(station)
        station.faults.metering = "backwards"
        await station.charge(1, minutes=5)
        frames = calls(station.sent, "MeterValues" if version == "1.6" else "TransactionEvent")
        values = [value for one in frames for value in one.payload.get("meterValue", ())]
        told = [
            float(one["value"]) for value in values for one in value["sampledValue"] if "Import.R" in one["measurand"]
        ]
        assert told[-1] < told[-2] < told[-3]
        station.faults.metering = "silent"
        heard = len(csms.heard_of)
        await station.charge(1, minutes=3)
        assert not {"MeterValues", "TransactionEvent"} & {*csms.heard_of[heard:]}


async def test_a_proxy_that_eats_pings(served: Any) -> None:
    async with served("2.0.1") as csms, Station("CS001", url=csms.url, speed=None, start=START) as station:
        await station.boot()
        (socket,) = csms.sockets
        await asyncio.wait_for(await socket.ping(), 5)
        station.faults.eats_pings = True
        await station.call("DataTransfer", {"vendorId": "x"})  # frames pass
        lost = await socket.ping()
        await station.call("DataTransfer", {"vendorId": "x"})
        assert not lost.done()
        station.faults.clear()
        await station.call("DataTransfer", {"vendorId": "x"})
        await asyncio.wait_for(await socket.ping(), 5)


async def test_a_station_that_trusts_nobody(tmp_path: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    own = made("localhost", key)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "server.pem").write_text(private + own)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(tmp_path / "server.pem")
    csms = Csms(BY_NAME["2.0.1"])

    async def talk(socket: Any) -> None:
        async for text in socket:
            for reply in csms.hear(text):
                await socket.send(reply)

    async with serve(talk, "localhost", 0, ssl=theirs, subprotocols=["ocpp2.0.1"]) as server:  # type: ignore[list-item]
        url = f"wss://localhost:{server.sockets[0].getsockname()[1]}"
        tls = ssl.create_default_context(cadata=own)
        async with Station("CS001", url=url, tls=tls, speed=None, start=START) as station:
            await station.boot()
            station.faults.tls_alert = True
            await station.wait(1)
            assert not station.connected
            with pytest.raises(CannotConnect, match="certificate verify failed"):
                await station.connect()
            station.faults.clear()
            await station.connect()
            assert station.connected
