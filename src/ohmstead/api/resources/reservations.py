"""Reservations."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.expanding import ExpandingQuery, StationExpansion, page_with_stations, with_station
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain.reservations import OPEN
from ohmstead.shapes.common import Identity, Page
from ohmstead.shapes.reservation import Reservation, ReservationBill, ReservationNew, ReservationState
from ohmstead.store import commands as queue
from ohmstead.store import reservations as own
from ohmstead.store.forms import reservation_form
from ohmstead.store.resources import commands, reservations
from ohmstead.store.tokens import find_token, type_of_token

routes = Routes("Reservations")


class ReservationQuery(ExpandingQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: ReservationState | None = None
    token: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


@routes.get("/reservations", scope="commands:read")
async def list_reservations(exchange: Exchange, query: ReservationQuery) -> Page[Reservation]:
    """Reservations, newest first."""
    found = await reservations.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        state=query.state,
        token=query.token,
    )
    return await page_with_stations(exchange, page(found, reservations.form), query.expand)


@routes.get("/reservations/{id}", scope="commands:read")
async def show_reservation(exchange: Exchange, id: str, query: StationExpansion) -> Reservation:
    """One reservation."""
    return await with_station(exchange, reservations.form(await _wanted(exchange, id)), query.expand)


@routes.get("/reservations/{id}/bill", scope="transactions:read")
async def show_reservation_bill(exchange: Exchange, id: str) -> ReservationBill:
    """What a reservation costs that nobody used, and why; one that a transaction used is in the bill of that."""
    row = await _wanted(exchange, id)
    found = await reservations.bills_page(exchange.db, exchange.tenant_id, row["id"], limit=1, cursor=None)
    if not found.rows:
        raise Refused("not-found", f"Reservation {id} ({row['state']}) has no bill: it was used, or costs nothing.")
    return reservations.bill_form(found.rows[0])


@routes.get("/reservations/{id}/bills", scope="transactions:read")
async def list_reservation_bills(exchange: Exchange, id: str, query: PageQuery) -> Page[ReservationBill]:
    """All versions of its bill, newest first; none is overwritten."""
    row = await _wanted(exchange, id)
    found = await reservations.bills_page(
        exchange.db, exchange.tenant_id, row["id"], limit=query.limit, cursor=position(query)
    )
    return page(found, reservations.bill_form)


@routes.post("/reservations", scope="commands:write", status=201, gives=Reservation)
async def create_reservation(exchange: Exchange, body: ReservationNew) -> Answer:
    """Keep a place free: the station is asked at once, or when it comes. Whether it accepted is in `state`."""
    station, now = await wanted(exchange, body.station_id), runtime.now()
    expires_at = runtime.from_datetime(body.expires_at)
    if expires_at <= now:
        raise invalid("/expires_at", "must be in the future")
    if station["ocpp_version"] == "1.6" and body.connector_type is not None:
        raise invalid("/connector_type", "OCPP 1.6 reserves connectors by number, not by type; name the evse_id")
    kind, group = body.token_type or await type_of_token(exchange.db, exchange.tenant_id, body.token), body.group
    if group is None and (known := await find_token(exchange.db, exchange.tenant_id, body.token, kind)):
        group = known.group
    number, command_id = await exchange.context.ids.take(), queue.new_id(now)
    one = own.Reservation(
        id=number, tenant_id=exchange.tenant_id, station_id=station["id"], number=number, evse_id=body.evse_id,
        connector_type=body.connector_type, token=body.token, token_type=kind, group_token=group,
        expires_at=expires_at, command_id=command_id, created_at=now, changed_at=now,
    )  # fmt: skip
    asked = {"type": "reserve", "reservation_id": number, **_said(body, kind, group)}
    async with exchange.transaction() as tx:
        await own.add(tx, one)
        await _ask(tx, exchange, station, command_id, asked, now, expires_at)
        await exchange.audit(tx, "reservation.create", body.station_id, {"id": str(number), "evse_id": body.evse_id})
        shown = reservation_form(body.station_id, one)
        return exchange.made(shown, status=201, Location=f"/api/v1/reservations/{number}")


def _said(body: ReservationNew, kind: str, group: str | None) -> dict[str, Any]:
    """What was asked, in the words of the command."""
    fields = {"token": body.token, "token_type": kind, "expires_at": body.expires_at, "group": group,
              "evse_id": body.evse_id, "connector_type": body.connector_type}  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


@routes.delete("/reservations/{id}", scope="commands:write", status=202, gives=Reservation)
async def cancel_reservation(exchange: Exchange, id: str) -> Answer:
    """Take it back. One that its station has not been asked for yet is cancelled at once; else the station is told,
    and `state` follows its answer."""
    row = await _wanted(exchange, id)
    one, now = reservations.reservation_of(row), runtime.now()
    if one.state not in OPEN:
        raise Refused("conflict", f"It is over already ({one.state}).")
    asked = None if one.command_id is None else await commands.find(
        exchange.db, exchange.tenant_id, exchange.sites, one.command_id
    )  # fmt: skip
    async with exchange.transaction() as tx:
        if asked is not None and await commands.cancel(tx, exchange.tenant_id, asked, now):
            moving = own.Moving(row["identity"], one, "cancelled")
            await tx.execute_all([own.moved(moving, now)])
            one = own.after(moving, now) or one
        else:
            body = {"type": "cancel_reservation", "reservation_id": one.number}
            station = {"id": one.station_id, "identity": row["identity"]}
            await _ask(tx, exchange, station, queue.new_id(now), body, now, max(one.expires_at, now + 60_000_000))
        await exchange.audit(tx, "reservation.cancel", row["identity"], {"id": id})
        return exchange.made(reservation_form(row["identity"], one), status=202)


async def _ask(
    tx: Any, exchange: Exchange, station: dict[str, Any], id: str, body: dict[str, Any], now: int, until: int
) -> None:
    await queue.add(
        tx,
        id=id,
        tenant_id=exchange.tenant_id,
        station_id=station["id"],
        identity=station["identity"],
        type=body["type"],
        body=msgspec.json.encode(body).decode(),
        now=now,
        expires_at=until,
    )


async def _wanted(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await reservations.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("reservation", id)
    return row
