"""Vendors and models of the fleet, and how often repairs and adapted calls helped each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, distinct, func, or_, select

from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Listing, Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import findings, stations

_s, _f = stations.c, findings.c
HELPS = ("repaired", "adapted")
"""How the codes of findings begin that tell of help."""


KINDS = Listing(
    select(_s.vendor, _s.model, func.count().label("stations"))
    .where(_s.archived_at.is_(None), _s.vendor.is_not(None), _s.model.is_not(None))
    .group_by(_s.vendor, _s.model),
    tenant=_s.tenant_id,
    site=_s.site_id,
    orders={"kind": (_s.vendor, _s.model)},
    filters={name: _s[name] == bindparam(name) for name in ("vendor", "model")},
)
"""The kinds whose stations the caller may see; what never booted has none."""


class Help(NamedTuple):
    """What helped them how often."""

    vendor: str
    model: str
    code: str
    times: int
    stations: int


async def helped(db: Db, tenant_id: int, sites: Sites) -> list[Help]:
    given: dict[str, Any] = {"tenant": tenant_id, **site_arguments(sites), **{word: f"{word}/_%" for word in HELPS}}
    rows = await db.fetch_many(_helps(None if sites is None else len(sites)), **given)
    return [Help(vendor, model, code, int(count), many) for vendor, model, code, count, many in rows]


def _seen(sites: int | None) -> Sequence[ColumnElement[bool]]:
    booted = (_s.tenant_id == bindparam("tenant"), _s.archived_at.is_(None), _s.model.is_not(None))
    return booted if sites is None else (*booted, in_sites(_s.site_id, sites))


@cache
def _helps(sites: int | None) -> Statement:
    query = (
        select(_s.vendor, _s.model, _f.code, func.sum(_f.count), func.count(distinct(_s.id)))
        .select_from(findings.join(stations, _f.station_id == _s.id))
        .where(_s.vendor.is_not(None), *_seen(sites))
        .where(or_(*(_f.code.like(bindparam(word), escape="/") for word in HELPS)))
        .group_by(_s.vendor, _s.model, _f.code)
        .order_by(_s.vendor, _s.model, _f.code)
    )
    return Statement(query)
