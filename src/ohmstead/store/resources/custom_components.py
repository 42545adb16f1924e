"""The custom components of a fleet: which model has which, at how many stations."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, or_, select

from ohmstead.domain.words import OCPP16
from ohmstead.shapes.device_model import CustomComponent
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import custom_components, stations, terms

_c, _s = custom_components.c, stations.c
_decode = msgspec.json.Decoder(str).decode


async def count(
    db: Db, tenant_id: int, sites: Sites, vendor: str | None = None, model: str | None = None
) -> list[CustomComponent]:
    """By vendor, model and name; of stations that are not archived and that the key may see."""
    statement = _statement(None if sites is None else len(sites))
    given = {"tenant": tenant_id, "vendor": vendor, "model": model, **site_arguments(sites)}
    return [_form(row) for row in await db.fetch_many(statement, **given)]


@cache
def _statement(sites: int | None) -> Statement:
    query = (
        select(_s.vendor, _s.model, terms.c.text, func.count())
        .join_from(custom_components, stations, _c.station_id == _s.id)
        .join(terms, terms.c.id == _c.term_id)
        .where(_c.tenant_id == bindparam("tenant"), _s.archived_at.is_(None))
        .group_by(_s.vendor, _s.model, terms.c.text)
        .order_by(_s.vendor, _s.model, terms.c.text)
    )
    for name in ("vendor", "model"):
        given = bindparam(name, type_=_s[name].type)
        query = query.where(or_(given.is_(None), _s[name] == given))
    return Statement(query if sites is None else query.where(in_sites(_s.site_id, sites)))


def _form(row: Any) -> CustomComponent:
    vendor, model, text, stations_ = row
    name = _decode(text)
    key = name.removeprefix(f"{OCPP16}.")
    is_key = key != name
    return CustomComponent(
        vendor=vendor,
        model=model,
        component=OCPP16 if is_key else name,
        variable=key if is_key else None,
        stations=stations_,
    )
