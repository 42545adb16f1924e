"""Passwords in messages: masked wherever they stand, and found in the calls that set one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.ocpp.masking import Password, masked, password_in
from tests.signed import base64url

BASIC = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
NETWORK = {"component": {"name": "NetworkConfiguration", "instance": "1"}, "variable": {"name": "BasicAuthPassword"}}


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "AuthorizationKey", "value": "s3cret"},
        {"setVariableData": [{**BASIC, "attributeValue": "s3cret"}]},
        {"connectionData": {"basicAuthPassword": "s3cret", "vpn": {"password": "s3cret"}}},
        {"configurationKey": [{"key": "authorizationKEY", "value": "s3cret", "readonly": False}]},
        {"reportData": [{**BASIC, "variableAttribute": [{"type": "Actual", "value": "s3cret"}]}]},
    ],
)
def test_no_password_is_left(payload: Any) -> None:
    text = masked(json.dumps([2, "1", "Any", payload]))
    assert "s3cret" not in text
    assert "***" in text
    assert json.loads(text)[:3] == [2, "1", "Any"]


def test_no_password_is_left_in_what_was_signed() -> None:
    """A JWS hides its payload from nobody: base64 is no secret."""
    payload = {"setVariableData": [{**BASIC, "attributeValue": "s3cret"}]}
    flat = {"payload": base64url(json.dumps(payload).encode()), "protected": "e30", "signature": "AA"}
    for frame in ([2, "1", "SetVariables", payload, flat], [2, "1", "SetVariables-Signed", flat]):
        text = masked(json.dumps(frame))
        assert "s3cret" not in text
        assert flat["payload"] not in text
        assert json.loads(text)[-1] == {**flat, "payload": "***"}
    for unreadable in ("*", "AAAA", 7):
        assert json.loads(masked(json.dumps([3, "1", {**flat, "payload": unreadable}])))[2]["payload"] == "***"
    harmless = json.dumps([2, "1", "Heartbeat-Signed", {**flat, "payload": base64url(b"{}")}])
    assert masked(harmless) == harmless


@pytest.mark.parametrize("text", ['[2,"1","Heartbeat",{}]', '[2, "1", "A", {"key": "UseAuthorizationKey"}]'])
def test_anything_else_stays_as_it_came(text: str) -> None:
    assert masked(text) == text


def test_what_cannot_be_read_is_cut() -> None:
    assert masked('[2,"1","A",{"basicAuthPassword":"s3cr') == '[2,"1","A",{"basicAuthP***'


@pytest.mark.parametrize(
    ("action", "payload", "found"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "pw"}, Password("pw", False)),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "pw"}, None),
        ("SetVariables", {"setVariableData": [{**BASIC, "attributeValue": "pw"}]}, Password("pw", False)),
        ("SetVariables", {"setVariableData": [{**NETWORK, "attributeValue": "pw"}]}, Password("pw", True)),
        ("SetNetworkProfile", {"connectionData": {"basicAuthPassword": "pw"}}, Password("pw", True)),
        ("DataTransfer", {"data": "password"}, None),
    ],
)
def test_the_password_that_a_call_sets(action: str, payload: Any, found: Password | None) -> None:
    assert password_in(action, json.dumps(payload).encode()) == found
