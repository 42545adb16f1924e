"""A template: words of the vocabulary and what they should be, side by side with what stations have.

A word with an EVSE is asked of that EVSE, of the whole station where it is said for all; one without is asked wherever
the station has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ohmstead.domain import conversions
from ohmstead.domain.conversions import Typed
from ohmstead.domain.words import Word, find, nearest


class Wanted(NamedTuple):
    """A word and its value in the template."""

    word: Word
    value: Typed
    evse_id: int | None = None


class Held(NamedTuple):
    """A word's value at a place of a station."""

    value: Typed
    evse_id: int | None = None
    connector_id: int | None = None


class WordDifference(NamedTuple):
    """`added`: only the template (right) has the word; `value`: the station (left) has another value."""

    word: Word
    kind: Literal["added", "value"]
    left: Typed | None
    right: Typed
    evse_id: int | None
    connector_id: int | None = None


def named(name: str) -> Word:
    """The word of that name. Raises ValueError where there is none, or its value is a secret."""
    word = find(name)
    if word is None:
        meant = nearest(name)
        raise ValueError(f"the vocabulary has no `{name}`{f'; the nearest is `{meant}`' if meant else ''}")
    if word.type == "password":
        raise ValueError(f"{word.name} is a secret and is not compared")
    return word


def wanted(name: str, value: Any, evse_id: int | None = None) -> Wanted:
    """Raises ValueError for a value that the word cannot have."""
    word = named(name)
    if not isinstance(value, dict):  # objects by instance have no type of their own
        try:
            conversions.text(word, value, None, word.unit)
        except ValueError as error:
            raise ValueError(f"{word.name} {error}") from None
    return Wanted(word, value, evse_id)


def word_differences(held: Mapping[str, Sequence[Held]], template: Iterable[Wanted]) -> list[WordDifference]:
    """What a station has not as the template says, in the template's order; `held` by the names of words."""
    found: list[WordDifference] = []
    for one in template:
        own = _asked(held.get(one.word.name, ()), one.evse_id)
        if not own:
            found.append(WordDifference(one.word, "added", None, one.value, one.evse_id))
        found += [
            WordDifference(one.word, "value", has.value, one.value, has.evse_id, has.connector_id)
            for has in own
            if not same(one.word, has.value, one.value)
        ]
    return found


def _asked(held: Sequence[Held], evse_id: int | None) -> Sequence[Held]:
    if evse_id is None:
        return held
    return [one for one in held if one.evse_id == evse_id] or [one for one in held if not one.evse_id]


def same(word: Word, one: Typed, other: Typed) -> bool:
    """Whether two values mean the same: texts in any case, lists in any order unless the order counts."""
    if isinstance(one, list) and isinstance(other, list):
        left, right = [item.casefold() for item in one], [item.casefold() for item in other]
        return left == right if word.type == "seqlist" else set(left) == set(right)
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    return one == other
