"""The custom components of a fleet: which model has which, at how many stations."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from ohmstead.domain.words import OCPP16
from ohmstead.shapes.device_model import CustomComponent
from ohmstead.store.resources.listing import Listing
from ohmstead.store.tables import custom_components, stations, terms

_c, _s = custom_components.c, stations.c
_decode = msgspec.json.Decoder(str).decode

COMPONENTS = Listing(
    select(_s.vendor, _s.model, terms.c.text, func.count().label("stations"))
    .join_from(custom_components, stations, _c.station_id == _s.id)
    .join(terms, terms.c.id == _c.term_id)
    .where(_s.archived_at.is_(None))
    .group_by(_s.vendor, _s.model, terms.c.text),
    tenant=_c.tenant_id,
    site=_s.site_id,
    orders={"name": (func.coalesce(_s.vendor, ""), func.coalesce(_s.model, ""), terms.c.text)},
    filters={name: _s[name] == bindparam(name) for name in ("vendor", "model")},
)
"""By vendor, model and name; of stations that are not archived and that the key may see."""


def form(row: dict[str, Any]) -> CustomComponent:
    name = _decode(row["text"])
    key = name.removeprefix(f"{OCPP16}.")
    is_key = key != name
    return CustomComponent(
        vendor=row["vendor"],
        model=row["model"],
        component=OCPP16 if is_key else name,
        variable=key if is_key else None,
        stations=row["stations"],
    )
