from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.device_model import Attribute, Name, Variable, model
from ohmstead.domain.portions import Limits, Measure, limits, portions

quick = settings(database=None, deadline=None, max_examples=300)


def cut(items: str, measure: Measure, size: int = 10, frame: int = 0) -> list[str]:
    found = portions(items, measure, str, lambda _: size, frame)
    assert not found.too_long
    return ["".join(portion) for portion in found.portions]


@pytest.mark.parametrize(
    ("items", "measure", "found"),
    [
        ("ABCDE", Measure(4), ["ABCD", "E"]),  # D01
        ("ABCDE", Measure(2, 600), ["AB", "CD", "E"]),  # D02
        ("ABCDE", Measure(50, 32), ["ABC", "DE"]),
        ("ABCDE", Measure(50, 31), ["AB", "CD", "E"]),
        ("ABAC", Measure(4), ["AB", "AC"]),  # D03
        ("AAA", Measure(4), ["A", "A", "A"]),
        ("", Measure(4), []),
    ],
)
def test_requests_that_a_station_takes(items: str, measure: Measure, found: list[str]) -> None:
    assert cut(items, measure) == found


def test_the_frame_counts() -> None:
    assert cut("ABC", Measure(50, 52), frame=20) == ["ABC"]
    assert cut("ABC", Measure(50, 51), frame=20) == ["AB", "C"]


def test_what_is_too_long_alone_is_named() -> None:
    found = portions(["a", "b" * 30, "c"], Measure(5, 20), str, len, 5)
    assert found.portions == [["a", "c"]]
    assert found.too_long == ["b" * 30]


@quick
@given(
    st.lists(st.text("abc", min_size=1, max_size=6)),
    st.integers(1, 5),
    st.integers(5, 30) | st.none(),
    st.integers(0, 4),
)
def test_no_request_is_too_much_and_nothing_is_lost(
    items: list[str], most: int, longest: int | None, frame: int
) -> None:
    found = portions(items, Measure(most, longest), str, len, frame)
    for portion in found.portions:
        assert 1 <= len(portion) <= most
        assert len(set(portion)) == len(portion)
        assert longest is None or frame + len(",".join(portion)) <= longest
    assert [item for portion in found.portions for item in portion] + found.too_long == sorted(
        items, key=lambda item: item in found.too_long
    )


def test_a_station_says_its_limits() -> None:
    def said(variable: str, instance: str | None, value: str) -> Variable:
        name = Name("DeviceDataCtrlr", variable, variable_instance=instance)
        return Variable(name, (Attribute(value=value),))

    known = model(
        [
            said("ItemsPerMessage", "GetVariables", "4"),
            said("ItemsPerMessage", "SetVariables", "many"),
            said("BytesPerMessage", "SetVariables", "600"),
            said("ConfigurationValueSize", None, "1000"),
        ]
    )
    found = limits(known)
    assert found.get == Measure(4, None)
    assert found.set == Measure(50, 600)
    assert found.value_characters == 1000
    better = limits(known, {"items_per_get_variables": 2, "bytes_per_set_variables": 300, "items_per_get_report": 0})
    assert better.get == Measure(2)
    assert better.set == Measure(50, 300)
    assert better.report == Measure()
    assert limits(model([])) == Limits()
