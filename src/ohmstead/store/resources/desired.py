"""Desired state as the API lists and shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.desired import Layer, StationDrift
from ohmstead.store.desired import Declared, said
from ohmstead.store.resources.listing import Listing
from ohmstead.store.tables import desired_layers, station_drift, stations

_l, _d, _s = desired_layers.c, station_drift.c, stations.c
LAYERS = Listing(
    select(_l.id, _l.station_id, _l.body, _l.version, _l.updated_at),
    tenant=_l.tenant_id,
    site=None,
    orders={"id": (_l.id,)},
    filters={"which": _l.id == bindparam("which"), "shared": _l.station_id.is_(None)},
)
DRIFT = Listing(
    select(_s.identity, _d.state, _d.reason, _d.updated_at)
    .join_from(station_drift, stations, _s.id == _d.station_id)
    .where(_s.archived_at.is_(None)),
    tenant=_d.tenant_id,
    site=_s.site_id,
    orders={"id": (_s.identity,)},
    filters={"state": _d.state == bindparam("state")},
)


def declared(row: Mapping[str, Any]) -> Declared:
    return Declared(row["id"], row["station_id"], said(row["body"]), row["version"], row["updated_at"])


def layer_form(one: Declared) -> Layer:
    return Layer(
        id=one.id, version=one.version, applies_to=one.said.applies_to, desired=one.said.desired,
        updated_at=to_datetime(one.updated_at),
    )  # fmt: skip


def drift_form(row: Mapping[str, Any]) -> StationDrift:
    return StationDrift(
        station_id=row["identity"], state=row["state"], reason=row["reason"], updated_at=to_datetime(row["updated_at"])
    )
