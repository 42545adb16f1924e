"""Commands from their JSON, the registry, and the usual outcome."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, ClassVar

import msgspec
import pytest
from msgspec import UNSET

from ohmstead import blocks
from ohmstead.blocks.command import (
    COMMANDS,
    GOOD,
    Command,
    RawCall,
    Unsupported,
    after,
    given,
    outcome,
    parse,
    type_of,
    unless_none,
)
from ohmstead.ocpp import schemas
from ohmstead.ocpp.versions import VERSIONS
from tests.blocks.staging import converse

blocks.discover()


def test_a_typed_command() -> None:
    command = parse(b'{"type":"reset","when":"immediately","if_offline":"queue","expires_in":60}')
    assert type_of(command) == "reset"
    assert (command.queues, command.expires_in) == (True, 60)
    assert parse(b'{"type":"reset"}').queues is False
    assert parse(b'{"type":"availability","operative":true}').queues is True
    assert parse(b'{"type":"availability","operative":true,"if_offline":"fail"}').queues is False


def test_a_raw_command_keeps_its_keys_in_their_order() -> None:
    payload = b'{"z": 1, "a": [1.10, "\\u00e9"]}'
    command = parse(b'{"ocpp":{"action":"DataTransfer","payload":' + payload + b"}}")
    assert isinstance(command, RawCall)
    assert (type_of(command), command.queues, bytes(command.ocpp.payload)) == ("ocpp", False, payload)
    assert bytes(parse(b'{"ocpp":{"action":"ClearCache"}}').ocpp.payload) == b"{}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"no_such"}',
        b'{"ocpp":{}}',
        b'{"ocpp":{"action":"X","more":1}}',
        b'{"ocpp":{"action":"X"},"type":"reset"}',
        b'{"type":"reset","if_offline":"never"}',
    ],
)
def test_what_is_no_command(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        parse(body)


def test_the_registry() -> None:
    known = {action for version in VERSIONS for action in version.messages.ACTIONS}
    for name, command in COMMANDS.items():
        assert set(command.actions) <= known, name
        assert command.actions, name
        assert command.__doc__, name
        assert command.__struct_config__.tag == name


def test_no_hook_silences_another() -> None:
    with pytest.raises(ValueError, match="GetVariables has such a hook already"):
        after("GetVariables")(lambda *_: None)


def test_what_a_version_cannot_do() -> None:
    class Nothing(Command):
        """A command that no version has."""

        actions: ClassVar = ("Heartbeat",)

    try:
        for version in ("1.6", "2.0.1", "2.1"):
            with pytest.raises(Unsupported, match=f"OCPP {version} has no nothing"):
                converse(Nothing(), version)
    finally:
        del COMMANDS["nothing"]


def answer(status: str, reason: Any = UNSET, more: Any = UNSET) -> Any:
    info = UNSET if reason is UNSET else SimpleNamespace(reason_code=reason, additional_info=more)
    return SimpleNamespace(status=status, status_info=info)


@pytest.mark.parametrize(
    ("said", "accepted", "reason"),
    [
        (answer("Accepted"), True, None),
        (answer("Scheduled"), True, "Scheduled"),
        (answer("Rejected"), False, "Rejected"),
        (answer("Rejected", "NoError", "why not"), False, "Rejected: NoError: why not"),
        (answer("Rejected", "Busy"), False, "Rejected: Busy"),
        (answer("Accepted", "Queued"), True, "Queued"),
        (SimpleNamespace(status="Rejected"), False, "Rejected"),  # 1.6 gives no reasons
    ],
)
def test_the_usual_outcome(said: Any, accepted: bool, reason: str | None) -> None:
    result = outcome(said, expects=("boot",), window=5)
    assert (result.accepted, result.reason) == (accepted, reason)
    assert result.expects == (("boot",) if accepted else None)
    assert result.window == 5


def test_good_statuses_are_statuses_of_ocpp() -> None:
    known: set[str] = set()
    for version in VERSIONS:
        for (_, kind), path in schemas.files(version).items():
            if kind == "response":
                known |= set(path.read_text("utf-8-sig").split('"'))
    assert known >= GOOD


def test_what_was_not_said() -> None:
    assert (given(UNSET), given(0), given(None)) == (None, 0, None)
    assert (unless_none(None), unless_none(0)) == (UNSET, 0)
    assert json.loads(msgspec.json.encode(COMMANDS["reset"]())) == {
        "type": "reset",
        "expires_in": 300,
        "when": "idle",
    }
