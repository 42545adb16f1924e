"""Configuration in words of the vocabulary. Each command reads back what it set: stations accept and do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from ohmstead.domain import vocabulary
from ohmstead.domain.desired import Check
from ohmstead.domain.device_model import Attribute, Item, Model
from ohmstead.domain.values import alike, nearly
from ohmstead.domain.vendor_words import rules_for
from ohmstead.domain.words import Version, find, nearest
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.device_model import WordChange
from ohmstead.store.db import Db


async def compare(db: Db, seen: Seen, wanted: list[WordChange]) -> list[Check]:
    return [_check(one, seen) for one in wanted]


def what(one: WordChange) -> str:
    return one.name if one.evse_id is None else f"{one.name} of EVSE {one.evse_id}"


def _check(one: WordChange, seen: Seen) -> Check:
    version, rules = cast("Version", seen.place.ocpp_version), rules_for(seen.place.vendor)
    items = vocabulary.write(one.name, one.evse_id, one.value, seen.known, version, rules)
    if isinstance(items, vocabulary.Refusal):
        return Check(aspect="configuration", what=what(one), wanted=one.value, actual=None, same=False,
                     blocked=items.reason)  # fmt: skip
    held = [(item, _attribute(seen.known, item)) for item in items]
    wrong = [(item, found) for item, found in held if not _is_so(one, item, found)]
    _, shown = (wrong or held)[0]
    return Check(
        aspect="configuration", what=what(one), wanted=one.value, actual=None if shown is None else shown.value,
        same=not wrong, near=bool(wrong) and all(_is_near(item, found) for item, found in wrong),
        after_restart=bool(wrong) and all(_waits(item, found) for item, found in wrong),
    )  # fmt: skip


def _attribute(known: Model, item: Item) -> Attribute | None:
    variable = known.get(item.name)
    return None if variable is None else variable.attribute(item.attribute)


def _is_so(one: WordChange, item: Item, found: Attribute | None) -> bool:
    """Numbers and lists may be spelled otherwise; texts are as they are: an address with another case is another."""
    if found is None or found.value is None or found.value == item.value:
        return found is not None and found.value == item.value
    word = find(one.name)
    return word is not None and word.type != "string" and alike(found.value, item.value or "")


def _is_near(item: Item, found: Attribute | None) -> bool:
    return found is not None and found.value is not None and nearly(item.value or "", found.value)


def _waits(item: Item, found: Attribute | None) -> bool:
    return found is not None and found.pending is not None and found.pending.value == item.value


def mend(wanted: list[WordChange], wrong: Sequence[Check]) -> dict[str, Any]:
    names = {one.what for one in wrong}
    return set_values([one for one in wanted if what(one) in names])


def set_values(values: Sequence[WordChange]) -> dict[str, Any]:
    """The command that sets what differs, and asks the station how all of them are then."""
    return {"type": "set_values", "values": list(values), "read_back": True}


def asks(wanted: list[WordChange]) -> list[dict[str, Any]]:
    for one in wanted:
        if find(one.name) is None:
            meant = nearest(one.name)
            hint = f"; the nearest is `{meant}`" if meant else ""
            raise msgspec.ValidationError(f"The vocabulary has no `{one.name}`{hint}")
    return [set_values(wanted)] if wanted else []


register(Aspect("configuration", compare, mend, asks, read=set_values))
