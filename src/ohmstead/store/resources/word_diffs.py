"""The fleet side by side in words of the vocabulary: which stations are not as a template, which values a word has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import product
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, distinct, exists, false, func, or_, select

from ohmstead.domain.conversions import Typed
from ohmstead.domain.templates import Held, Wanted, word_differences
from ohmstead.domain.words import Word
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations, word_values
from ohmstead.store.terms import terms_of
from ohmstead.store.word_values import LONGEST_TEXT

MOST = 500
"""Words of a template for a fleet."""
PICKED = 50
"""Up to so many words the database picks the stations; of longer templates every station is read."""
AT_ONCE = 200
"""Stations whose words are read at once."""
_NO_WORD = -1
"""The number of a word that no station has."""
FILTERS = ("site_id", "vendor", "model", "firmware_version", "ocpp_version")

_s, _w = stations.c, word_values.c
_came = (_s.archived_at.is_(None), _s.ocpp_version.is_not(None))
_number = {f"word_{n}": bindparam(f"word_{n}", type_=BigInteger()) for n in range(PICKED)}
_HELD = Statement(
    select(_w.station_id, _w.word_id, _w.evse_id, _w.connector_id, _w.number, _w.text)
    .where(
        _w.station_id.in_([bindparam(f"station_{n}", type_=BigInteger()) for n in range(AT_ONCE)]),
        _w.word_id.in_(list(_number.values())),
    )
    .order_by(_w.station_id, _w.word_id, _w.evse_id, _w.connector_id)
)


class Group(NamedTuple):
    """A value that a word has, and how many stations have it; None: they do not have the word."""

    value: Typed | None
    stations: int


def comparable(value: Typed) -> bool:
    """Whether the value is kept whole beside the models, so that a fleet can be compared with it."""
    return len(_text(value) or "") < LONGEST_TEXT


async def differing(
    db: Db,
    tenant_id: int,
    sites: Sites,
    template: Sequence[Wanted],
    *,
    limit: int,
    cursor: Cursor | None,
    **filters: Any,
) -> Found:
    """Stations that came and are not as the template says, by identity; `words` of each is what differs."""
    turn = _picked(db, tenant_id, sites, template, filters)
    size = limit + 1 if len(template) <= PICKED else AT_ONCE
    words = list({one.word.name: one.word for one in template}.values())
    rows: list[dict[str, Any]] = []
    while True:
        found = await turn(size, cursor)
        has = await held(db, tenant_id, [row["id"] for row in found.rows], words)
        rows += await asyncio.to_thread(_wrong, found.rows, has, template)
        if len(rows) > limit:
            return Found(rows[:limit], [rows[limit - 1]["order_0"]])
        if found.cursor is None:
            return Found(rows, None)
        cursor = found.cursor


def _wrong(
    rows: Sequence[dict[str, Any]], has: Mapping[int, Mapping[str, Sequence[Held]]], template: Sequence[Wanted]
) -> list[dict[str, Any]]:
    found = ((row, word_differences(has[row["id"]], template)) for row in rows)
    return [row | {"words": words} for row, words in found if words]


def _picked(
    db: Db, tenant_id: int, sites: Sites, template: Sequence[Wanted], filters: Mapping[str, Any]
) -> Callable[[int, Cursor | None], Awaitable[Found]]:
    """Pages of stations among which are all that differ: lists are compared in their order here and texts with the case
    of letters beyond ASCII; of long templates all stations that came."""

    async def turn(limit: int, cursor: Cursor | None) -> Found:
        if len(template) > PICKED:
            return await _listing(()).page(db, tenant_id, sites, order="id", limit=limit, cursor=cursor, **filters)
        return await _differing(db, tenant_id, sites, template, limit, cursor, filters)

    return turn


async def _differing(
    db: Db,
    tenant_id: int,
    sites: Sites,
    template: Sequence[Wanted],
    limit: int,
    cursor: Cursor | None,
    filters: Mapping[str, Any],
) -> Found:
    known = await terms_of(db).find(db, tenant_id, {one.word.name for one in template})
    also: dict[str, Any] = {}
    for n, one in enumerate(template):
        also[f"word_{n}"] = known.get(one.word.name, _NO_WORD)
        also[f"value_{n}"] = one.value if _is_number(one.value) else _text(one.value)
        if one.evse_id is not None:
            also[f"evse_{n}"] = one.evse_id
    listing = _listing(tuple((_is_number(one.value), one.evse_id is not None) for one in template))
    return await listing.page(
        db, tenant_id, sites, order="id", limit=limit, cursor=cursor, also=also, differs=True, **filters
    )


async def held(
    db: Db, tenant_id: int, station_ids: Sequence[int], words: Sequence[Word]
) -> dict[int, dict[str, list[Held]]]:
    """What each of the stations has for the words, by their names."""
    known = await terms_of(db).find(db, tenant_id, {one.name for one in words})
    by_number = {number: one for one in words if (number := known.get(one.name)) is not None}
    found: dict[int, dict[str, list[Held]]] = {one: {} for one in station_ids}
    for some, numbers in product(_parts(station_ids, AT_ONCE), _parts(list(by_number), PICKED)):
        which = {f"word_{n}": numbers[min(n, len(numbers) - 1)] for n in range(PICKED)}
        of = {f"station_{n}": some[min(n, len(some) - 1)] for n in range(AT_ONCE)}
        for station_id, word_id, evse_id, connector_id, number, text in await db.fetch_many(_HELD, **which, **of):
            word = by_number[word_id]
            value = _value(word, number, text)
            found[station_id].setdefault(word.name, []).append(Held(value, evse_id or None, connector_id or None))
    return found


def _parts(whole: Sequence[int], most: int) -> list[Sequence[int]]:
    return [whole[n : n + most] for n in range(0, len(whole), most)]


async def groups(db: Db, tenant_id: int, sites: Sites, word: Word, **filters: Any) -> list[Group]:
    """The values of a word, the commonest first; a station whose EVSEs differ counts for each of its values."""
    known = await terms_of(db).find(db, tenant_id, {word.name})
    counted, everybody, having = _grouped(None if sites is None else len(sites))
    given = {"tenant": tenant_id, **dict.fromkeys(FILTERS), **filters, **site_arguments(sites)}
    which = {"which": known.get(word.name, _NO_WORD)}
    found = [
        Group(_value(word, number, text), count)
        for number, text, count in await db.fetch_many(counted, **given, **which)
    ]
    total = (await db.fetch_many(everybody, **given))[0][0]
    without = total - (await db.fetch_many(having, **given, **which))[0][0]
    if without:
        found.append(Group(None, without))
    return sorted(found, key=lambda one: (-one.stations, msgspec.json.encode(one.value)))


@lru_cache(64)
def _listing(kinds: tuple[tuple[bool, bool], ...]) -> Listing:
    """The list for templates of so many words, each a number or a text, with or without an EVSE."""
    return Listing(
        select(_s.id, _s.identity, _s.vendor, _s.model).where(*_came),
        tenant=_s.tenant_id,
        site=_s.site_id,
        orders={"id": (_s.identity,)},
        filters={
            "differs": or_(false(), *(_differs(n, *kind) for n, kind in enumerate(kinds))),
            **{name: _s[name] == bindparam(name) for name in FILTERS},
        },
    )


def _differs(n: int, is_number: bool, has_evse: bool) -> ColumnElement[bool]:
    own = and_(_w.station_id == _s.id, _w.word_id == _number[f"word_{n}"])
    if has_evse:
        own = and_(own, or_(_w.evse_id == bindparam(f"evse_{n}", type_=BigInteger()), _w.evse_id == 0))
    if is_number:
        other = or_(_w.number.is_(None), _w.number != bindparam(f"value_{n}", type_=_w.number.type))
    else:
        text = func.lower(bindparam(f"value_{n}", type_=_w.text.type))
        other = or_(_w.text.is_(None), func.lower(_w.text) != text)
    return or_(~exists().where(own), exists().where(own, other))


@cache
def _grouped(sites: int | None) -> tuple[Statement, Statement, Statement]:
    """Counts by value, of all stations, of those that have the word."""
    mine = [_s.tenant_id == bindparam("tenant"), *_came]
    if sites is not None:
        mine.append(in_sites(_s.site_id, sites))
    for name in FILTERS:
        given = bindparam(name, type_=_s[name].type)
        mine.append(or_(given.is_(None), _s[name] == given))
    having = select(func.count(distinct(_s.id))).join_from(word_values, stations, _w.station_id == _s.id)
    having = having.where(*mine, _w.word_id == bindparam("which", type_=BigInteger()))
    by_value = having.add_columns(_w.number, _w.text).group_by(_w.number, _w.text)
    by_value = by_value.with_only_columns(_w.number, _w.text, func.count(distinct(_s.id)))
    return Statement(by_value), Statement(select(func.count()).select_from(stations).where(*mine)), Statement(having)


def _is_number(value: Typed) -> bool:
    return isinstance(value, int | float)


def _text(value: Typed) -> str | None:
    """As `store.word_values` keeps it."""
    if isinstance(value, int | float):
        return None
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _value(word: Word, number: float | None, text: str | None) -> Typed:
    """A kept number or text as the value it was; a list too long to be kept whole as the text that was."""
    if number is not None:
        if word.type == "boolean":
            return bool(number)
        return int(number) if number.is_integer() else number
    text = text or ""
    if word.type in ("list", "seqlist") or word.many == "map":
        try:
            found: Mapping[str, Any] | list[str] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
        return found if isinstance(found, list) else dict(found)
    return text
