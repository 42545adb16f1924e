from __future__ import annotations

import msgspec
import pytest

from ohmstead.shapes.device_model import (
    ChangeResult,
    DeviceModelChange,
    DeviceModelDiff,
    DeviceModelTree,
    VocabularyView,
    WordValue,
)


def test_a_change_is_in_words_or_in_variables():
    words = msgspec.convert({"values": [{"name": "evse.current.max", "evse_id": 2, "value": 16}]}, DeviceModelChange)
    assert words.values[0].value == 16
    named = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}
    variables = msgspec.convert({"variables": [named]}, DeviceModelChange)
    assert msgspec.to_builtins(variables.variables[0]) == named


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"values": []},
        {"values": [{"name": "x", "value": 1}], "variables": [{"variable": "y", "value": "1"}]},
        {"values": [{"name": "x"}]},
        {"values": [{"name": "x", "value": 1, "evse_id": 0}]},
        {"variables": [{"variable": "y"}]},
        {"variables": [{"variable": "y", "value": 1}]},
        {"variables": [{"variable": "y", "value": "1", "attribute": "actual"}]},
        {"variables": [{"variable": "y", "value": "1", "strange": 1}]},
    ],
)
def test_what_no_change_can_be(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, DeviceModelChange)


def test_a_result_says_what_was_asked():
    result = ChangeResult(name="evse.current.max", evse_id=2, value=16, status="not_sent", reason="too high")
    assert msgspec.to_builtins(result) == {
        "status": "not_sent",
        "value": 16,
        "name": "evse.current.max",
        "evse_id": 2,
        "reason": "too high",
    }


def test_a_word_says_its_unit_and_where_it_is_from():
    value = WordValue(name="x", value=1.5, unit="A", writable=True, evse_id=None, source="report")
    told = {"name": "x", "value": 1.5, "unit": "A", "writable": True, "evse_id": None, "source": "report"}
    assert msgspec.to_builtins(value) == told


@pytest.mark.parametrize("shape", [DeviceModelTree, VocabularyView, DeviceModelDiff, DeviceModelChange])
def test_the_shapes_have_a_schema(shape):
    assert msgspec.json.schema(shape)["$defs"]
