from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.simulator import Station, Unmet, steps
from ohmstead.simulator.steps import AnyStep, Step

START = 1_764_000_000_000_000
pytestmark = pytest.mark.anyio


def step(**words: Any) -> Step:
    made: Step = msgspec.convert(words, AnyStep)
    return made


def make(csms: Any, **more: Any) -> Station:
    return Station("CS001", url=csms.url, speed=None, start=START, **more)


async def play(station: Station, *script: dict[str, Any]) -> None:
    for words in script:
        await step(**words).play(station)


async def test_a_whole_session(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        await play(
            station,
            {"do": "boot"},
            {"do": "set", "variable": "SampledDataCtrlr.TxUpdatedInterval", "value": "30"},
            {"do": "plug", "soc": 20},
            {"do": "authorize", "token": "TAG"},
            {"do": "start"},
            {"do": "charge", "minutes": 4, "at_least_wh": 600, "at_most_wh": 800},
            {"do": "offline"},
            {"do": "wait", "seconds": 60},
            {"do": "online"},
            {"do": "stop"},
            {"do": "unplug"},
            {"do": "check", "sent": "TransactionEvent", "payload": {"eventType": "Ended"}, "times": 1},
            {"do": "check", "sent": "TransactionEvent", "payload": {"offline": True}},
            {"do": "check", "sent": "BootNotification", "times": 1},
        )


async def test_the_csms_calls(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        await play(station, {"do": "boot"})
        await csms.ask("Reset", {"type": "Immediate"})
        await play(
            station,
            {"do": "expect", "call": "Reset", "payload": {"type": "Immediate"}},
            {"do": "wait", "seconds": 20},
            {"do": "check", "received": "Reset", "times": 1},
            {"do": "check", "sent": "BootNotification", "times": 2},
        )
        await csms.ask("ClearCache", {})
        with pytest.raises(Unmet, match="expected ClearCache with"):
            await play(station, {"do": "expect", "call": "ClearCache", "payload": {"a": 1}})


async def test_any_call_and_its_answer(served: Any) -> None:
    async with served("1.6") as csms, make(csms, version="1.6") as station:
        csms.csms.refusing = {"Heartbeat"}
        transfer = {"do": "call", "action": "DataTransfer", "payload": {"vendorId": "A"}}
        await play(
            station,
            {"do": "boot"},
            {**transfer, "answer": {"status": "Accepted"}},
            {"do": "call", "action": "Heartbeat", "error": "InternalError"},
        )
        for words, told in (
            ({**transfer, "answer": {"status": "Rejected"}}, "expected {'status': 'Rejected'}, heard"),
            ({**transfer, "error": "NotSupported"}, "expected the error NotSupported, heard"),
            ({"do": "call", "action": "Heartbeat"}, "expected an answer, heard InternalError"),
        ):
            with pytest.raises(Unmet, match=told):
                await play(station, words)


async def test_what_does_not_go_as_expected(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        csms.csms.boot = ["Pending"]
        csms.csms.tokens["BAD"] = "Blocked"
        for words, told in (
            ({"do": "boot"}, "expected an answer to BootNotification: Accepted, heard Pending"),
            ({"do": "boot"}, None),
            ({"do": "authorize", "token": "BAD"}, "expected the token's status: Accepted, heard Blocked"),
            ({"do": "swipe", "token": "BAD", "answer": "Blocked"}, None),
            ({"do": "charge", "minutes": 1, "at_least_wh": 1}, "expected 1 Wh or more, charged 0"),
            ({"do": "check", "sent": "Heartbeat", "times": 3}, "expected Heartbeat 3 times, found 0"),
            ({"do": "check", "received": "Reset"}, "expected Reset, found none"),
            ({"do": "set", "variable": "A.B", "value": "1"}, "expected a variable that '1' is a value of"),
        ):
            if told is None:
                await play(station, words)
            else:
                with pytest.raises(Unmet, match=told):
                    await play(station, words)


async def test_a_driver_pays_by_card(served: Any) -> None:
    async with served("2.1") as csms, make(csms, version="2.1") as station:
        await play(
            station, {"do": "boot"}, {"do": "plug"}, {"do": "pay"}, {"do": "charge", "minutes": 1}, {"do": "stop"}
        )
        await play(station, {"do": "wait", "seconds": 5}, {"do": "check", "sent": "NotifySettlement"})


async def test_faults_and_power_cuts(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        faults = {"do": "fault", "faults": {"drop": 0.5, "once": {"close": 1}}}
        await play(station, {"do": "boot"}, faults)
        assert (station.faults.drop, station.faults.once) == (0.5, {"close": 1})
        await play(station, {"do": "fault"})
        assert station.faults == type(station.faults)()
        await play(
            station,
            {"do": "plug"},
            {"do": "swipe", "token": "TAG"},
            {"do": "power-cut", "loses_queue": True, "loses_transactions": True},
            {"do": "wait", "seconds": 20},
            {"do": "check", "sent": "TransactionEvent", "payload": {"eventType": "Ended"}, "times": 0},
        )


def test_what_no_station_can_do() -> None:
    for words, told in (
        ({"do": "expect", "call": "Rest"}, "OCPP 2.0.1 has no Rest; did you mean `Reset`?"),
        ({"do": "check", "sent": "A", "received": "B"}, "expected one of `sent` and `received`"),
        ({"do": "check"}, "expected one of `sent` and `received`"),
        ({"do": "call", "action": "Authorize"}, "payload: Object missing required field `idToken`"),
        ({"do": "fault", "faults": {"answers": {"Reset": "no"}}}, "Reset: expected a status of Reset"),
    ):
        assert str(step(**words).objection(V201)).startswith(told)
    assert step(do="call", action="Heartbeat").objection(V16) is None
    assert step(do="pay").objection(V201) == "only stations of OCPP 2.1 have a terminal"
    assert step(do="pay").objection(V21) is None
    assert step(do="wait", seconds=5).objection(V16) is None


def test_how_long_a_step_lasts() -> None:
    assert step(do="wait", seconds=5).lasts_s == 5
    assert step(do="charge", minutes=2).lasts_s == 120
    assert step(do="boot").lasts_s == 0
    assert isinstance(step(do="boot"), steps.Boot)
