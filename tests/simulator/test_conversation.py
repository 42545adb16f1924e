"""The envelope's side of a station: what odd frames of a CSMS do to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.simulator.conversation import calls


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def hear(station: Any, text: str) -> list[Any]:
    station.controller.receive(text.encode(), station.tick)
    answers = [json.loads(frame) for frame in station.talk.outgoing]
    station.talk.outgoing.clear()
    return answers


def test_unknown_and_broken_calls_get_errors(station: Any) -> None:
    assert hear(station, '[2,"1","Nonsense",{}]')[0][:3] == [4, "1", "NotImplemented"]
    assert hear(station, '[2,"1","Reset",{"type":"Soft"}]')[0][:3] == [4, "1", "PropertyConstraintViolation"]
    assert hear(station, "nonsense")[0][:3] == [4, "-1", "RpcFrameworkError"]
    assert hear(station, '[3,"nobody asked",{}]') == []


def test_an_unreadable_answer_is_a_failure(station: Any) -> None:
    heard: list[Any] = []
    station.csms.silent = {"DataTransfer"}
    from ohmstead.simulator.outbox import Message

    station.controller.put(Message("DataTransfer", lambda _: {"vendorId": "x"}, heard.append))
    station.talk.turn(station.tick)
    message_id = json.loads(station.talk.outgoing.popleft())[1]
    hear(station, f'[3,"{message_id}",{{"status":"Perhaps"}}]')
    assert heard[0].code == "PropertyConstraintViolation"


def test_the_log_can_be_bounded(station: Any) -> None:
    station.talk.history = 5
    for number in range(30):
        station.call("ClearCache", {})
        assert len(station.talk.received) <= 30 + number
    assert len(station.talk.received) <= 10
    assert calls(station.talk.received, "ClearCache")


def test_nothing_is_heard_without_a_line(station: Any) -> None:
    station.cut()
    assert hear(station, '[2,"1","ClearCache",{}]') == []


def test_an_unusable_answer_is_told_in_21(bench: Any) -> None:
    station = bench("2.1").up()
    station.csms.silent = {"Heartbeat"}
    station.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
    message_id = station.talk.sent[-1].message_id
    assert hear(station, f'[3,"{message_id}",{{"currentTime":5}}]')[0][:3] == [5, message_id, "TypeConstraintViolation"]
    assert hear(station, f'[5,"{message_id}","FormatViolation","why",{{}}]') == []
    assert "FormatViolation why" in station.log[-1].text
