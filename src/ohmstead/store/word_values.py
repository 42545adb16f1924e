"""The stations in the words of the vocabulary, kept beside their models so that a fleet can be asked.

Whatever changes a model counts its version up; a job reads the models whose words are of an older one. So the words
follow a model within seconds, and one that changes often is read once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead import runtime
from ohmstead.domain import facts, vocabulary
from ohmstead.domain.device_model import Model
from ohmstead.domain.vendor_words import rules_for
from ohmstead.store import custom_components
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.device_model import load
from ohmstead.store.statement import Statement
from ohmstead.store.tables import device_models, stations, word_values
from ohmstead.store.terms import terms_of

AT_ONCE = 50
LONGEST_TEXT = 500
"""Characters of a value that are kept for comparing."""

_m, _s, _w = device_models.c, stations.c, word_values.c
_OLD = Statement(
    select(_m.station_id, _m.tenant_id, _m.version)
    .where(_m.worded != _m.version, _m.station_id > bindparam("after"))
    .order_by(_m.station_id)
    .limit(bindparam("limit"))
)
_OTHER_WORDS = Statement(
    update(device_models)
    .where(or_(_m.vocabulary.is_(None), _m.vocabulary != bindparam("edition")), _m.worded == _m.version)
    .values(worded=-1)
)
_STATION = Statement(
    select(_s.vendor, _s.model, _s.boot_serial_number, _s.firmware_version, _s.security_profile, _s.ocpp_version).where(
        _s.id == bindparam("station")
    )
)
_KEPT = Statement(
    select(_w.word_id, _w.evse_id, _w.connector_id, _w.number, _w.text).where(_w.station_id == bindparam("station"))
)
_row = insert(word_values).values({column.name: bindparam(column.name) for column in word_values.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "word_id", "evse_id", "connector_id"],
        set_={name: _row.excluded[name] for name in ("number", "text")},
    )
)
_DROP = Statement(
    delete(word_values).where(
        *(_w[name] == bindparam(name) for name in ("station_id", "word_id", "evse_id", "connector_id"))
    )
)
_WORDED = Statement(
    update(device_models)
    .where(_m.station_id == bindparam("station"))
    .values(worded=bindparam("read"), vocabulary=bindparam("edition"))
)

Place = tuple[int, int, int]
"""Word, EVSE, connector."""


class About(NamedTuple):
    """What a station's row says that its words depend on."""

    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    security_profile: int
    ocpp_version: str


@cache
def edition() -> str:
    """Which vocabulary this release has."""
    folder = files("ohmstead.domain")
    text = b"".join(
        folder.joinpath(name).read_bytes() for name in ("vocabulary.toml", "vendor_words.toml", "standard.csv")
    )
    return hashlib.blake2b(text, digest_size=8).hexdigest()


async def refresh(db: Db) -> int:
    """Bring the words of all stations up to date, once through; how many stations that were. One whose words cannot be
    read holds nobody up, and is tried again the next time."""
    after = seen = 0
    while rows := await db.fetch(_OLD, after=after, limit=AT_ONCE):
        for station_id, tenant_id, version in rows:
            try:
                await _refresh(db, tenant_id, station_id, version)
            except Exception as error:
                runtime.log.exception("words not read", station=station_id, error=repr(error))
        after, seen = rows[-1][0], seen + len(rows)
    return seen


async def reword(db: Db) -> None:
    """Let those be read again whose words are of another release's vocabulary."""
    async with db.transaction() as tx:
        await tx.execute(_OTHER_WORDS, edition=edition())


async def _refresh(db: Db, tenant_id: int, station_id: int, version: int) -> None:
    about = await load_about(db, station_id)
    now, custom = _NOTHING if about is None else await asyncio.to_thread(_words, await load(db, station_id), about)
    numbers = await terms_of(db).numbers(db, tenant_id, {word for word, _, _ in now})
    wanted = {(numbers[word], evse_id, connector_id): value for (word, evse_id, connector_id), value in now.items()}
    kept: dict[Place, tuple[float | None, str | None]] = {
        (row[0], row[1], row[2]): (row[3], row[4]) for row in await db.fetch_many(_KEPT, station=station_id)
    }
    rows: list[Changed] = [(_DROP, _where(station_id, place)) for place in kept.keys() - wanted.keys()]
    rows += [
        (_PUT, _where(station_id, place) | {"tenant_id": tenant_id, "number": number, "text": text})
        for place, (number, text) in wanted.items()
        if kept.get(place) != (number, text)
    ]
    rows += await custom_components.changes(db, tenant_id, station_id, custom)
    await db.store([], [*rows, (_WORDED, {"station": station_id, "read": version, "edition": edition()})])


async def load_about(db: Db, station_id: int) -> About | None:
    """None for a station that never came, or is not there."""
    rows = await db.fetch(_STATION, station=station_id)
    return About(*rows[0]) if rows and rows[0][5] is not None else None


def reading(known: Model, about: About, more: Any = ()) -> vocabulary.Reading:
    """A station in the words of the vocabulary; `more` are facts about it beside its model."""
    told = facts.of_station(
        vendor=about.vendor,
        model=about.model,
        serial_number=about.serial_number,
        firmware_version=about.firmware_version,
        security_profile=about.security_profile,
    )
    version: Any = about.ocpp_version
    return vocabulary.read(known, version, rules_for(about.vendor), [*told, *more])


class _Words(NamedTuple):
    """The words of a station, each a number or a text; and its custom components."""

    values: Mapping[tuple[str, int, int], tuple[float | None, str | None]]
    custom: frozenset[str]


_NOTHING = _Words({}, frozenset())


def _words(known: Model, about: About) -> _Words:
    found = reading(known, about)
    values = {
        (one.name, one.evse_id or 0, one.connector_id or 0): (one.number, _text(one.value)) for one in found.values
    }
    return _Words(values, custom_components.of_reading(found))


def _text(value: Any) -> str | None:
    """What is not a number, for comparing: a text as it is, lists and objects as JSON."""
    if isinstance(value, int | float):
        return None
    return (value if isinstance(value, str) else msgspec.json.encode(value).decode())[:LONGEST_TEXT]


def _where(station_id: int, place: Place) -> dict[str, Any]:
    return {"station_id": station_id, "word_id": place[0], "evse_id": place[1], "connector_id": place[2]}
