"""Forwardings and their lines as the API lists, makes, changes and removes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import and_, bindparam, case, delete, insert, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.forwarding import Forwarding, ForwardingChange, ForwardingLink, ForwardingNew
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources import versioned
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import forwarded_transactions, forwarding_links, forwardings, stations

_f, _l = forwardings.c, forwarding_links.c
_LIST = Listing(
    select(forwardings),
    tenant=_f.tenant_id,
    site=None,
    orders={"id": (_f.id,)},
    filters={"which": _f.id == bindparam("which")},
)
_LINKS = Listing(
    select(
        stations.c.identity,
        case((stations.c.connected_since.is_(None), "station_offline"), else_=_l.state).label("state"),
        *(_l[name] for name in ("reason", "since", "told", "dropped", "asked", "refused")),
    ).join_from(forwarding_links, stations, and_(stations.c.tenant_id == _l.tenant_id, stations.c.id == _l.station_id)),
    tenant=_l.tenant_id,
    site=stations.c.site_id,
    orders={"id": (stations.c.identity,)},
    filters={"forwarding_id": _l.forwarding_id == bindparam("forwarding_id")},
)
_ADD = Statement(
    insert(forwardings).values({one.name: bindparam(one.name) for one in forwardings.columns if one.name != "version"})
)
_LISTS = ("station_ids", "commands", "leave_out")


def _of_one(table: Any, key: str) -> Statement:
    return Statement(delete(table).where(table.c.tenant_id == bindparam("tenant"), table.c[key] == bindparam("which")))


_REMOVE = [
    _of_one(forwarding_links, "forwarding_id"),
    _of_one(forwarded_transactions, "forwarding_id"),
    _of_one(forwardings, "id"),
]


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    return await _LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    """The row of one forwarding."""
    return await _LIST.find(db, tenant_id, None, id)


async def links(
    db: Db, tenant_id: int, sites: Sites, forwarding_id: int, *, limit: int, cursor: Cursor | None
) -> Found:
    """The lines of a forwarding, by station."""
    return await _LINKS.page(db, tenant_id, sites, order="id", limit=limit, cursor=cursor, forwarding_id=forwarding_id)


async def add(
    tx: Tx, tenant_id: int, id: int, new: ForwardingNew, sites: list[int] | None, *, sealed: str | None, now: int
) -> None:
    """A new forwarding; `sealed` is its password under the server key."""
    await tx.execute(
        _ADD, id=id, tenant_id=tenant_id, name=new.name, url=new.url, identity=new.identity, password=sealed,
        station_ids=_list(new.station_ids), site_ids=_list(sites), trusted_certificates=new.trusted_certificates,
        commands=_list(new.commands), leave_out=_list(new.leave_out), enabled=int(new.enabled), created_at=now,
    )  # fmt: skip


def _list(given: Any) -> str | None:
    return None if given is None else encode(given)


def columns(given: ForwardingChange) -> dict[str, Any]:
    """The columns for what was given but sites and password; what is UNSET is left out."""
    names = ("name", "url", "identity", "trusted_certificates", "enabled", *_LISTS)
    values = {name: getattr(given, name) for name in names}
    values = {name: value for name, value in values.items() if value is not UNSET}
    values |= {name: _list(values[name]) for name in _LISTS if name in values}
    if "enabled" in values:
        values["enabled"] = int(values["enabled"])
    return values


async def change(tx: Tx, tenant_id: int, row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Set columns of a forwarding that is still as `row` says."""
    return await versioned.change(tx, forwardings, tenant_id, row["id"], row["version"], values)


async def remove(tx: Tx, tenant_id: int, id: int) -> None:
    for statement in _REMOVE:
        await tx.execute(statement, tenant=tenant_id, which=id)


def form(row: Mapping[str, Any]) -> Forwarding:
    """The forwarding as the API shows it: without its password."""
    return Forwarding(
        id=str(row["id"]),
        name=row["name"],
        url=row["url"],
        station_ids=None if row["station_ids"] is None else msgspec.json.decode(row["station_ids"]),
        site_ids=None if row["site_ids"] is None else [str(one) for one in msgspec.json.decode(row["site_ids"])],
        identity=row["identity"],
        has_password=row["password"] is not None,
        trusted_certificates=row["trusted_certificates"],
        commands=msgspec.json.decode(row["commands"]),
        leave_out=msgspec.json.decode(row["leave_out"]),
        enabled=bool(row["enabled"]),
        created_at=to_datetime(row["created_at"]),
    )


def link_form(row: Mapping[str, Any]) -> ForwardingLink:
    return ForwardingLink(
        station_id=row["identity"], state=row["state"], reason=row["reason"], since=to_datetime(row["since"]),
        told=row["told"], dropped=row["dropped"], asked=row["asked"], refused=row["refused"],
    )  # fmt: skip
