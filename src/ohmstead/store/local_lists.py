"""Local lists on disk: what each station holds, by what it accepted."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.local_list import Entries, Entry
from ohmstead.domain.tokens import Token
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands, local_lists, stations, tokens
from ohmstead.store.tokens import TOKEN_COLUMNS, token_of

AT_ONCE = 200
_l = local_lists.c
_FIND = Statement(select(_l.version, _l.entries, _l.reason, _l.updated_at).where(_l.station_id == bindparam("station")))
_row = insert(local_lists).values({column.name: bindparam(column.name) for column in local_lists.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id"],
        set_={name: _row.excluded[name] for name in ("version", "entries", "reason", "updated_at")},
    )
)
_TOKENS = Statement(
    select(*TOKEN_COLUMNS).where(tokens.c.tenant_id == bindparam("tenant")).order_by(tokens.c.token_key, tokens.c.type)
)
_STAMP = Statement(
    select(func.count(), func.coalesce(func.sum(tokens.c.version), 0), func.coalesce(func.max(tokens.c.id), 0)).where(
        tokens.c.tenant_id == bindparam("tenant")
    )
)
_TENANTS = Statement(select(_l.tenant_id).distinct())
_BEHIND = Statement(
    select(_l.station_id, stations.c.identity)
    .join_from(local_lists, stations, stations.c.id == _l.station_id)
    .where(
        _l.tenant_id == bindparam("tenant"),
        _l.stamp.is_(None) | (_l.stamp != bindparam("now_stamp")),
        stations.c.connected_since.is_not(None),
        stations.c.archived_at.is_(None),
        ~select(commands.c.id)
        .where(
            commands.c.station_id == _l.station_id,
            commands.c.type == "send_local_list",
            commands.c.state.in_(["queued", "sent"]),
        )
        .exists(),
    )
    .limit(AT_ONCE)
)
_COMPARED = Statement(
    update(local_lists).where(_l.station_id == bindparam("station")).values(stamp=bindparam("now_stamp"))
)
_entries = msgspec.json.Decoder(list[Entry]).decode


class LocalList(NamedTuple):
    """The list of a station. `entries` None: nobody knows what it holds."""

    version: int
    entries: Entries | None
    reason: str | None = None
    updated_at: int = 0


async def find(db: Db, station_id: int) -> LocalList | None:
    """None: it never got one from us."""
    rows = await db.fetch(_FIND, station=station_id)
    if not rows:
        return None
    version, entries, reason, at = rows[0]
    return LocalList(version, None if entries is None else {one.key: one for one in _entries(entries)}, reason, at)


def put(tenant_id: int, station_id: int, one: LocalList, now: int) -> Changed:
    """What the station holds now. When it was compared stays: one that refuses its list is not asked again at once."""
    return _PUT, {
        "station_id": station_id, "tenant_id": tenant_id, "version": one.version, "reason": one.reason,
        "entries": None if one.entries is None else encode(list(one.entries.values())), "updated_at": now,
        "stamp": None,
    }  # fmt: skip


async def all_tokens(db: Db, tenant_id: int) -> list[Token]:
    """Every token, in the order of their text."""
    return [token_of(row) for row in await db.fetch_many(_TOKENS, tenant=tenant_id)]


async def stamp(db: Db, tenant_id: int, now: int) -> str:
    """It changes when any token is added, changed or removed; and each hour, because tokens expire."""
    count, versions, newest = (await db.fetch_many(_STAMP, tenant=tenant_id))[0]
    return f"{count}.{versions}.{newest}.{now // 3_600_000_000}"


async def tenants(db: Db) -> list[int]:
    return [row[0] for row in await db.fetch_many(_TENANTS)]


async def behind(db: Db, tenant_id: int, stamp: str) -> list[tuple[int, str]]:
    """Number and identity of connected stations whose list was not compared with the tokens of now."""
    return [(row[0], row[1]) for row in await db.fetch_many(_BEHIND, tenant=tenant_id, now_stamp=stamp)]


def compared(station_id: int, stamp: str) -> Changed:
    return _COMPARED, {"station": station_id, "now_stamp": stamp}
