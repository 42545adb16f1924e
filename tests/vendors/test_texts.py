"""Text that is no JSON becomes some, and what is within quotes stays as it was."""

from __future__ import annotations

import json
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.vendors.texts import LARGEST, TEXTS, control_characters, missing_values, stray_commas


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[,{"a":1}]', '[{"a":1}]'),
        ('{"a":[1,,2],}', '{"a":[1,2]}'),
        ('{"a":"x,,y,]"}', '{"a":"x,,y,]"}'),
    ],
)
def test_stray_commas(before: str, after: str) -> None:
    assert stray_commas(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":,"b":1}', '{"b":1}'),
        ('{"b":1,"a":}', '{"b":1}'),
        ('{"a": , "b": 1}', '{"b":1}'),
        ('{"a":}', "{}"),
        ('{"a":"b:,"}', '{"a":"b:,"}'),
    ],
)
def test_missing_values(before: str, after: str) -> None:
    assert missing_values(before) == after


def test_control_characters() -> None:
    assert control_characters('{"a":\n"x\x02y\ufffd"}') == '{"a":\n"xy"}'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_good_json_means_the_same_afterwards(value: object) -> None:
    text = json.dumps(value)
    for name in ("stray_commas", "missing_values"):
        assert json.loads(TEXTS[name](text)) == value


@given(st.text(alphabet='[]{},:"\\ab1 \n\x00'))
def test_nothing_raises(text: str) -> None:
    for repair in TEXTS.values():
        assert len(repair(text)) <= len(text)


@pytest.mark.parametrize("part", ['\\"', '"', '"\\', ",", "["])
def test_a_long_text_is_read_once_through(part: str) -> None:
    """A station must not hold up all others: in quadratic time the first of these takes minutes."""
    begun = perf_counter()
    for repair in TEXTS.values():
        repair('[2,"1","X",' + part * (LARGEST // len(part)))
    assert perf_counter() - begun < 20
