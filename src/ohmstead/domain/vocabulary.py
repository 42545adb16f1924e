"""One set of words for every station: reading a device model in them, and writing through them.

`read` answers in the same words and units for 1.6, 2.0.1 and 2.1 and for every vendor whose variables are known, and
says which variables it has no word for. `write` turns a word and a value into the variables (in 1.6 keys) to be set, or
into a reason that says why it cannot be. The words are in `words`, how texts become values in `conversions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain import conversions
from ohmstead.domain.conversions import Typed
from ohmstead.domain.device_model import Item, Model, Name, Variable
from ohmstead.domain.facts import Fact
from ohmstead.domain.places import Index, Place, Said, by_connector, chosen, joined, said
from ohmstead.domain.values import Unreadable, problem
from ohmstead.domain.words import ANY, Rule, Version, Way, Word, all_ways, find, nearest, ways

BY_CONNECTOR = "by_connector"
"""The form of a 1.6 key that lists `<connector>.<value>`, as `1.RST,2.RTS`."""


class Value(Struct, frozen=True, kw_only=True):
    """A word's value at a station, an EVSE or a connector.

    `source` is how it was learnt (report, get, set, event), where the station told it outside its device model
    (boot, status ...), or `absent`: it has no such thing, which answers the question. `variable` holds it.
    """

    name: str
    value: Typed
    unit: str | None = None
    writable: bool = False
    evse_id: int | None = None
    connector_id: int | None = None
    source: str = "report"
    updated_at: int = 0
    variable: Name | None = None
    options: tuple[str, ...] = ()
    """What it may be, where the station says so."""

    @property
    def number(self) -> float | None:
        """The value as a number, to be compared in queries: false is 0, true is 1; None where it is none."""
        return float(self.value) if isinstance(self.value, int | float) else None

    @property
    def place(self) -> tuple[str, int, int]:
        return self.name, -1 if self.evse_id is None else self.evse_id, self.connector_id or 0


class Unmapped(Struct, frozen=True):
    """A variable that no word stands for; or one whose text means nothing, with the reason."""

    name: Name
    reason: str | None = None


class Reading(NamedTuple):
    """A station in the words of the vocabulary."""

    values: tuple[Value, ...]
    unmapped: tuple[Unmapped, ...]

    def value(self, name: str, evse_id: int | None = None, connector_id: int | None = None) -> Typed | None:
        """The value of a word; one of the whole station answers for each EVSE too."""
        own = [one for one in self.values if one.name == name]
        for one in own:
            if one.evse_id == evse_id and (connector_id is None or one.connector_id == connector_id):
                return one.value
        return next((one.value for one in own if one.evse_id is None), None)


def read(known: Model, version: Version, rules: tuple[Rule, ...] = (), facts: Iterable[Fact] = ()) -> Reading:
    """The station in the words of the vocabulary. `facts` count only where the model says nothing."""
    index = Index(known)
    facts_of: dict[str, list[Fact]] = {}
    for fact in facts:
        facts_of.setdefault(fact.name, []).append(fact)
    result: list[Value] = []
    mapped: dict[Name, str | None] = {}
    for word, its_ways in all_ways(version, rules):
        found = _found(word, its_ways, index, known, mapped)
        found = _completed(word, found, facts_of.get(word.name, ()))
        if not found and word.absent is not None and (known.report.complete or not its_ways):
            found = [Value(name=word.name, value=word.absent, unit=word.unit, source="absent")]
        result += sorted(found, key=lambda one: one.place)
    left = (one for one in known if mapped.get(one.name, "") is not None)
    return Reading(tuple(result), tuple(Unmapped(one.name, mapped.get(one.name)) for one in left))


def _found(
    word: Word, its_ways: Iterable[Way], index: Index, known: Model, mapped: dict[Name, str | None]
) -> list[Value]:
    """What the first way that says something says. `mapped` learns which variables the word stands for."""
    found: list[Value] = []
    for way in its_ways:
        places = index.at(way)
        for place in places:
            mapped.setdefault(place.variable.name, None)
        if found or not places:
            continue
        try:
            found = list(_values(word, way, places, known))
        except Unreadable as error:
            mapped.update((place.variable.name, f"{word.name}: {error}") for place in places)
    return found


def _completed(word: Word, found: list[Value], facts: Iterable[Fact]) -> list[Value]:
    """With the facts where nothing else is said; a value of the whole station says it for each EVSE."""
    taken = {one.place for one in found}
    if any(one.evse_id is None for one in found):
        return found
    more = (
        Value(
            name=word.name,
            value=one.value,
            unit=word.unit,
            evse_id=one.evse_id,
            connector_id=one.connector_id,
            source=one.source,
            updated_at=one.at,
        )
        for one in facts
    )
    return found + [one for one in more if one.place not in taken and (one.evse_id is not None or not found)]


def _values(word: Word, way: Way, places: Sequence[Place], known: Model) -> Iterator[Value]:
    if word.type == "password":
        return
    if way.many == "count":
        yield _value(word, way, Place(places[0].variable, None, None), len(places), None)
    elif way.many in ("list", "map"):
        yield from _gathered(word, way, places)
    else:
        for place in chosen(way, places, known):
            text = said(word, way, place.variable)
            if text is None:
                continue
            if way.form == BY_CONNECTOR:
                yield from _split(word, way, place.variable, text)
            else:
                value = conversions.typed(word, text.text, way.form, text.unit)
                yield _value(word, way, place, _canonical(place.variable, value), text)


def _split(word: Word, way: Way, variable: Variable, text: Said) -> Iterator[Value]:
    """The entries of a list by connector; connector n of 1.6 is connector 1 of EVSE n."""
    for number, item in by_connector(text.text):
        evse_id = number if number >= 0 else None
        place = Place(variable, evse_id, 1 if evse_id and word.level == "connector" else None)
        plain = "" if item.lower() in ("unknown", "notapplicable") else item
        yield _value(word, way, place, conversions.typed(word, plain, None, text.unit), text)


def _gathered(word: Word, way: Way, places: Sequence[Place]) -> Iterator[Value]:
    """All instances of an EVSE as one value: a list, or an object by instance."""
    groups: dict[tuple[int, int], list[Place]] = {}
    for place in places:
        groups.setdefault((place.evse_id or 0, place.connector_id or 0), []).append(place)
    for group in groups.values():
        each = [one for one in group if way.many == "list" or one.variable.name.variable_instance]
        told = [(one.variable.name, text) for one in each if (text := said(word, way, one.variable)) is not None]
        if not told:
            continue
        if way.many == "list":
            value: Typed = [text.text for _, text in told]
        else:
            value = {name.variable_instance or "": conversions.typed(word, text.text) for name, text in told}
        yield _value(word, way, group[0], value, told[0][1])


def _value(word: Word, way: Way, place: Place, value: Typed, text: Said | None) -> Value:
    attribute = text.attribute if text is not None else None
    attribute = attribute or place.variable.attribute()
    told = place.variable.characteristics
    return Value(
        name=word.name,
        value=value,
        unit=word.unit,
        writable=is_writable(word, way, place.variable),
        evse_id=place.evse_id,
        connector_id=place.connector_id,
        source=attribute.source if attribute is not None else "report",
        updated_at=attribute.updated_at if attribute is not None else 0,
        variable=place.variable.name,
        options=told.options if told is not None and way.target == "value" else (),
    )


def _canonical(variable: Variable, value: Typed) -> Typed:
    """A text in the spelling of the list of values it is from."""
    options = variable.characteristics.options if variable.characteristics is not None else ()
    if not isinstance(value, str) or not options:
        return value
    return next((option for option in options if option.lower() == value.lower()), value)


def is_writable(word: Word, way: Way, variable: Variable | None) -> bool:
    """Whether the station, as far as we know, lets the word be written this way."""
    if word.writable == "ro" or word.type == "password" or not way.writable:
        return False
    if (way.form or "").partition(":")[0] in ("feature", "present") or way.target in ("values_list", "max_elements"):
        return False
    if way.many in ("list", "map", "count", "slot"):
        return False
    if variable is None:
        return way.target == "value"
    attribute = variable.attribute("MaxSet" if way.target == "max_limit" else "Actual")
    if attribute is None:
        return False
    return attribute.mutability != "ReadOnly" and not attribute.constant


class Refusal(Struct, frozen=True):
    """Why a word cannot be written, for whoever asked."""

    reason: str


MOST_CHARACTERS: dict[Version, int] = {"1.6": 500, "2.0.1": 1000, "2.1": 2500}
"""The longest value that can be written."""


class _Refused(Exception):
    """The message is the reason."""


def write(
    name: str, evse_id: int | None, value: object, known: Model, version: Version, rules: tuple[Rule, ...] = ()
) -> tuple[Item, ...] | Refusal:
    """The variables to set (in 1.6: `keys16.key_of` gives their keys) so that the word has this value.

    Without `evse_id` a word of an EVSE is set wherever the station has it. Every value was checked against what the
    station says of the variable.
    """
    word = find(name)
    if word is None:
        meant = nearest(name)
        return Refusal(f"the vocabulary has no `{name}`{f'; the nearest is `{meant}`' if meant else ''}")
    try:
        _refuse(word, evse_id, version)
        way, places = _target(word, evse_id, known, version, rules)
        items = tuple(_item(word, way, place, evse_id, value) for place in places)
    except (_Refused, Unreadable) as error:
        return Refusal(f"{word.name} {error}")
    wrong = next((why for item in items if (why := problem(known, item, MOST_CHARACTERS[version]))), None)
    return Refusal(wrong) if wrong else items


def _refuse(word: Word, evse_id: int | None, version: Version) -> None:
    if word.type == "password":
        raise _Refused("is changed by rotating the station's credentials")
    if word.writable == "ro":
        raise _Refused("is read-only")
    if word.writable == "1.6" and version != "1.6":
        raise _Refused("is changed with a new network profile in OCPP 2.x")
    if word.level == "station" and evse_id:
        raise _Refused("is a setting of the whole station: leave evse_id out")


def _target(
    word: Word, evse_id: int | None, known: Model, version: Version, rules: tuple[Rule, ...]
) -> tuple[Way, list[Place]]:
    """Where to write. Where nothing is known of the station's variables, the standard's is tried."""
    its_ways = ways(word, version, rules)
    index = Index(known)
    present = [(way, list(chosen(way, index.at(way), known))) for way in its_ways if index.at(way)]
    for way, places in present:
        open_ones = [place for place in places if is_writable(word, way, place.variable)]
        if open_ones:
            return way, _of_evse(way, open_ones, evse_id, index)
    if present:
        raise _Refused(_why_closed(word, present[0][0]))
    tried = [way for way in its_ways if is_writable(word, way, None) and not way.vendor and ANY not in way.address]
    if known.report.complete or not tried or "[n]" in tried[0].address.variable or tried[0].form == BY_CONNECTOR:
        raise _Refused(f"is nothing that this OCPP {version} station is known to have")
    connector_id = 1 if evse_id and word.level == "connector" else None
    name = replace(tried[0].spelling, evse_id=evse_id, connector_id=connector_id)
    return tried[0], [Place(Variable(name), evse_id, connector_id)]


def _of_evse(way: Way, places: list[Place], evse_id: int | None, index: Index) -> list[Place]:
    """Those of the EVSE. A setting of the whole station stands for its only EVSE, but not for one of several."""
    if evse_id is None or way.form == BY_CONNECTOR:
        return places
    own = [place for place in places if place.evse_id == evse_id]
    if not own and not any(place.evse_id for place in places) and index.evses() in (0, 1):
        own = places
    if not own:
        held = sorted({place.evse_id for place in places if place.evse_id})
        where = (
            f"is held by EVSE {', '.join(map(str, held))} only"
            if held
            else "is one setting for all EVSEs here: leave evse_id out"
        )
        raise _Refused(where)
    return own


def _why_closed(word: Word, way: Way) -> str:
    if way.many == "slot":
        return "is changed with a new network profile"
    if way.target == "max_limit":
        return "is fixed by the station; a charging profile can limit it further"
    if way.form and way.form.startswith("feature"):
        return "cannot be switched in OCPP 1.6: it is one of the station's feature profiles"
    if not way.writable and way.form == "shared":
        return "has no key of its own in OCPP 1.6"
    return "is read-only at this station"


def _item(word: Word, way: Way, place: Place, evse_id: int | None, value: object) -> Item:
    name = place.variable.name
    actual = place.variable.attribute()
    present = actual.value if actual is not None else None
    told = place.variable.characteristics
    unit = way.unit or (told.unit if told is not None else None)
    if way.form == BY_CONNECTOR:
        own = conversions.text(word, value, None, unit) or "Unknown"
        return Item(name, value=joined(present or "", evse_id, own))
    text = conversions.text(word, value, way.form, unit, present)
    return Item(name, "MaxSet" if way.target == "max_limit" else "Actual", text)
