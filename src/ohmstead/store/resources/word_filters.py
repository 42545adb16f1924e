"""Filters of a list of stations by the words of the vocabulary."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, func, not_, select

from ohmstead.domain.conditions import Condition, Sign
from ohmstead.store.db import Db
from ohmstead.store.tables import word_values
from ohmstead.store.terms import terms_of

MOST = 5
"""Conditions in one question."""
_NO_WORD = -1
"""The number of a word that no station has."""

_w = word_values.c
_SIGNS: dict[Sign, tuple[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "<": ("lt", operator.lt),
    "<=": ("le", operator.le),
    ">": ("gt", operator.gt),
    ">=": ("ge", operator.ge),
    "=": ("eq", operator.eq),
    "!=": ("ne", operator.ne),
}


def filters(station: ColumnElement[int]) -> dict[str, ColumnElement[bool]]:
    """The filters that `arguments` chooses from; `station` is the column with the station's number."""
    found: dict[str, ColumnElement[bool]] = {}
    for n in range(MOST):
        for name, compare in _SIGNS.values():
            found[f"number_{n}_{name}"] = _any(station, n, compare(_w.number, bindparam(f"number_{n}_{name}")))
        for name in ("eq", "ne"):
            text = func.lower(bindparam(f"text_{n}_{name}"))
            found[f"text_{n}_{name}"] = _any(
                station, n, _SIGNS["=" if name == "eq" else "!="][1](func.lower(_w.text), text)
            )
            among = func.lower(_w.text).like(func.lower(bindparam(f"item_{n}_{name}")), escape="\\")
            found[f"item_{n}_{name}"] = _any(station, n, among if name == "eq" else not_(among))
    return found


def _any(station: ColumnElement[int], n: int, meets: ColumnElement[bool]) -> ColumnElement[bool]:
    return station.in_(select(_w.station_id).where(_w.word_id == bindparam(f"word_{n}"), meets))


async def arguments(db: Db, tenant_id: int, conditions: Sequence[Condition]) -> tuple[dict[str, Any], dict[str, int]]:
    """Which filters to use with which value, and what else they need."""
    known = await terms_of(db).find(db, tenant_id, {one.word for one in conditions})
    chosen: dict[str, Any] = {}
    for n, one in enumerate(conditions):
        name = _SIGNS[one.sign][0]
        if one.number is not None:
            chosen[f"number_{n}_{name}"] = one.number
        elif one.is_list:
            chosen[f"item_{n}_{name}"] = _pattern(one.text or "")
        else:
            chosen[f"text_{n}_{name}"] = one.text
    return chosen, {f"word_{n}": known.get(one.word, _NO_WORD) for n, one in enumerate(conditions)}


def _pattern(item: str) -> str:
    """A list is kept as JSON: its item stands there as JSON too."""
    text = msgspec.json.encode(item).decode()
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
