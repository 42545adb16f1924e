"""Layers of desired state: which apply to a station, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from ohmstead.blocks.command import parse
from ohmstead.fleet.aspects import ASPECTS, discover
from ohmstead.shapes.desired import AppliesTo, Desired
from ohmstead.shapes.device_model import WordChange
from ohmstead.store.desired import Declared, Place

FLEET, MODEL, SITE, GROUP, STATION = range(5)
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
    return (
        to.vendor in (None, place.vendor)
        and to.model in (None, place.model)
        and (to.site_id is None or int(to.site_id) in chain)
        and (to.station_ids is None or place.identity in to.station_ids)
    )


def _closeness(one: Declared, chain: list[int]) -> tuple[int, int, str]:
    to = one.said.applies_to
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
    """What they say, the closest last: of configuration each word for itself, of all else the closest that speaks."""
    fields: dict[str, Any] = {}
    words: dict[tuple[str, int | None], WordChange] = {}
    for one in layers:
        said = asdict(one.said.desired)
        words |= {(word.name, word.evse_id): word for word in said.pop("configuration") or ()}
        fields |= {name: value for name, value in said.items() if value is not None}
    if words:
        fields["configuration"] = list(words.values())
    return Desired(**fields)


def check(desired: Desired) -> None:
    """Raises msgspec.ValidationError where no station could be brought to it."""
    discover()
    for name, aspect in ASPECTS.items():
        wanted = getattr(desired, name)
        for body in aspect.asks(wanted) if wanted else ():
            parse(msgspec.json.encode(body))
