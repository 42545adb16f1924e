"""A00.FR.005: which calls would lower a station's security profile."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.lowering import lowers, refuse_lower
from tests.blocks.test_credentials import asking

PROFILE = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "securityPROFILE"}, "attributeValue": "1"}


@pytest.mark.parametrize(
    ("action", "payload", "refused"),
    [
        ("SetNetworkProfile", {"configurationSlot": 1, "connectionData": {"securityProfile": 1}}, True),
        ("SetNetworkProfile", {"configurationSlot": 1, "connectionData": {"securityProfile": 2}}, False),
        ("SetNetworkProfile", {}, False),
        ("SetVariables", {"setVariableData": [PROFILE]}, True),
        ("SetVariables", {"setVariableData": [PROFILE | {"attributeValue": "3"}]}, False),
        ("SetVariables", {"setVariableData": [PROFILE | {"variable": {"name": "X"}}]}, False),
        ("ChangeConfiguration", {"key": "SecurityProfile", "value": "0"}, True),
        ("ChangeConfiguration", {"key": "SecurityProfile", "value": "no number"}, False),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "1"}, False),
        ("Reset", {"securityProfile": 1}, False),
    ],
)
def test_nothing_lowers_it(action: str, payload: Any, refused: bool) -> None:
    assert (lowers(action, json.dumps(payload).encode(), 2) is not None) == refused


def test_but_the_guided_way_may() -> None:
    ask = asking("2.1")
    payload = b'{"configurationSlot": 1, "connectionData": {"securityProfile": 0}}'
    with pytest.raises(Unsupported, match=r"A00\.FR\.005"):
        refuse_lower(ask, "SetNetworkProfile", payload)
    ask.may_lower = True
    refuse_lower(ask, "SetNetworkProfile", payload)
