"""Layers of desired state: which apply to a station, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from ohmstead.blocks.command import parse
from ohmstead.fleet.aspects import ASPECTS, discover
from ohmstead.fleet.aspects.charging_profiles import place_of
from ohmstead.fleet.aspects.monitors import key_of
from ohmstead.shapes.desired import AppliesTo, Desired
from ohmstead.store.desired import Declared, Place

FLEET, MODEL, SITE, GROUP, STATION = range(5)
ENTRIES: dict[str, Callable[[Any], Any]] = {
    "configuration": lambda word: (word.name, word.evse_id),
    "root_certificates": lambda roots: roots.certificate_type,
    "monitors": key_of,
    "display_messages": lambda message: message.id,
    "network_profiles": lambda profile: profile.slot,
    "charging_profiles": place_of,
    "tariffs": lambda tariff: tariff.evse_id,
}
"""Lists -> what tells their entries apart."""
Parents = Mapping[int, int | None]
"""site -> the site it lies in."""


def applying(layers: Sequence[Declared], place: Place, parents: Parents) -> list[Declared]:
    """Those that speak of the station, the closest last."""
    chain = _chain(place.site_id, parents)
    return sorted((one for one in layers if _applies(one, place, chain)), key=lambda one: _closeness(one, chain))


def _chain(site_id: int | None, parents: Parents) -> list[int]:
    """The station's site and those around it, the widest first."""
    found: list[int] = []
    while site_id is not None and site_id not in found:
        found.insert(0, site_id)
        site_id = parents.get(site_id)
    return found


def _applies(one: Declared, place: Place, chain: list[int]) -> bool:
    if one.station_id is not None:
        return one.station_id == place.id
    to = one.said.applies_to
    return to is not None and (
        to.vendor in (None, place.vendor)
        and to.model in (None, place.model)
        and (to.site_id is None or int(to.site_id) in chain)
        and (to.station_ids is None or place.identity in to.station_ids)
    )


def _closeness(one: Declared, chain: list[int]) -> tuple[int, int, str]:
    to = one.said.applies_to or AppliesTo()
    depth = chain.index(int(to.site_id)) if to.site_id is not None else -1
    if one.station_id is not None:
        level = STATION
    elif to.station_ids is not None:
        level = GROUP
    elif to.site_id is not None:
        level = SITE
    else:
        level = FLEET if to == AppliesTo() else MODEL
    return level, depth, one.id


def together(layers: Sequence[Declared]) -> Desired:
    """What they say, the closest last: of a list each entry for itself, of all else the closest that speaks."""
    fields: dict[str, Any] = {}
    entries: dict[str, dict[Any, Any]] = {name: {} for name in ENTRIES}
    for one in layers:
        said = asdict(one.said.desired)
        for name, key in ENTRIES.items():
            entries[name] |= {key(entry): entry for entry in said.pop(name) or ()}
        fields |= {name: value for name, value in said.items() if value is not None}
    fields |= {name: list(found.values()) for name, found in entries.items() if found}
    return Desired(**fields)


def check(desired: Desired) -> None:
    """Raises msgspec.ValidationError where no station could be brought to it."""
    discover()
    for name, aspect in ASPECTS.items():
        wanted = getattr(desired, name)
        if name in ENTRIES and len({ENTRIES[name](entry) for entry in wanted or ()}) != len(wanted or ()):
            raise msgspec.ValidationError(f"`{name}` declares something twice")
        for body in aspect.asks(wanted) if wanted else ():
            parse(msgspec.json.encode(body))
