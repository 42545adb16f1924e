"""Values are texts on the wire: read here, written here, and judged before they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from ohmstead.domain.device_model import Attribute, Characteristics, Item, Model, Name, Variable, plain

INT64 = 2**63 - 1

SLOTS_IN_USE = (Name("OCPPCommCtrlr", "ActiveNetworkProfile"), Name("OCPPCommCtrlr", "NetworkConfigurationPriority"))
"""The variables that say which network profiles are in use."""

_INTEGER = re.compile(r"[+-]?\d{1,19}(?:\.0{1,10})?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class Unreadable(ValueError):
    """A text that is not a value of its type; the message says what is wrong with it."""


def boolean(text: str) -> bool:
    """The specification writes true and false; stations write True, TRUE and 1 too."""
    word = unquoted(text).lower()
    if word not in _TRUE | _FALSE:
        raise Unreadable(f"{_shown(text)} is neither true nor false")
    return word in _TRUE


def integer(text: str) -> int:
    """Also from `25.00`, but not from `25.5`."""
    word = unquoted(text)
    if not _INTEGER.fullmatch(word) or abs(number := int(word.partition(".")[0])) > INT64:
        raise Unreadable(f"{_shown(text)} is not a whole number")
    return number


def decimal(text: str) -> Decimal:
    word = unquoted(text)
    if not _DECIMAL.fullmatch(word):
        raise Unreadable(f"{_shown(text)} is not a number")
    return Decimal(word)


def items(text: str) -> tuple[str, ...]:
    """A list: comma-separated; blanks, quotes and brackets around the items are taken off, empty ones left out."""
    inner = text.strip().removeprefix("[").removesuffix("]")
    return tuple(item for part in inner.split(",") if (item := unquoted(part)))


def moment(text: str) -> datetime:
    """A time with its zone, RFC 3339."""
    try:
        found = datetime.fromisoformat(unquoted(text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Unreadable(f"{_shown(text)} is not a time with zone such as 2026-03-01T12:00:00Z")
    return found


def unquoted(text: str) -> str:
    return text.strip().strip("\"'").strip()


def number_text(number: Decimal | int | float) -> str:
    """A number as stations read it: no exponent, no zeros after the last digit."""
    exact = number if isinstance(number, Decimal) else Decimal(str(number))
    text = format(exact, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-", "-0") else text


def boolean_text(value: bool) -> str:
    return "true" if value else "false"


def list_text(items: Iterable[str]) -> str:
    return ",".join(items)


def alike(one: str, other: str) -> bool:
    """Whether two texts mean the same to a station: in another case, as `25` and `25.00`, or `A,B` and `A, "B"`."""
    left, right = ([item.lower() for item in items(text)] for text in (one, other))
    if left == right:
        return True
    try:
        return decimal(one) == decimal(other)
    except Unreadable:
        return False


def rounded(wanted: float, actual: float) -> bool:
    """Whether a station may mean the one when it says the other: it keeps steps of its own."""
    return abs(wanted - actual) <= abs(wanted) / 100 or (not wanted.is_integer() and abs(wanted - actual) < 1)


def nearly(wanted: str, actual: str) -> bool:
    """As `rounded`, of texts."""
    try:
        return rounded(float(decimal(wanted)), float(decimal(actual)))
    except Unreadable:
        return False


_READERS: dict[str, Callable[[str], object]] = {
    "boolean": boolean,
    "integer": integer,
    "decimal": decimal,
    "datetime": moment,
}


def problem(known: Model, item: Item, most_characters: int | None = None) -> str | None:
    """Why the station would refuse this value, or None. Silent about a variable that is not known.

    `most_characters` is what the version or the station allows for any value (1.6: 500, 2.0.1: 1000, 2.1: 2500).
    """
    value = item.value or ""
    if most_characters is not None and len(value) > most_characters:
        return f"{item.name} takes at most {most_characters} characters, not {len(value)}"
    variable = known.get(item.name)
    if variable is None:
        return None
    reason = _refused_attribute(known, variable, item)
    if reason is None and variable.characteristics is not None:
        reason = _refused_value(variable.characteristics, value)
    if reason is None and item.attribute == "Target":
        reason = _refused_target(variable, value)
    return None if reason is None else f"{item.name} {reason}"


def _refused_attribute(known: Model, variable: Variable, item: Item) -> str | None:
    attribute = variable.attribute(item.attribute)
    if attribute is None:
        # one learnt by a get may have attributes that no report has named
        named = all(one.mutability is not None for one in variable.attributes)
        return f"has no attribute {item.attribute}" if named else None
    if attribute.mutability == "ReadOnly" or attribute.constant:
        return f"is read-only{'' if item.attribute == 'Actual' else f' in {item.attribute}'}"
    return _refused_slot(known, item.name)


def _refused_slot(known: Model, name: Name) -> str | None:
    """The settings of a connection in use are not written under way (B09.FR.21, .22)."""
    if plain(name.component) != "networkconfiguration" or not name.component_instance:
        return None
    active, order = (known.value(one) or "" for one in SLOTS_IN_USE)
    if name.component_instance in (active.strip(), *items(order)):
        return f"belongs to slot {name.component_instance}, which is in use; change a slot that is not, then switch"
    return None


def _refused_value(characteristics: Characteristics, value: str) -> str | None:
    kind = characteristics.data_type.lower()
    if kind.endswith("list"):
        return _refused_list(characteristics, value, kind)
    reader = _READERS.get(kind)
    if reader is None:
        return _refused_text(characteristics, value)
    try:
        reader(value)
    except Unreadable as error:
        return f"is of type {characteristics.data_type}: {error}"
    return _refused_number(characteristics, decimal(value)) if kind in ("integer", "decimal") else None


def _refused_number(characteristics: Characteristics, number: Decimal) -> str | None:
    low, high = characteristics.min_limit, characteristics.max_limit
    unit = f" {characteristics.unit}" if characteristics.unit else ""
    if low is not None and number < Decimal(str(low)):
        return f"takes at least {number_text(low)}{unit}, not {number_text(number)}"
    if high is not None and number > Decimal(str(high)):
        return f"takes at most {number_text(high)}{unit}, not {number_text(number)}"
    return None


def _refused_text(characteristics: Characteristics, value: str) -> str | None:
    low, high = characteristics.min_limit, characteristics.max_limit
    if low is not None and len(value) < low:
        return f"takes at least {number_text(low)} characters, not {len(value)}"
    if high is not None and len(value) > high:
        return f"takes at most {number_text(high)} characters, not {len(value)}"
    return None


def _refused_list(characteristics: Characteristics, value: str, kind: str) -> str | None:
    given = (value.strip(),) if kind == "optionlist" else items(value)
    allowed = {option.lower() for option in characteristics.options}
    strange = [item for item in given if item.lower() not in allowed] if allowed else []
    if strange and not (kind == "optionlist" and value == ""):
        return f"takes {', '.join(characteristics.options)}; not {', '.join(strange) or 'nothing'}"
    if kind == "memberlist" and len({item.lower() for item in given}) < len(given):
        return "takes each item once"
    most = characteristics.max_elements
    if most is not None and len(given) > most:
        return f"takes at most {most} items, not {len(given)}"
    return _refused_text(replace(characteristics, min_limit=None), value)


def _refused_target(variable: Variable, value: str) -> str | None:
    """A target lies between MinSet and MaxSet."""
    try:
        number = decimal(value)
    except Unreadable:
        return None
    low, high = _number(variable.attribute("MinSet")), _number(variable.attribute("MaxSet"))
    if low is not None and number < low:
        return f"takes a Target from its MinSet {number_text(low)}, not {number_text(number)}"
    if high is not None and number > high:
        return f"takes a Target up to its MaxSet {number_text(high)}, not {number_text(number)}"
    return None


def _number(attribute: Attribute | None) -> Decimal | None:
    try:
        return decimal(attribute.value) if attribute is not None and attribute.value else None
    except Unreadable:
        return None


def _shown(text: str) -> str:
    return f"`{text}`" if len(text) <= 60 else f"`{text[:60]}...`"
