from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.commands import STATES
from ohmstead.shapes.command import CommandCall, CommandState, RawCommand


def test_the_states_are_those_of_the_domain():
    assert set(CommandState.__args__) == STATES


def test_a_raw_command():
    raw = msgspec.convert({"ocpp": {"action": "Reset", "payload": {"type": "OnIdle"}}}, RawCommand)
    assert (raw.if_offline, raw.ocpp.payload) == ("fail", {"type": "OnIdle"})
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"ocpp": {"action": "Reset", "version": "2.1"}}, RawCommand)


def test_a_call_without_an_answer_shows_none():
    assert msgspec.json.encode(CommandCall(message_id="1", action="Reset", payload={})) == (
        b'{"message_id":"1","action":"Reset","payload":{}}'
    )
