"""A station comes back with another version of OCPP: which of its settings can be carried over, and how.

What a station was set to is kept in the words of the vocabulary, taken in the version it spoke before. In the new one a
word is the same already, can be written, or is lost: then the reason says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec import Struct

from ohmstead.domain import vocabulary
from ohmstead.domain.conversions import Typed
from ohmstead.domain.device_model import Item, Model, Name, is_secret
from ohmstead.domain.vocabulary import Reading, Refusal
from ohmstead.domain.words import Rule, Version

Verdict = Literal["same", "carried", "lost"]
OWN = "the vocabulary has no word for it: it is a setting of the station's own"


class Setting(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something the station was set to: a word of the vocabulary, or (`word` false) a variable or key without one."""

    name: str
    value: Typed
    unit: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    word: bool = True


class Fate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of a setting. `now` is its value in the new version, where it has one."""

    setting: Setting
    verdict: Verdict
    reason: str | None = None
    now: Typed | None = None


class Plan(NamedTuple):
    """Every setting with its fate, and the variables to write."""

    fates: tuple[Fate, ...]
    items: tuple[Item, ...]


def settings(reading: Reading, known: Model) -> tuple[Setting, ...]:
    """What somebody could have set, as it was set."""
    words = [
        Setting(name=one.name, value=one.value, unit=one.unit, evse_id=one.evse_id, connector_id=one.connector_id)
        for one in reading.values
        if one.writable and one.variable is not None
    ]
    own = [found for one in reading.unmapped if (found := _own(one.name, known)) is not None]
    return (*words, *own)


def _own(name: Name, known: Model) -> Setting | None:
    variable = known.get(name)
    actual = None if variable is None else variable.attribute()
    if actual is None or not actual.value or actual.mutability == "ReadOnly" or actual.constant or is_secret(name):
        return None
    return Setting(name=str(name), value=actual.value, word=False)


def plan(
    kept: Iterable[Setting],
    known: Model,
    version: Version,
    rules: tuple[Rule, ...] = (),
    reading: Reading | None = None,
) -> Plan:
    """What becomes of the settings at a station of this version with this model. Without its `reading` nothing is known
    of the new one yet: then this is what would be tried."""
    fates: list[Fate] = []
    items: dict[object, Item] = {}
    for one in kept:
        fate, wanted = _fate(one, known, version, rules, reading)
        fates.append(fate)
        items.update((item.key, item) for item in wanted)
    return Plan(tuple(fates), tuple(items.values()))


def _fate(
    one: Setting, known: Model, version: Version, rules: tuple[Rule, ...], reading: Reading | None
) -> tuple[Fate, tuple[Item, ...]]:
    if not one.word:
        return Fate(setting=one, verdict="lost", reason=OWN), ()
    now = None if reading is None else reading.value(one.name, one.evse_id, one.connector_id)
    if now is not None and now == one.value:
        return Fate(setting=one, verdict="same", now=now), ()
    wanted = vocabulary.write(one.name, one.evse_id, one.value, known, version, rules)
    if isinstance(wanted, Refusal):
        return Fate(setting=one, verdict="lost", reason=wanted.reason, now=now), ()
    return Fate(setting=one, verdict="carried", now=now), wanted


def ends_transactions(was: Version, now: Version) -> bool:
    """Whether what was going on cannot go on: transactions of 1.6 and of 2.x have nothing in common on the wire."""
    return (was == "1.6") != (now == "1.6")
