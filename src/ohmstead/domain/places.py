"""Which variables of a device model hold a word of the vocabulary, and for which EVSE."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ohmstead.domain import values
from ohmstead.domain.device_model import Attribute, Model, Name, Variable, plain
from ohmstead.domain.words import ANY, OCPP16, Way, Word


class Place(NamedTuple):
    """A variable that holds a word, and the EVSE and connector whose value it is; None: of the whole station."""

    variable: Variable
    evse_id: int | None
    connector_id: int | None


class Said(NamedTuple):
    """What a station says for a word: the text, its unit, and the attribute it stands in (None: a characteristic)."""

    text: str
    unit: str | None
    attribute: Attribute | None


_KEYS = plain(OCPP16)
_NUMBERED = re.compile(r"(.*?)\[?(\d{1,4})\]?")


class Index:
    """The variables of a model by address. Any instance, and the number in a 1.6 key, can be left open in one."""

    def __init__(self, known: Model) -> None:
        self._exact: dict[tuple[str, ...], list[Place]] = {}
        self._open: dict[tuple[str, str], list[Place]] = {}
        for key, variable in known.variables.items():
            place = Place(variable, key[2] or None, key[3] or None)
            self._exact.setdefault((key[0], key[1], key[4], key[5]), []).append(place)
            self._open.setdefault((key[0], key[4]), []).append(place)
            if key[0] == _KEYS and (numbered := _NUMBERED.fullmatch(key[4])):
                place = Place(variable, int(numbered[2]), None)
                self._exact.setdefault((key[0], "", f"{numbered[1]}[n]", ""), []).append(place)

    def at(self, way: Way) -> list[Place]:
        """The variables at the way's address."""
        at = way.address
        if ANY not in at:
            return self._exact.get(at, [])
        return [
            place
            for place in self._open.get((at.component, at.variable), ())
            if at.component_instance in (ANY, plain(place.variable.name.component_instance))
            and at.variable_instance in (ANY, plain(place.variable.name.variable_instance))
        ]

    def evses(self) -> int:
        """How many EVSEs the variables speak of; a 1.6 station has one for each of NumberOfConnectors."""
        numbers = {place.evse_id for places in self._open.values() for place in places if place.evse_id}
        count = self._exact.get((_KEYS, "", "numberofconnectors", ""))
        told = count[0].variable.attribute() if count else None
        text = (told.value if told is not None else None) or ""
        return max(len(numbers), int(text) if text.isdecimal() and len(text) < 5 else 0)


def said(word: Word, way: Way, variable: Variable) -> Said | None:
    """What the variable says for the word; None where it says nothing, or is not set."""
    told = variable.characteristics
    unit = way.unit or (told.unit if told is not None else None)
    actual = variable.attribute()
    if way.form == "present":
        return Said("", None, actual)
    if way.target == "max_limit" and (most := variable.attribute("MaxSet")) is not None and most.value:
        return Said(most.value, unit, most)
    if way.target == "value":
        if actual is None or actual.value is None:
            return None
        is_set = bool(actual.value.strip()) or word.type in ("string", "list", "seqlist")
        return Said(actual.value, unit, actual) if is_set else None
    if told is None:
        return None
    if way.target == "values_list":
        return Said(values.list_text(told.options), unit, None) if told.options else None
    number = told.max_limit if way.target == "max_limit" else told.max_elements
    return None if number is None else Said(values.number_text(number), unit, None)


def by_connector(text: str) -> list[tuple[int, str]]:
    """The entries of a list of `<connector>.<value>`, as `0.RST,1.RTS`; a value alone, for every one, has number -1."""
    result = []
    for item in values.items(text):
        number, dot, value = item.partition(".")
        result.append((int(number), value) if dot and number.isdecimal() and len(number) < 5 else (-1, item))
    return result


def joined(text: str, number: int | None, value: str) -> str:
    """The list of `<connector>.<value>` with this value for the connector, or for all that it names."""
    known = [(own, old) for own, old in by_connector(text) if own >= 0]
    numbers = dict.fromkeys(own for own, _ in known)
    if number is not None:
        numbers[number] = None
    entries = dict(known) | {own: value for own in numbers if number is None or own == number}
    return values.list_text(f"{own}.{entries[own]}" for own in numbers) if numbers else value


def chosen(way: Way, places: Sequence[Place], known: Model) -> Iterator[Place]:
    """Of several instances the one that counts: that of the slot in use, or the one without instance."""
    if way.many not in ("slot", "first") or len(places) < 2:
        yield from places
        return
    order: list[str] = [""]
    if way.many == "slot":
        active = known.value(Name("OCPPCommCtrlr", "ActiveNetworkProfile"))
        order = [active or "", *values.items(known.value(Name("OCPPCommCtrlr", "NetworkConfigurationPriority")) or "")]
    instances = {
        (one.variable.name.component_instance or one.variable.name.variable_instance or ""): one for one in places
    }
    yield next((instances[one] for one in order if one in instances), places[0])
