"""Desired state: what is declared of stations, and why they are not so yet."""

from __future__ import annotations

from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api import bodies
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain import desired as rules
from ohmstead.fleet import desired as engine
from ohmstead.fleet.layers import check
from ohmstead.shapes.common import Page
from ohmstead.shapes.desired import (
    AppliesTo,
    Desired,
    Drift,
    DriftEntry,
    Layer,
    LayerChange,
    LayerId,
    StationDesired,
    StationDrift,
    StationState,
)
from ohmstead.store import desired as store
from ohmstead.store.desired import Declared, Place
from ohmstead.store.resources import desired, sites

routes = Routes("Desired state")


class DriftQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: StationState | None = None


@routes.get("/desired", scope="campaigns:read", everywhere=True)
async def list_layers(exchange: Exchange, query: PageQuery) -> Page[Layer]:
    """The declarations for many stations, ordered by their ids."""
    found = await desired.LAYERS.page(
        exchange.db, exchange.tenant_id, None, order="id", limit=query.limit, cursor=position(query), shared=True
    )
    return page(found, lambda row: desired.layer_form(desired.declared(row)))


@routes.get("/desired/{id}", scope="campaigns:read", gives=Layer, with_etag=True, everywhere=True)
async def show_layer(exchange: Exchange, id: str) -> Answer:
    """One declaration."""
    return _layer_shown(exchange, await _found(exchange, id))


@routes.put("/desired/{id}", scope="campaigns:write", gives=Layer, with_etag=True, matched=True, everywhere=True)
async def put_layer(exchange: Exchange, id: str, body: LayerChange) -> Answer:
    """Declare something of all stations that the layer applies to, now and later; with `applies_to` null of none: a
    template to compare with. A new id makes a new layer."""
    _id(id)
    _may_declare(exchange)
    _check(body.desired)
    site = None if body.applies_to is None else body.applies_to.site_id
    if site is not None and await sites.find(exchange.db, exchange.tenant_id, None, site) is None:
        raise invalid("/applies_to/site_id", f"there is no site {site!r}")
    before = await _find(exchange, id)
    return await _put(exchange, before, id, None, body)


@routes.delete("/desired/{id}", scope="campaigns:write", matched=True, everywhere=True)
async def delete_layer(exchange: Exchange, id: str) -> None:
    """Declare it no longer; what stations were set to stays."""
    _may_declare(exchange)
    exchange.match((await _found(exchange, id)).version)
    await _drop(exchange, id, id)


@routes.get("/drift", scope="campaigns:read")
async def list_drift(exchange: Exchange, query: DriftQuery) -> Page[StationDrift]:
    """How far the stations are from what is declared, as at the last look at each."""
    found = await desired.DRIFT.page(
        exchange.db, exchange.tenant_id, exchange.sites, order="id", limit=query.limit, cursor=position(query),
        state=query.state,
    )  # fmt: skip
    return page(found, desired.drift_form)


# ---------------------------------------------------------------------- of one station


@routes.get("/stations/{id}/desired", scope="campaigns:read", gives=StationDesired, with_etag=True)
async def show_desired(exchange: Exchange, id: str) -> Answer:
    """What is declared of a station: by itself, and by all layers together."""
    return await _shown(exchange, (await wanted(exchange, id))["id"])


@routes.put("/stations/{id}/desired", scope="campaigns:write", gives=StationDesired, with_etag=True, matched=True)
async def put_desired(exchange: Exchange, id: str, body: Desired) -> Answer:
    """Declare something of this station alone; it counts more than what the layers say."""
    station = (await wanted(exchange, id))["id"]
    _may_declare(exchange)
    _check(body)
    await _put(
        exchange,
        await _find(exchange, store.own_id(station)),
        id,
        station,
        LayerChange(applies_to=AppliesTo(), desired=body),
    )
    return await _shown(exchange, station)


@routes.delete("/stations/{id}/desired", scope="campaigns:write", matched=True)
async def delete_desired(exchange: Exchange, id: str) -> None:
    """Declare nothing of this station alone any more."""
    station = (await wanted(exchange, id))["id"]
    _may_declare(exchange)
    own = await _find(exchange, store.own_id(station))
    exchange.match(0 if own is None else own.version)
    await _drop(exchange, store.own_id(station), id)


@routes.get("/stations/{id}/drift", scope="campaigns:read")
async def show_drift(exchange: Exchange, id: str) -> Drift:
    """What of a station is not as declared, compared now with what is known of it, and why."""
    place = await store.one(exchange.db, (await wanted(exchange, id))["id"])
    found = await engine.compare(exchange.db, place, await engine.situation(exchange.db, exchange.tenant_id))
    state = _state(place, found)
    wrong = [one for one in found.checks if not one.same]
    return Drift(
        station_id=id, state=state, text=_text(place, state, found), command_id=place.command_id,
        looked_at=None if place.looked_at is None else runtime.to_datetime(place.looked_at),
        differences=[_entry(one, place.record) for one in wrong],
    )  # fmt: skip


@routes.post("/stations/{id}/reconcile", scope="campaigns:write", status=202, gives=StationDesired)
async def reconcile_station(exchange: Exchange, id: str) -> Answer:
    """Try again what was tried in vain or was no longer tried, without waiting."""
    place = await store.one(exchange.db, (await wanted(exchange, id))["id"])
    _may_declare(exchange)
    now = runtime.now()
    async with exchange.transaction() as tx:
        await store.put(tx, place, engine.anew(place, now), now)
        await exchange.audit(tx, "desired.reconcile", id)
    answer = await _shown(exchange, place.id, status=202)
    await exchange.settle(answer)
    return answer


def _state(place: Place, found: engine.Comparison) -> StationState:
    if found.wanted == Desired():
        return "undeclared"
    if place.ocpp_version is None:
        return "unknown"
    if all(one.same for one in found.checks):
        return "in_step"
    if place.connected_since is None:
        return "offline"
    if place.record.command_id is not None:
        return "working"
    return "held" if place.state == "held" else "waiting"


def _text(place: Place, state: StationState, found: engine.Comparison) -> str:
    wrong = [one for one in found.checks if not one.same]
    if state == "undeclared":
        return "Nothing is declared of this station."
    if state == "unknown":
        return "The station never came; it is brought to what is declared when it does."
    if state == "in_step":
        return f"All that is declared is so ({len(found.checks)} checked)."
    told = rules.in_words(wrong, place.record)
    waits = " The station is offline; it goes on when it comes back." if state == "offline" else ""
    return f"{len(wrong)} of {len(found.checks)} are not as declared. {told}.{waits}"


def _entry(one: rules.Check, record: rules.Record) -> DriftEntry:
    trial = record.trials.get(one.key)
    later = None if trial is None or trial.held or not trial.not_before else runtime.to_datetime(trial.not_before)
    return DriftEntry(
        aspect=one.aspect, what=one.what, wanted=one.wanted, actual=one.actual, reason=rules.why(one, record),
        attempts=0 if trial is None else trial.attempts, next_try_at=later,
    )  # fmt: skip


# ---------------------------------------------------------------------- both


def _may_declare(exchange: Exchange) -> None:
    if not exchange.caller.may("commands:write"):
        raise Refused("forbidden", f"The key {exchange.caller.name!r} may not send commands (commands:write).")


def _id(id: str) -> None:
    try:
        msgspec.convert(id, LayerId)
    except msgspec.ValidationError:
        raise invalid("/id", "takes 1 to 60 letters, digits, - and _", "path") from None


def _check(said: Desired) -> None:
    try:
        check(said)
    except msgspec.ValidationError as error:
        raise invalid("/desired", bodies.refusal_of(error).detail) from None


async def _find(exchange: Exchange, id: str) -> Declared | None:
    found = await desired.LAYERS.page(exchange.db, exchange.tenant_id, None, order="id", limit=1, which=id)
    return desired.declared(found.rows[0]) if found.rows else None


async def _found(exchange: Exchange, id: str) -> Declared:
    one = await _find(exchange, id)
    if one is None or one.station_id is not None:
        raise not_found("layer", id)
    return one


async def _put(
    exchange: Exchange, before: Declared | None, subject: str, station_id: int | None, said: LayerChange
) -> Answer:
    version = 0 if before is None else before.version
    exchange.match(version)
    id = subject if station_id is None else store.own_id(station_id)
    one = Declared(id, station_id, said, version + 1, runtime.now())
    async with exchange.transaction() as tx:
        if not await store.put_layer(tx, exchange.tenant_id, one):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "desired.put", subject, said)
        return _layer_shown(exchange, one)


async def _drop(exchange: Exchange, id: str, subject: str) -> None:
    async with exchange.transaction() as tx:
        await store.drop_layer(tx, exchange.tenant_id, id)
        await exchange.audit(tx, "desired.delete", subject)


def _layer_shown(exchange: Exchange, one: Declared) -> Answer:
    return exchange.made(desired.layer_form(one), status=200, ETag=etag(one.version))


async def _shown(exchange: Exchange, station_id: int, status: int = 200) -> Answer:
    place = await store.one(exchange.db, station_id)
    found = await engine.compare(exchange.db, place, await engine.situation(exchange.db, exchange.tenant_id))
    own: Any = next((one for one in found.layers if one.station_id is not None), None)
    shown = StationDesired(
        own=None if own is None else own.said.desired, effective=found.wanted,
        layers=[one.id for one in found.layers if one.station_id is None],
    )  # fmt: skip
    return exchange.made(shown, status=status, ETag=etag(0 if own is None else own.version))
