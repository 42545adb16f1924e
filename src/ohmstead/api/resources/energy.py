"""Energy of a site: circuits, what else is drawn there, limits, the plan, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.routes import Routes
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.domain.control import regulate
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.domain.regulation import Decision, Evse, Rules
from ohmstead.energy.sites import Snapshot, load_roots, snapshot
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes import energy as shape
from ohmstead.shapes.common import Page, Time, number_of
from ohmstead.store import energy as own
from ohmstead.store.db import Tx
from ohmstead.store.resources import energy, site_series, sites

routes = Routes("Energy")
LONGEST_TIMELINE = 2000


class TimelineQuery(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    since: Time | None = None
    until: Time | None = None
    resolution: Annotated[int, Meta(ge=1, le=86_400, description="seconds; the last sample of each")] = 60


async def site_row(exchange: Exchange, id: str) -> dict[str, Any]:
    """The site that the key may see. Raises Refused."""
    row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("site", id)
    return row


def ring(tx: Tx, site: int) -> None:
    """The control shall look at once."""
    tx.ring(SITE_TOPIC, str(site))


class _Slot(Protocol):
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


def check_order(slots: Sequence[_Slot]) -> None:
    """Raises Refused where a slot ends before it begins, or two overlap; in whichever order they are given."""
    order = sorted(range(len(slots)), key=lambda n: slots[n].start)
    for n, before in zip(order, [None, *order], strict=False):
        if slots[n].end <= slots[n].start:
            raise invalid(f"/slots/{n}/to", "is not after from")
        if before is not None and slots[n].start < slots[before].end:
            raise invalid(f"/slots/{n}/from", "two slots overlap")


# ---------------------------------------------------------------------- circuits


@routes.get("/sites/{id}/circuits", scope="sites:read")
async def list_circuits(exchange: Exchange, id: str, query: PageQuery) -> Page[shape.Circuit]:
    """Circuits of a site, each with its fuse and the EVSEs on it."""
    site = await site_row(exchange, id)
    found = await energy.circuit_page(exchange.db, exchange.tenant_id, site["id"], query.limit, position(query))
    return page(found, energy.circuit_form)


@routes.post("/sites/{id}/circuits", scope="sites:write", status=201, gives=shape.Circuit)
async def create_circuit(exchange: Exchange, id: str, body: shape.CircuitNew) -> Answer:
    """Make a circuit."""
    site = await site_row(exchange, id)
    if body.limit_a is None and body.limit_w is None:
        raise invalid("/limit_a", "give limit_a or limit_w")
    await _check(exchange, site["id"], None, body.parent_id, body.evses)
    number, now = await exchange.context.ids.take(), runtime.now()
    async with exchange.transaction() as tx:
        row = await energy.add_circuit(tx, exchange.tenant_id, site["id"], number, body, now)
        await exchange.audit(tx, "circuit.create", id, {"id": number, "name": body.name})
        ring(tx, site["id"])
        return exchange.made(energy.circuit_form(row), Location=f"/api/v1/sites/{id}/circuits/{number}", ETag=etag(1))


async def _check(
    exchange: Exchange, site: int, own_id: int | None, parent: str | UnsetType | None,
    evses: list[shape.CircuitEvse] | UnsetType,
) -> None:  # fmt: skip
    """The parent lies in the site and not below; no EVSE is on two circuits."""
    above = parent if isinstance(parent, str) else None
    while above is not None:
        row = await energy.find_circuit(exchange.db, exchange.tenant_id, site, above)
        if row is None or row["id"] == own_id:
            why = "there is no such circuit in this site" if row is None else "a circuit cannot lie inside itself"
            raise invalid("/parent_id", why)
        above = None if row["parent_id"] is None else str(row["parent_id"])
    if evses is UNSET:
        return
    wanted = [(one.station_id, one.evse_id) for one in evses]
    found = await energy.circuit_page(exchange.db, exchange.tenant_id, site, 1000, None)
    others = [energy.circuit_form(row) for row in found.rows if row["id"] != own_id]
    taken = {(one.station_id, one.evse_id): circuit.name for circuit in others for one in circuit.evses}
    for n, key in enumerate(wanted):
        if key in taken or key in wanted[:n]:
            raise invalid(f"/evses/{n}", f"EVSE {key[1]} of {key[0]} is already on {taken.get(key, 'this circuit')}")


@routes.patch("/sites/{id}/circuits/{circuit}", scope="sites:write", gives=shape.Circuit, with_etag=True, matched=True)
async def change_circuit(exchange: Exchange, id: str, circuit: str, body: shape.CircuitChange) -> Answer:
    """Change a circuit."""
    site = await site_row(exchange, id)
    row = await circuit_row(exchange, site["id"], circuit)
    exchange.match(row["version"])
    await _check(exchange, site["id"], row["id"], body.parent_id, body.evses)
    values = energy.circuit_columns(body)
    async with exchange.transaction() as tx:
        if values and not await energy.change_circuit(
            tx, exchange.tenant_id, site["id"], row["id"], row["version"], values
        ):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "circuit.change", id, {"id": row["id"], **values})
        ring(tx, site["id"])
    return await show_circuit(exchange, id, circuit)


@routes.get("/sites/{id}/circuits/{circuit}", scope="sites:read", gives=shape.Circuit, with_etag=True)
async def show_circuit(exchange: Exchange, id: str, circuit: str) -> Answer:
    """One circuit."""
    row = await circuit_row(exchange, (await site_row(exchange, id))["id"], circuit)
    return exchange.made(energy.circuit_form(row), status=200, ETag=etag(row["version"]))


async def circuit_row(exchange: Exchange, site: int, circuit: str) -> dict[str, Any]:
    """A circuit of a site. Raises Refused."""
    row = await energy.find_circuit(exchange.db, exchange.tenant_id, site, circuit)
    if row is None:
        raise not_found("circuit", circuit)
    return row


@routes.delete("/sites/{id}/circuits/{circuit}", scope="sites:write", matched=True)
async def delete_circuit(exchange: Exchange, id: str, circuit: str) -> None:
    """Delete a circuit with none below it."""
    site = await site_row(exchange, id)
    row = await circuit_row(exchange, site["id"], circuit)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        if await energy.has_below(tx, exchange.tenant_id, row["id"]):
            raise Refused("conflict", "Other circuits lie in it; move them first.")
        await energy.remove_circuit(tx, exchange.tenant_id, site["id"], row["id"])
        await site_series.remove_circuit(tx, exchange.tenant_id, site["id"], row["id"])
        await exchange.audit(tx, "circuit.delete", id, {"id": row["id"]})
        ring(tx, site["id"])


# ---------------------------------------------------------------------- loads


@routes.get("/sites/{id}/load", scope="sites:read")
async def show_load(exchange: Exchange, id: str) -> shape.SiteLoads:
    """What is drawn beside the EVSEs, as it was measured last."""
    site = await site_row(exchange, id)
    return shape.SiteLoads(data=await energy.loads(exchange.db, exchange.tenant_id, site["id"]))


@routes.put("/sites/{id}/load", scope="sites:write")
async def put_load(exchange: Exchange, id: str, body: shape.LoadPut) -> shape.SiteLoads:
    """Say what is drawn beside the EVSEs now, at the site or on a circuit; negative is fed in. The plan follows at
    once."""
    site = await site_row(exchange, id)
    if (body.load_w is None) == (body.load_a is None):
        raise invalid("/load_w", "give one of load_w and load_a")
    circuit = 0 if body.circuit_id is None else (await circuit_row(exchange, site["id"], body.circuit_id))["id"]
    amps = body.load_a if body.load_a is not None else [(body.load_w or 0.0) / VOLTAGE / 3] * 3
    async with exchange.transaction() as tx:
        await energy.put_load(tx, exchange.tenant_id, site["id"], circuit, amps, runtime.now())
        await exchange.audit(tx, "site.load", id, {"circuit": circuit, "load_a": amps})
        ring(tx, site["id"])
    return await show_load(exchange, id)


# ---------------------------------------------------------------------- limits


@routes.put("/sites/{id}/limit", scope="sites:write")
async def put_limit(exchange: Exchange, id: str, body: shape.LimitNew) -> shape.SiteLimit:
    """Limit the site: this one limit, in the place of the one that was put before. Decreases go out at once."""
    return await _add(exchange, id, body, "put")


@routes.delete("/sites/{id}/limit", scope="sites:write")
async def delete_limit(exchange: Exchange, id: str) -> None:
    """Take away the limit that was put."""
    site = await site_row(exchange, id)
    async with exchange.transaction() as tx:
        await energy.remove_put(tx, exchange.tenant_id, site["id"])
        await exchange.audit(tx, "site.limit.delete", id)
        ring(tx, site["id"])


@routes.get("/sites/{id}/limits", scope="sites:read")
async def list_limits(exchange: Exchange, id: str, query: PageQuery) -> Page[shape.SiteLimit]:
    """Limits of a site beside its own: those put, those entered, those of demand response events."""
    site, now = await site_row(exchange, id), runtime.now()
    found = await energy.limit_page(exchange.db, exchange.tenant_id, site["id"], query.limit, position(query))
    return page(found, lambda row: energy.limit_form(row, now))


@routes.post("/sites/{id}/limits", scope="sites:write", status=201)
async def create_limit(exchange: Exchange, id: str, body: shape.LimitNew) -> shape.SiteLimit:
    """Add a limit; of all active ones the lowest counts."""
    return await _add(exchange, id, body, "entry")


async def _add(exchange: Exchange, id: str, body: shape.LimitNew, kind: str) -> shape.SiteLimit:
    site = await site_row(exchange, id)
    if (body.limit_w is None) == (body.limit_a is None):
        raise invalid("/limit_w", "give one of limit_w and limit_a")
    if body.start is not None and body.end is not None and body.end <= body.start:
        raise invalid("/to", "is not after from")
    number, now = await exchange.context.ids.take(), runtime.now()
    async with exchange.transaction() as tx:
        if kind == "put":
            await energy.remove_put(tx, exchange.tenant_id, site["id"])
        row = await energy.add_limit(tx, exchange.tenant_id, site["id"], number, kind, body, now)
        await exchange.audit(tx, "site.limit", id, {"id": number, "kind": kind, "limit_w": row["limit_w"]})
        ring(tx, site["id"])
        made = energy.limit_form(row, now)
        exchange.made(made, status=201 if kind == "entry" else 200)
        return made


@routes.delete("/sites/{id}/limits/{limit}", scope="sites:write")
async def delete_entry(exchange: Exchange, id: str, limit: str) -> None:
    """Take away one limit."""
    site = await site_row(exchange, id)
    async with exchange.transaction() as tx:
        number = number_of(limit)
        if number is None or not await energy.remove_limit(tx, exchange.tenant_id, site["id"], number):
            raise not_found("limit", limit)
        await exchange.audit(tx, "site.limit.delete", id, {"id": limit})
        ring(tx, site["id"])


# ---------------------------------------------------------------------- the plan


@routes.post("/sites/{id}/plan", scope="sites:read")
async def plan(exchange: Exchange, id: str, body: shape.PlanNew) -> shape.SitePlan:
    """A dry run: what the control would give each EVSE now, and why. Nothing is sent."""
    site = await site_row(exchange, id)
    roots = await load_roots(exchange.db)
    root, now = roots.of(site["id"]), runtime.now()
    if root is None:  # nothing limits it yet: a plan all the same
        row = (await own.load_sites(exchange.db))[site["id"]]
        found = await snapshot(exchange.db, row.id, [row], now)
    else:
        found = await snapshot(exchange.db, root, roots.trees[root], now)
    found = _supposed(found, body)
    decision = regulate(found.nodes, found.evses, {}, now, Rules(), found.safe_nodes)
    return _plan_form(found, decision, site["id"], now)


def _supposed(found: Snapshot, body: shape.PlanNew) -> Snapshot:
    if body.limit_w is not None:
        nodes = [replace(one, limit_w=body.limit_w) if one.parent is None else one for one in found.nodes]
        found = replace(found, nodes=nodes, limit=found.limit._replace(limit_w=body.limit_w, source=None))
    if body.everyone_charges:
        found = replace(found, evses=[_charging(one) for one in found.evses])
    return found


def _charging(evse: Evse) -> Evse:
    return evse if evse.transaction_id is not None else replace(evse, transaction_id="supposed")


def _plan_form(found: Snapshot, decision: Decision, site: int, now: int) -> shape.SitePlan:
    source = found.limit.source
    return shape.SitePlan(
        at=to_datetime(now),
        limit_w=found.limit.limit_w,
        limit_a=next((list(one.limit_a) for one in found.nodes if one.parent is None and one.limit_a), None),
        limited_by="the site's own limit" if source is None else source.name or "a limit that was set",
        load_w=round(found.loads[site], 1),
        pv_w=found.sources[site].get("pv", 0.0),
        battery_w=found.sources[site].get("battery", 0.0),
        evses=[_evse_form(one, decision) for one in found.evses if found.site_of[one.station] == site],
        violations=decision.plan.violations,
    )


def _evse_form(evse: Evse, decision: Decision) -> shape.PlannedEvse:
    share, account = decision.plan.shares[evse.key], evse.account
    return shape.PlannedEvse(
        station_id=evse.key[0],
        evse_id=evse.key[1],
        limit_a=share.limit_a,
        limit_w=round(share.limit_a * VOLTAGE * evse.drawn_on, 1),
        reason=shape.Reason(code=share.code, text=share.text),
        ordered_a=account.accepted_a if evse.transaction_id is not None else None,
        fail_safe_a=account.default_a,
        may_draw_a=round(decision.believed[evse.key], 2),
        measured_w=evse.measured_w,
        transaction_id=evse.transaction_id,
        online=evse.online,
    )


@routes.get("/sites/{id}/timeline", scope="sites:read")
async def timeline(exchange: Exchange, id: str, query: TimelineQuery) -> shape.SiteTimeline:
    """Limit, measured power, share and reason of each EVSE over time; a sample a minute is kept. Without `from` the
    last hour."""
    site, now = await site_row(exchange, id), runtime.now()
    until = now + 1 if query.until is None else from_datetime(query.until)
    since = until - 3600 * SECOND if query.since is None else from_datetime(query.since)
    rows = await energy.samples(exchange.db, exchange.tenant_id, site["id"], since, until, LONGEST_TIMELINE)
    latest = {row["at"] // (query.resolution * SECOND): row for row in rows}
    return shape.SiteTimeline(data=[energy.sample_form(row) for row in latest.values()])
