"""Reservations as the API lists and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from ohmstead.shapes.reservation import Reservation, ReservationBill
from ohmstead.store import reservations as own
from ohmstead.store.db import Db
from ohmstead.store.forms import reservation_form
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.tables import reservation_bills, reservations, stations

_r = reservations.c
LIST = Listing(
    select(stations.c.identity, *(_r[name] for name in own.FIELDS)).select_from(
        reservations.join(stations, _r.station_id == stations.c.id)
    ),
    tenant=_r.tenant_id,
    site=stations.c.site_id,
    orders={"created_at": (_r.created_at, _r.id)},
    filters={
        "which": _r.id == bindparam("which"),
        "station_id": of_station(_r.station_id),
        "state": _r.state == bindparam("state"),
        "token": func.lower(_r.token) == bindparam("token"),
    },
)


BILLS = Listing(
    select(reservation_bills.c.reservation, reservation_bills.c.version, reservation_bills.c.body),
    tenant=reservation_bills.c.tenant_id,
    site=None,
    orders={"version": (reservation_bills.c.version,)},
    filters={"which": reservation_bills.c.reservation == bindparam("which")},
)


async def bills_page(db: Db, tenant_id: int, reservation: int, *, limit: int, cursor: Cursor | None) -> Found:
    """The versions of the bill of a reservation that nobody used, newest first."""
    return await BILLS.page(db, tenant_id, None, order="-version", limit=limit, cursor=cursor, which=reservation)


def bill_form(row: Mapping[str, Any]) -> ReservationBill:
    return msgspec.json.decode(row["body"], type=ReservationBill)


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest first; filters: station_id, state, token."""
    if filters.get("token") is not None:
        filters["token"] = filters["token"].lower()
    return await LIST.page(db, tenant_id, sites, order="-created_at", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one; None when there is none or the key may not see it."""
    return await LIST.find(db, tenant_id, sites, id)


def reservation_of(row: Mapping[str, Any]) -> own.Reservation:
    return own.Reservation(**{name: row[name] for name in own.FIELDS})


def form(row: Mapping[str, Any]) -> Reservation:
    return reservation_form(row["identity"], reservation_of(row))
