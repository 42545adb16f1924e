"""Vendors and models of the fleet, and how often repairs and adapted calls helped each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, distinct, func, or_, select

from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import findings, stations

_s, _f = stations.c, findings.c
HELPS = ("repaired", "adapted")
"""How the codes of findings begin that tell of help."""


class Fleet(NamedTuple):
    """Stations of one vendor and model."""

    vendor: str
    model: str
    stations: int


class Help(NamedTuple):
    """What helped them how often."""

    vendor: str
    model: str
    code: str
    times: int
    stations: int


async def fleet(db: Db, tenant_id: int, sites: Sites) -> list[Fleet]:
    """The kinds whose stations the caller may see; what never booted has none."""
    rows = await db.fetch_many(_counted(None if sites is None else len(sites)), **_given(tenant_id, sites))
    return [Fleet(*row) for row in rows]


async def helped(db: Db, tenant_id: int, sites: Sites) -> list[Help]:
    given = _given(tenant_id, sites) | {word: f"{word}/_%" for word in HELPS}
    rows = await db.fetch_many(_helps(None if sites is None else len(sites)), **given)
    return [Help(vendor, model, code, int(count), many) for vendor, model, code, count, many in rows]


def _given(tenant_id: int, sites: Sites) -> dict[str, Any]:
    return {"tenant": tenant_id, **site_arguments(sites)}


def _seen(sites: int | None) -> Sequence[ColumnElement[bool]]:
    booted = (_s.tenant_id == bindparam("tenant"), _s.archived_at.is_(None), _s.model.is_not(None))
    return booted if sites is None else (*booted, in_sites(_s.site_id, sites))


_compiled: dict[tuple[str, int | None], Statement] = {}


def _counted(sites: int | None) -> Statement:
    if ("fleet", sites) not in _compiled:
        query = select(_s.vendor, _s.model, func.count()).where(_s.vendor.is_not(None), *_seen(sites))
        _compiled["fleet", sites] = Statement(query.group_by(_s.vendor, _s.model).order_by(_s.vendor, _s.model))
    return _compiled["fleet", sites]


def _helps(sites: int | None) -> Statement:
    if ("helps", sites) not in _compiled:
        query = (
            select(_s.vendor, _s.model, _f.code, func.sum(_f.count), func.count(distinct(_s.id)))
            .select_from(findings.join(stations, _f.station_id == _s.id))
            .where(_s.vendor.is_not(None), *_seen(sites))
            .where(or_(*(_f.code.like(bindparam(word), escape="/") for word in HELPS)))
            .group_by(_s.vendor, _s.model, _f.code)
            .order_by(_s.vendor, _s.model, _f.code)
        )
        _compiled["helps", sites] = Statement(query)
    return _compiled["helps", sites]
