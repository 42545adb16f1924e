"""Between the text a station keeps and the typed value an operator means: units, spellings, lists.

`typed` and `text` are each other's inverse for every value that a station can hold. A form names how the text is
written where the type alone does not say:

    measurands      a list; 1.6 adds phases to some items (`Voltage.L1`), which are taken off
    rate_units      A and W, which 1.6 calls Current and Power
    upper           a list whose items are compared in capitals
    feature:X       true where the list names X
    present         true where the variable is there, whatever it holds
    inverted        a boolean that means the opposite
    price_text      the JSON of the 1.6 key DefaultPrice, of which priceText is meant
    price_texts     the JSON of the 1.6 key DefaultPriceText: a text per language
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from ohmstead.domain import values
from ohmstead.domain.values import Unreadable
from ohmstead.domain.words import Type, Word

Typed = bool | int | float | str | list[str] | dict[str, Any]

_SCALES: dict[str, tuple[str, Decimal]] = {
    "ma": ("A", Decimal("0.001")),
    "da": ("A", Decimal("0.1")),
    "a": ("A", Decimal(1)),
    "w": ("W", Decimal(1)),
    "kw": ("W", Decimal(1000)),
    "wh": ("Wh", Decimal(1)),
    "kwh": ("Wh", Decimal(1000)),
    "ms": ("s", Decimal("0.001")),
    "s": ("s", Decimal(1)),
    "min": ("s", Decimal(60)),
    "h": ("s", Decimal(3600)),
    "%": ("Percent", Decimal(1)),
    "percent": ("Percent", Decimal(1)),
}
"""A unit in lower case -> the vocabulary's unit, and how many of it one is."""

_COUNTS = frozenset({None, "items", "chars", "times", "B"})
_PHASE = re.compile(r"\.(?:L[123](?:-N|-L[123])?|N)$")
_RATE_UNITS = {"a": "A", "current": "A", "w": "W", "power": "W"}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def scale(unit: str | None, word: Word) -> Decimal:
    """How many of the word's unit one of the station's is. Raises Unreadable where they do not measure the same."""
    if not unit or word.unit in _COUNTS or unit.strip().lower() == (word.unit or "").lower():
        return Decimal(1)
    base, factor = _SCALES.get(unit.strip().lower(), (None, Decimal(1)))
    if base != word.unit:
        raise Unreadable(f"is told in {unit}, not in {word.unit}")
    return factor


def typed(word: Word, text: str, form: str | None = None, unit: str | None = None) -> Typed:
    """The value that the station's text means. Raises Unreadable."""
    name, _, argument = (form or "").partition(":")
    match name:
        case "present":
            return True
        case "inverted":
            return not values.boolean(text)
        case "feature":
            return argument.lower() in {item.lower() for item in values.items(text)}
        case "measurands":
            return _each_once(_PHASE.sub("", item) for item in values.items(text))
        case "upper":
            return _each_once(item.upper() for item in values.items(text))
        case "rate_units":
            return _each_once(_rate_unit(item) for item in values.items(text))
        case "price_text":
            return str(_json(text).get("priceText", "")) if text.lstrip().startswith("{") else text
        case "price_texts":
            return _price_texts(text)
    return _plain(word.type, word, text, unit)


def _plain(type: Type, word: Word, text: str, unit: str | None) -> Typed:
    match type:
        case "boolean":
            return values.boolean(text)
        case "integer" | "decimal":
            return _number(word, text, unit)
        case "list":
            return _each_once(values.items(text))
        case "seqlist":
            return list(values.items(text))
        case "option":
            return values.unquoted(text)
        case "datetime":
            values.moment(text)
            return text.strip()
    return text


def _number(word: Word, text: str, unit: str | None) -> int | float:
    factor = scale(unit, word)
    number = (Decimal(values.integer(text)) if word.type == "integer" else values.decimal(text)) * factor
    if word.type == "decimal":
        return float(number)
    if number != number.to_integral_value():
        raise Unreadable(f"`{text}` {unit} is no whole number of {word.unit}")
    return int(number)


def text(word: Word, value: Any, form: str | None = None, unit: str | None = None, present: str | None = None) -> str:
    """The text that makes a station mean `value`. `present` is its text now, of which a form may change a part.

    Raises Unreadable, in words for whoever gave the value.
    """
    match form:
        case "inverted":
            return values.boolean_text(not _given(value, bool, "true or false"))
        case "price_text":
            return _with_price_text(_given(value, str, "a text"), present)
        case "price_texts":
            return _with_price_texts(value)
    match word.type:
        case "boolean":
            return values.boolean_text(_given(value, bool, "true or false"))
        case "integer" | "decimal":
            return _number_text(word, value, unit)
        case "list" | "seqlist":
            return _list_text(word, value)
        case "datetime":
            values.moment(_given(value, str, "a time"))
    return str(_given(value, str, "a text"))


def _given(value: Any, type: type, meant: str) -> Any:
    if not isinstance(value, type):
        raise Unreadable(f"takes {meant}, not {json.dumps(value, default=str)[:60]}")
    return value


def _number_text(word: Word, value: Any, unit: str | None) -> str:
    kind = "a whole number" if word.type == "integer" else "a number"
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    exact = Decimal(str(number)) if number is not None else Decimal("NaN")
    if not exact.is_finite() or (word.type == "integer" and exact != exact.to_integral_value()):
        raise Unreadable(f"takes {kind}, not {json.dumps(value, default=str)[:60]}")
    if word.minimum is not None and exact < word.minimum:
        raise Unreadable(f"takes at least {word.minimum}, not {value}")
    if word.maximum is not None and exact > word.maximum:
        raise Unreadable(f"takes at most {word.maximum}, not {value}")
    factor = scale(unit, word)
    told = exact / factor
    if told * factor != exact or (factor < 1 and told != told.to_integral_value()):
        raise Unreadable(f"{value} {word.unit} is no whole number of {unit}, in which the station keeps it")
    return values.number_text(told)


def _list_text(word: Word, value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) and item and "," not in item for item in value):
        raise Unreadable("takes a list of texts without commas")
    if word.type == "list" and len({item.lower() for item in value}) < len(value):
        raise Unreadable("takes each item once")
    return values.list_text(value)


def _each_once(items: Any) -> list[str]:
    return list(dict.fromkeys(items))


def _rate_unit(item: str) -> str:
    found = _RATE_UNITS.get(item.lower())
    if found is None:
        raise Unreadable(f"`{item}` is neither A nor W")
    return found


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable("is no JSON object")
    return found


def _price_texts(text: str) -> dict[str, str]:
    rows = _json(text).get("priceTexts") if text.strip() else []
    if not isinstance(rows, list):
        raise Unreadable("holds no list priceTexts")
    return {str(row.get("language", "")): str(row.get("priceText", "")) for row in rows if isinstance(row, dict)}


def _with_price_text(value: str, present: str | None) -> str:
    known = _json(present) if present and present.strip() else {}
    return json.dumps(known | {"priceText": value}, ensure_ascii=False)


def _with_price_texts(value: Any) -> str:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise Unreadable("takes an object of language: text")
    strange = [language for language in value if not _LANGUAGE.fullmatch(language)]
    if strange:
        raise Unreadable(f"{strange[0]} is no language such as en or de-AT")
    rows = [{"priceText": text, "language": language} for language, text in value.items()]
    return json.dumps({"priceTexts": rows}, ensure_ascii=False)
