from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain import words
from ohmstead.domain.conversions import Typed, scale, text, typed
from ohmstead.domain.values import Unreadable
from ohmstead.domain.words import Word

quick = settings(database=None, deadline=None, max_examples=200)
CURRENT = words.words()["evse.current.max"]
INTERVAL = words.words()["meter.sample_interval"]
PLAIN = [word for word in words.words().values() if word.form is None and word.many is None and word.type != "password"]


def some(word: Word) -> st.SearchStrategy[Any]:
    """Any value a word may have."""
    low, high = word.minimum if word.minimum is not None else -1000, word.maximum or 10**6
    item = st.text(
        st.characters(codec="utf-8", exclude_characters=",\"'[]\0", exclude_categories=("C", "Z")), min_size=1
    )
    return {
        "integer": st.integers(low, high),
        "decimal": st.decimals(low, high, places=3).map(float),
        "boolean": st.booleans(),
        "list": st.lists(item, unique_by=str.lower),
        "seqlist": st.lists(item),
        "datetime": st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    }.get(word.type, item)


@quick
@given(st.sampled_from(PLAIN).flatmap(lambda word: st.tuples(st.just(word), some(word))))
def test_what_is_written_is_read_again(pair: tuple[Word, Any]) -> None:
    word, value = pair
    assert typed(word, text(word, value)) == value


@quick
@given(st.integers(0, 10**9), st.sampled_from(["mA", "dA", "A", "a"]))
def test_units_come_back(number: int, unit: str) -> None:
    value = typed(CURRENT, str(number), unit=unit)
    assert text(CURRENT, value, unit=unit) == str(number)


@pytest.mark.parametrize(
    ("word", "raw", "unit", "value"),
    [
        ("evse.current.max", "16000", "mA", 16.0),
        ("evse.current.max", "160", "dA", 16.0),
        ("evse.current.max", "25.00", "A", 25.0),
        ("evse.current.max", "16", None, 16.0),
        ("evse.power.max", "22", "kW", 22000.0),
        ("evse.power.max", "22.08", "KW", 22080.0),
        ("tx.max_energy_on_invalid_id", "2", "kWh", 2000),
        ("meter.sample_interval", "1", "min", 60),
        ("meter.sample_interval", "30000", "ms", 30),
        ("smart_charging.limit_change_significance", "5", "%", 5.0),
        ("config.get_max_items", "4", "keys", 4),
    ],
)
def test_units(word: str, raw: str, unit: str | None, value: float) -> None:
    assert typed(words.words()[word], raw, unit=unit) == value


def test_units_that_do_not_fit() -> None:
    with pytest.raises(Unreadable, match="is told in Celsius, not in A"):
        typed(CURRENT, "16", unit="Celsius")
    with pytest.raises(Unreadable, match="no whole number of s"):
        typed(INTERVAL, "1500", unit="ms")
    with pytest.raises(Unreadable, match=r"16\.05 A is no whole number of dA"):
        text(CURRENT, 16.05, unit="dA")
    assert scale("kw", words.words()["evse.power.max"]) == Decimal(1000)


@pytest.mark.parametrize(
    ("word", "raw", "value"),
    [
        ("smart_charging.rate_unit", "Current,Power", ["A", "W"]),
        ("smart_charging.rate_unit", "W", ["W"]),
        ("smart_charging.rate_unit", '"power", current', ["W", "A"]),
        (
            "meter.measurands",
            "Energy.Active.Import.Register,Voltage.L1,Voltage.L2",
            ["Energy.Active.Import.Register", "Voltage"],
        ),
        ("meter.measurands", '"Current.Import.L1-N", SoC', ["Current.Import", "SoC"]),
        ("meter.measurands", "Current.Import.N,Voltage.L1-L2", ["Current.Import", "Voltage"]),
        ("meter.measurands", "", []),
        ("connection.file_protocols", "ftp, HTTPS", ["FTP", "HTTPS"]),
        ("auth.enabled", "True", True),
        ("auth.enabled", "0", False),
    ],
)
def test_spellings(word: str, raw: str, value: Typed) -> None:
    assert typed(words.words()[word], raw, words.words()[word].form) == value


def test_what_is_no_rate_unit() -> None:
    with pytest.raises(Unreadable, match="neither A nor W"):
        typed(words.words()["smart_charging.rate_unit"], "V", "rate_units")


def test_feature_profiles() -> None:
    word = words.words()["smart_charging.available"]
    assert typed(word, "Core, SmartCharging", "feature:SmartCharging") is True
    assert typed(word, "Core", "feature:SmartCharging") is False


def test_forms_of_booleans() -> None:
    word = words.words()["auth.enabled"]
    assert typed(word, "whatever", "present") is True
    assert typed(word, "true", "inverted") is False
    assert text(word, True, "inverted") == "false"


def test_price_texts() -> None:
    one, many = words.words()["tariff.default_text"], words.words()["tariff.default_text_languages"]
    present = '{"priceText": "0.30", "chargingPrice": {"kWhPrice": 0.3}}'
    assert typed(one, present, "price_text") == "0.30"
    assert typed(one, "just text", "price_text") == "just text"
    changed = text(one, "0.40", "price_text", present=present)
    assert typed(one, changed, "price_text") == "0.40"
    assert "kWhPrice" in changed
    value = {"en": "0.30 per kWh", "de-AT": "0,30 je kWh"}
    assert typed(many, text(many, value, "price_texts"), "price_texts") == value
    assert typed(many, "", "price_texts") == {}
    for broken in ("[1]", '{"priceTexts": 1}', "x", "[" * 100_000):
        with pytest.raises(Unreadable):
            typed(many, broken, "price_texts")
    for strange in ({"no language": "x"}, {"en": 1}, "x"):
        with pytest.raises(Unreadable):
            text(many, strange, "price_texts")


@pytest.mark.parametrize(
    ("word", "value", "reason"),
    [
        ("meter.sample_interval", "60", 'takes a whole number, not "60"'),
        ("meter.sample_interval", 1.5, "takes a whole number, not 1.5"),
        ("meter.sample_interval", True, "takes a whole number, not true"),
        ("meter.sample_interval", -1, "takes at least 0, not -1"),
        ("meter.sample_interval", float("nan"), "takes a whole number, not NaN"),
        ("indicator.light_intensity", 101, "takes at most 100, not 101"),
        ("evse.current.max", "16", 'takes a number, not "16"'),
        ("evse.current.max", None, "takes a number, not null"),
        ("auth.enabled", "true", 'takes true or false, not "true"'),
        ("meter.measurands", "Voltage", "takes a list of texts without commas"),
        ("meter.measurands", ["Voltage,SoC"], "takes a list of texts without commas"),
        ("meter.measurands", ["SoC", "soc"], "takes each item once"),
        ("security.organization", 5, "takes a text, not 5"),
        ("clock.next_offset_at", "tomorrow", "`tomorrow` is not a time with zone such as 2026-03-01T12:00:00Z"),
    ],
)
def test_values_that_are_none(word: str, value: Any, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        text(words.words()[word], value)
    assert str(caught.value) == reason


@quick
@given(st.sampled_from(list(words.words().values())), st.text(), st.sampled_from([None, "kW", "mA", "s", "Celsius"]))
def test_any_text_is_a_value_or_refused(word: Word, raw: str, unit: str | None) -> None:
    for form in (None, word.form, word.key_form if word.key_form not in ("by_connector", "hex", "shared") else None):
        try:
            typed(word, raw, form, unit)
        except Unreadable:
            pass
