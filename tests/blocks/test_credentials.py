"""A01: what is said to a station, and what is made of its answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ohmstead.blocks.command import Ask, Unsupported
from ohmstead.blocks.credentials import Offer, SetPassword, offer, settled
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.store.db import Db, Write
from ohmstead.store.sessions import Passwords, State, load_state
from tests.blocks.staging import SQLITE, Stage, converse, station

HEX = "00112233445566778899AABBCCDDEEFF"
PASSWORDS = Passwords(b"k" * 32)


def asking(version: str) -> Ask:
    return Ask(BY_NAME[version], State(station=station(), connectors={}, transactions={}), "cmd_1")


def test_it_is_the_authorization_key_of_16() -> None:
    said = converse(SetPassword(password=HEX), "1.6", {"status": "Accepted"})
    assert said.requests == [("ChangeConfiguration", {"key": "AuthorizationKey", "value": HEX.lower()})]
    assert said.outcome is not None
    assert said.outcome.accepted


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize(("status", "accepted"), [("Accepted", True), ("RebootRequired", True), ("Rejected", False)])
def test_it_is_a_variable_of_2(version: str, status: str, accepted: bool) -> None:
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    answer = {"setVariableResult": [{**variable, "attributeStatus": status}]}
    said = converse(SetPassword(password="a-long-password-1"), version, answer)
    assert said.requests == [
        ("SetVariables", {"setVariableData": [{"attributeValue": "a-long-password-1", **variable}]})
    ]
    assert said.outcome is not None
    assert said.outcome.accepted is accepted
    assert said.results is not None
    assert said.results[0].value is None  # a password is never shown


@pytest.mark.parametrize(
    ("version", "password"),
    [("1.6", "no-hexadecimal-at-all"), ("1.6", HEX + "0"), ("1.6", HEX * 2), ("2.0.1", "x" * 41)],
)
def test_what_a_version_cannot_take_is_not_said(version: str, password: str) -> None:
    with pytest.raises(Unsupported):
        converse(SetPassword(password=password), version)


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"security_profile": 3}, True),
        ({"next_password_hash": "h", "next_password_waits": "answer"}, True),
        ({"next_password_hash": "h", "next_password_waits": "restart"}, False),
        ({}, False),
    ],
)
async def test_not_while_the_last_one_is_unknown(db: Db, fields: dict[str, Any], refused: bool) -> None:
    stage = Stage(db)
    await stage.enter(**fields)
    ask = Ask(BY_NAME["2.0.1"], await load_state(db, 1), "cmd_1")
    command = SetPassword(password="a-long-password-1")
    if refused:
        with pytest.raises(Unsupported):
            await command.prepare(ask, db)
    else:
        await command.prepare(ask, db)


@pytest.mark.parametrize(
    ("action", "payload", "waits"),
    [
        ("ChangeConfiguration", b'{"key":"AuthorizationKey","value":"aaBB"}', "answer"),
        ("SetNetworkProfile", b'{"configurationSlot":1,"connectionData":{"basicAuthPassword":"aabb"}}', "restart"),
    ],
)  # fmt: skip
def test_a_raw_call_offers_one_too(action: str, payload: bytes, waits: str) -> None:
    found = offer(asking("1.6"), action, payload, PASSWORDS)
    assert found == Offer(PASSWORDS.hash(station().identity, b"aabb"), waits)  # type: ignore[arg-type]


def test_most_calls_offer_none() -> None:
    assert offer(asking("2.0.1"), "Reset", b'{"type":"OnIdle"}', PASSWORDS) is None


def wrote(answer: Any, waits: Any = "answer", error: CallError | None = None) -> int:
    fill = settled(Offer("h", waits), answer, 0, error)
    write = Write(1, 1, 0, 0)
    if fill is not None:
        fill(write)
    return len(write.changed)


def test_what_the_answer_settles() -> None:
    other = SimpleNamespace(variable=SimpleNamespace(name="HeartbeatInterval"), attribute_status="Accepted")
    assert wrote(None) == 0
    assert wrote(SimpleNamespace(set_variable_result=[other])) == 0
    assert wrote(SimpleNamespace(status="Accepted"), "restart") == 0
    for status in ("Accepted", "RebootRequired", "Rejected", "NotSupported"):
        assert wrote(SimpleNamespace(status=status)) == 1


@pytest.mark.parametrize(
    ("error", "settles"),
    [
        (CallError("NotSupported", ""), True),
        (CallError("PropertyConstraintViolation", "too long"), True),
        (CallError("InternalError", ""), False),
        (CallError("GenericError", ""), False),
        (CallError("WhateverError", ""), False),
        (CallError("FormatViolation", "its answer", ours=True), False),
    ],
)
def test_an_error_settles_only_what_was_not_done(error: CallError, settles: bool) -> None:
    assert wrote(None, error=error) == settles
