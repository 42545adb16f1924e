"""Configuration in words: what goes out in each version, what is there already, what cannot be said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.words import SetValues
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.ocpp import codec
from ohmstead.shapes.device_model import WordChange
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio
INTERVAL = {"1.6": Name("Ocpp16", "HeartbeatInterval"), "2.0.1": Name("OCPPCommCtrlr", "HeartbeatInterval")}


async def said(stage: Stage, version: str, *values: tuple[str, Any]) -> Any:
    """The first request, or how it ends without one."""
    ask = stage.ask(version)
    command = SetValues(values=[WordChange(name=name, value=value) for name, value in values])
    await command.prepare(ask, stage.db)
    try:
        return json.loads(codec.encode(next(command.calls(ask))))
    except StopIteration as end:
        return end.value


async def test_one_word_two_versions(stage: Stage) -> None:
    word = ("connection.heartbeat_interval", 60)
    (data,) = (await said(stage, "2.0.1", word))["setVariableData"]
    assert (data["variable"], data["attributeValue"]) == ({"name": "HeartbeatInterval"}, "60")
    assert await said(stage, "1.6", word) == {"key": "HeartbeatInterval", "value": "60"}


async def test_what_is_so_already_is_not_sent(stage: Stage) -> None:
    await stage.know(Variable(INTERVAL["2.0.1"]).with_attribute(Attribute("Actual", "60")))
    found = await said(stage, "2.0.1", ("connection.heartbeat_interval", 60))
    assert (found.accepted, found.reason) == (True, "it is so already")
    assert "setVariableData" in await said(stage, "2.0.1", ("connection.heartbeat_interval", 61))


async def test_where_one_word_cannot_be_set_nothing_is_sent(stage: Stage) -> None:
    with pytest.raises(Unsupported, match="nonsense: the vocabulary has no"):
        await said(stage, "2.0.1", ("connection.heartbeat_interval", 60), ("nonsense", 1))
    with pytest.raises(Unsupported, match="heartbeat_interval: "):
        await said(stage, "2.0.1", ("connection.heartbeat_interval", "often"))
