"""Questions to a fleet in the words of the vocabulary: `evse.current.max<16`, `smart_charging.rate_unit=A`."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ohmstead.domain import values
from ohmstead.domain.words import Word, find, nearest

Sign = Literal["<", "<=", ">", ">=", "=", "!="]
_WRITTEN = re.compile(r"\s*([^<>=!]+?)\s*(<=|>=|!=|<|>|=)\s*(.*?)\s*")
_NUMBERS = frozenset({"integer", "decimal"})
_LISTS = frozenset({"list", "seqlist"})


class Condition(NamedTuple):
    """A word compared with a number (true is 1, false is 0), with a text without case, or with an item of a list.

    It is met by a station where any of its EVSEs and connectors that have the word meets it.
    """

    word: str
    sign: Sign
    number: float | None = None
    text: str | None = None
    is_list: bool = False


def condition(written: str) -> Condition:
    """Raises ValueError with what is wrong."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError("is not NAME, then one of < <= > >= = !=, then a value")
    name, sign, text = found[1], found[2], found[3]
    word = find(name)
    if word is None:
        meant = nearest(name)
        raise ValueError(f"the vocabulary has no `{name}`{f'; the nearest is `{meant}`' if meant else ''}")
    return _of(word, sign, text)  # type: ignore[arg-type]


def _of(word: Word, sign: Sign, text: str) -> Condition:
    if word.type == "password":
        raise ValueError(f"{word.name} is a secret")
    if word.type in _NUMBERS:
        return Condition(word.name, sign, number=float(values.decimal(text)))
    if sign not in ("=", "!="):
        raise ValueError(f"{word.name} is no number: it takes = and != only")
    if word.type == "boolean":
        return Condition(word.name, sign, number=float(values.boolean(text)))
    return Condition(word.name, sign, text=text, is_list=word.type in _LISTS)
