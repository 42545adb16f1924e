from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain import values
from ohmstead.domain.device_model import Attribute, Characteristics, Item, Mutability, Name, Variable, model
from ohmstead.domain.values import Unreadable, nearly, problem

quick = settings(database=None, deadline=None, max_examples=300)
NAME = Name("C", "V")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("1", True), ("False", False), (' "0" ', False)]
)
def test_booleans(text: str, value: bool) -> None:
    assert values.boolean(text) is value


@pytest.mark.parametrize("text", ["", "2", "maybe"])
def test_no_booleans(text: str) -> None:
    with pytest.raises(Unreadable, match="neither true nor false"):
        values.boolean(text)


@pytest.mark.parametrize(("text", "value"), [("25", 25), ("25.00", 25), ("-3", -3), ("+7", 7), (" 0 ", 0)])
def test_whole_numbers(text: str, value: int) -> None:
    assert values.integer(text) == value


@pytest.mark.parametrize("text", ["", "25.5", "1e3", "0x10", "9" * 19, "9" * 5000, "NaN"])
def test_no_whole_numbers(text: str) -> None:
    with pytest.raises(Unreadable, match="not a whole number"):
        values.integer(text)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e999999999", "1" * 50, "1,5"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(Unreadable, match="not a number"):
        values.decimal(text)


@quick
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_numbers_come_back(number: Decimal) -> None:
    text = values.number_text(number)
    assert values.decimal(text) == number
    assert "E" not in text
    assert "." not in text or not text.endswith("0")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", ()),
        ("A,B", ("A", "B")),
        ('"A", "B"', ("A", "B")),
        ("A , B,,", ("A", "B")),
        ("[A,B]", ("A", "B")),
    ],
)
def test_lists(text: str, items: tuple[str, ...]) -> None:
    assert values.items(text) == items


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("true", "TRUE", True),
        ("25", "25.00", True),
        ("A,B", '"A", b', True),
        ("", " ", True),
        ("A,B", "B,A", False),
        ("1", "10", False),
        ("", "0", False),
    ],
)
def test_texts_that_mean_the_same(one: str, other: str, same: bool) -> None:
    assert values.alike(one, other) is same
    assert values.alike(other, one) is same


def test_times() -> None:
    assert values.moment("2026-03-01T12:00:00Z").year == 2026
    for text in ("2026-03-01T12:00:00", "yesterday", ""):
        with pytest.raises(Unreadable):
            values.moment(text)


def why(
    value: str,
    kind: str = "string",
    mutability: Mutability | None = "ReadWrite",
    attribute: str = "Actual",
    **limits: object,
) -> str | None:
    characteristics = Characteristics(kind, **limits)  # type: ignore[arg-type]
    known = model([Variable(NAME, (Attribute(mutability=mutability),), characteristics)])
    return problem(known, Item(NAME, attribute, value))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (why("x", mutability="ReadOnly"), "C.V is read-only"),
        (why("x", attribute="Target"), "C.V has no attribute Target"),
        (why("x", "integer"), "C.V is of type integer: `x` is not a whole number"),
        (why("x", "boolean"), "C.V is of type boolean: `x` is neither true nor false"),
        (why("3", "integer", min_limit=5.0, unit="s"), "C.V takes at least 5 s, not 3"),
        (why("33", "decimal", max_limit=32.0, unit="A"), "C.V takes at most 32 A, not 33"),
        (why("x" * 6, max_limit=5.0), "C.V takes at most 5 characters, not 6"),
        (why("x", min_limit=2.0), "C.V takes at least 2 characters, not 1"),
        (why("D", "OptionList", values_list="A,B"), "C.V takes A, B; not D"),
        (why("A,D", "MemberList", values_list="A,B"), "C.V takes A, B; not D"),
        (why("A,a", "MemberList", values_list="A,B"), "C.V takes each item once"),
        (why("A,B,A", "SequenceList", values_list="A,B", max_elements=2), "C.V takes at most 2 items, not 3"),
        (why("A,B", "MemberList", max_limit=2.0), "C.V takes at most 2 characters, not 3"),
        (why("now", "dateTime"), "C.V is of type dateTime: `now` is not a time with zone such as 2026-03-01T12:00:00Z"),
    ],
)
def test_why_a_station_would_refuse(reason: str | None, expected: str) -> None:
    assert reason == expected


@pytest.mark.parametrize(
    "reason",
    [
        why("anything"),
        why("x", mutability=None, attribute="Target"),
        why("x", mutability="WriteOnly"),
        why("30", "integer", min_limit=5.0, max_limit=60.0),
        why("True", "boolean"),
        why("a", "OptionList", values_list="A,B"),
        why("B,A", "MemberList", values_list="A, B"),
        why("A,A", "SequenceList", values_list="A,B"),
        why("", "MemberList", values_list="A,B", min_limit=1.0),
        why("", "OptionList", values_list="A,B"),
        why("x", "OptionList"),
    ],
)
def test_what_a_station_would_take(reason: str | None) -> None:
    assert reason is None


def test_a_variable_that_is_not_known_is_not_judged() -> None:
    assert problem(model([]), Item(NAME, value="x")) is None
    assert problem(model([]), Item(NAME, value="x" * 501), 500) == "C.V takes at most 500 characters, not 501"


def test_a_constant_is_not_written() -> None:
    known = model([Variable(NAME, (Attribute(mutability="ReadWrite", constant=True),))])
    assert problem(known, Item(NAME, value="x")) == "C.V is read-only"


def test_a_target_lies_between_its_bounds() -> None:
    bounds = (Attribute("Target", mutability="ReadWrite"), Attribute("MinSet", "6"), Attribute("MaxSet", "16"))
    known = model([Variable(NAME, bounds)])
    assert problem(known, Item(NAME, "Target", "5")) == "C.V takes a Target from its MinSet 6, not 5"
    assert problem(known, Item(NAME, "Target", "17")) == "C.V takes a Target up to its MaxSet 16, not 17"
    assert problem(known, Item(NAME, "Target", "10")) is None
    assert problem(known, Item(NAME, "Target", "x")) is None


@pytest.mark.parametrize(("slot", "in_use"), [("1", True), ("2", True), ("3", False)])
def test_the_connection_in_use_is_not_rewritten(slot: str, in_use: bool) -> None:  # D19, B09.FR.21
    url = Name("NetworkConfiguration", "OcppCsmsUrl", component_instance=slot)
    known = model(
        [
            Variable(Name("OCPPCommCtrlr", "ActiveNetworkProfile"), (Attribute(value="1"),)),
            Variable(Name("OCPPCommCtrlr", "NetworkConfigurationPriority"), (Attribute(value="2,1"),)),
            Variable(url, (Attribute(mutability="ReadWrite"),)),
        ]
    )
    assert (problem(known, Item(url, value="wss://x")) is not None) is in_use


@pytest.mark.parametrize(
    ("wanted", "actual", "near"),
    [("16.4", "16", True), ("16.4", "17.0", True), ("22050", "22000", True), ("60", "59", False), ("16", "15", False),
     ("16.4", "20", False), ("a", "1", False), ("0", "0.5", False)],
)  # fmt: skip
def test_a_station_rounds(wanted: str, actual: str, near: bool) -> None:
    assert nearly(wanted, actual) is near
