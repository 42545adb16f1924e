"""Repairs of the rows that fit, applied to one message."""

from __future__ import annotations

import json

import pytest

from ohmstead import vendors
from ohmstead.vendors import About
from ohmstead.vendors.texts import LARGEST

EVERYBODY = vendors.ours().everybody("1.6").mending


def test_what_is_right_is_the_same_bytes() -> None:
    payload = b'{"connectorId":1, "meterValue":[]}'
    assert EVERYBODY.call("MeterValues", payload) == (payload, ())
    assert EVERYBODY.call("Heartbeat", b"{") == (b"{", ())


def test_several_repairs_of_one_message_in_their_order() -> None:
    mended = EVERYBODY.call("MeterValues", b'{"meterValue":{"sampledValue":[{"value":0.10}]}}')
    assert mended.payload == b'{"meterValue":[{"sampledValue":[{"value":"0.10"}]}]}'
    assert [step.name for step in mended.steps] == ["meter_value_list", "numbers_as_text"]


def test_a_payload_that_is_no_object_is_left() -> None:
    for payload in (b"[1]", b"{", b'"x"', b"[" * 5000, b'{"a":"\xff"}'):
        assert EVERYBODY.call("MeterValues", payload) == (payload, ())


def test_a_text_is_repaired_up_to_a_size() -> None:
    assert json.loads(EVERYBODY.text(b'{"a":[,1]}').payload or b"") == {"a": [1]}
    huge = b"[,1" + b" " * LARGEST
    assert EVERYBODY.text(huge) == (huge, ())


def test_answers_have_their_own_repairs() -> None:
    quoted = b'{"configurationKey":[{"key":"k","readonly":false,"value":"\\"v\\""}]}'
    assert b'"value":"v"' in (EVERYBODY.answer("GetConfiguration", quoted).payload or b"")
    assert EVERYBODY.call("GetConfiguration", quoted) == (quoted, ())


def test_nobody_has_no_repairs() -> None:
    assert vendors.ours().kind(About("Nobody", None, None, "1.6")).mending == ({}, {}, ())


@pytest.mark.parametrize(
    "samples",
    [
        '[{"value":1e99999999999999999999}]',
        '[{"value":"1","measurand":"Current.Import"},{"value":"1","measurand":"Current.Import","phase":3}]',
        *(
            f'[{{"value":"1","measurand":"Current.Import"}},{{"value":"{odd}","measurand":"Current.Import","phase":"L1"}},'
            '{"value":"5","measurand":"Current.Import","phase":"L2"}]'
            for odd in ("NaN", "9E+999999999999999999")
        ),
    ],
)
def test_what_a_repair_cannot_read_is_left(samples: str) -> None:
    """The schema refuses it, or it is taken as it is; a repair that raised would cost the station its session."""
    payload = f'{{"meterValue":[{{"sampledValue":{samples}}}]}}'.encode()
    totals = vendors.ours().kind(About("Schneider", None, None, "1.6")).mending
    assert "total_current" in [step.name for step in totals.calls["MeterValues"]]
    assert totals.call("MeterValues", payload) == (payload, ())
    assert [step.name for step in EVERYBODY.call("MeterValues", payload).steps] == []
