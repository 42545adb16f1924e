"""What the standard has: its components, their variables, and the keys of 1.6, read from `standard.csv`.

A row is a variable of a component (`*`: of any), or a component alone; `required` are the versions in which a station
that has the component must have the variable, in 1.6 any station.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from msgspec.structs import replace

from ohmstead.domain.device_model import Key, Model, Name, Variable, plain
from ohmstead.domain.differences import Difference
from ohmstead.domain.words import ANY, OCPP16, Version, home

_NUMBERED = "[connectorid]"


class Row(NamedTuple):
    component: str
    variable: str
    instance: str
    type: str
    required: tuple[str, ...]


@cache
def rows() -> tuple[Row, ...]:
    text = resources.files("ohmstead.domain").joinpath("standard.csv").read_text("utf-8")
    return tuple(
        Row(one["component"], one["variable"], one["instance"], one["type"], tuple(one["required"].split()))
        for one in csv.DictReader(text.splitlines())
    )


@cache
def components() -> frozenset[str]:
    """The names of the standard's components, as they are compared."""
    return frozenset(plain(one.component) for one in rows()) - {plain(OCPP16), ANY}


@cache
def _types() -> Mapping[tuple[str, str], str]:
    """The type of a component's variable; of any component's under `*`."""
    return {(plain(one.component), plain(one.variable)): one.type for one in rows() if one.variable}


@cache
def _variables() -> frozenset[str]:
    return frozenset(variable for component, variable in _types() if component != plain(OCPP16))


@cache
def _keys() -> frozenset[str]:
    return frozenset(variable for component, variable in _types() if component == plain(OCPP16))


def is_standard(name: Name) -> bool:
    """Whether the standard has a variable of this name; any component may have any of its variables."""
    component, variable = plain(name.component), plain(name.variable)
    if component == plain(OCPP16):
        return variable in _keys() or f"{variable.rstrip('0123456789')}{_NUMBERED}" in _keys()
    return component in components() and variable in _variables()


def custom(names: Iterable[Name]) -> frozenset[str]:
    """The components that the standard does not have; of 1.6 the keys, as `Ocpp16.Key`."""
    found = set()
    for name in names:
        if plain(name.component) == plain(OCPP16):
            if not is_standard(name):
                found.add(f"{OCPP16}.{name.variable}")
        elif plain(name.component) not in components():
            found.add(name.component)
    return frozenset(found)


def deviations(known: Model, version: Version) -> tuple[Difference, ...]:
    """A station (left) against the standard (right).

    `missing`: the standard does not have it. `added`: the standard requires it of a station that has the component.
    `characteristics`: it is of another type than the standard says.
    """
    found = [one for variable in known for one in _deviation(variable)]
    if known.report.complete:
        found += [Difference(name, "added") for name in _required(known, version) if known.get(name) is None]
    return tuple(sorted(found, key=lambda one: one.name.key))


def _deviation(variable: Variable) -> Iterator[Difference]:
    name, told = variable.name, variable.characteristics
    if not is_standard(name):
        yield Difference(name, "missing", left=None if (own := variable.attribute()) is None else own.value)
        return
    component, its = plain(name.component), plain(name.variable)
    wanted = _types().get((component, its)) or _types().get((ANY, its))
    if told is not None and wanted and plain(told.data_type) != plain(wanted) and component != plain(OCPP16):
        yield Difference(name, "characteristics", left=told.data_type, right=wanted)


def _required(known: Model, version: Version) -> list[Name]:
    """What the standard requires, at each place where the station has the component."""
    wanted = [one for one in rows() if version in one.required]
    if version == "1.6":
        return [home(one.variable) for one in wanted]
    places: dict[str, dict[Key, Name]] = {}
    for key, variable in known.variables.items():
        places.setdefault(key[0], {}).setdefault((*key[:4], "", ""), variable.name)
    return [
        replace(place, variable=one.variable, variable_instance=one.instance or None)
        for one in wanted
        for place in places.get(plain(one.component), {}).values()
    ]
