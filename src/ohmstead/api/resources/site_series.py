"""Sun and batteries of a site, as series that somebody gives."""

from __future__ import annotations

from msgspec import Struct

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.problems import invalid, not_found
from ohmstead.api.resources.energy import check_order, circuit_row, ring, site_row
from ohmstead.api.routes import Routes
from ohmstead.shapes import site_series as shape
from ohmstead.shapes.energy import CircuitId
from ohmstead.store.resources import site_series

routes = Routes("Energy")


class SeriesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    circuit_id: CircuitId | None = None


@routes.get("/sites/{id}/series", scope="sites:read")
async def list_series(exchange: Exchange, id: str) -> shape.SiteSeriesList:
    """What sun (`pv`) and batteries (`battery`) of a site feed in over time, as it was given."""
    site = await site_row(exchange, id)
    found = await site_series.of_site(exchange.db, exchange.tenant_id, site["id"], runtime.now())
    return shape.SiteSeriesList(data=found)


@routes.put("/sites/{id}/series/{kind}", scope="sites:write")
async def put_series(exchange: Exchange, id: str, kind: str, body: shape.SeriesPut) -> shape.SiteSeriesList:
    """Say what the sun (`pv`) or a battery (`battery`) feeds in over time, at the site or on a circuit. The fuses above
    have so much more for cars, now and in the plan of the hours to come; the fail-safe never counts on it. It counts
    beside the metered load: give no series for what your meter sees already."""
    site = await site_row(exchange, id)
    _check_kind(kind)
    check_order(body.slots)
    if kind == "pv" and any(one.power_w < 0 for one in body.slots):
        raise invalid("/slots", "the sun draws nothing: power_w is what is fed in")
    circuit = 0 if body.circuit_id is None else (await circuit_row(exchange, site["id"], body.circuit_id))["id"]
    async with exchange.transaction() as tx:
        await site_series.put(tx, exchange.tenant_id, site["id"], circuit, kind, body, runtime.now())
        await exchange.audit(tx, "site.series", id, {"kind": kind, "circuit": circuit, "slots": len(body.slots)})
        ring(tx, site["id"])
    return await list_series(exchange, id)


@routes.delete("/sites/{id}/series/{kind}", scope="sites:write")
async def delete_series(exchange: Exchange, id: str, kind: str, query: SeriesQuery) -> None:
    """Forget a series; nothing is fed in there any more."""
    site = await site_row(exchange, id)
    _check_kind(kind)
    circuit = 0 if query.circuit_id is None else (await circuit_row(exchange, site["id"], query.circuit_id))["id"]
    async with exchange.transaction() as tx:
        if not await site_series.remove(tx, exchange.tenant_id, site["id"], circuit, kind):
            raise not_found("series", kind)
        await exchange.audit(tx, "site.series.delete", id, {"kind": kind, "circuit": circuit})
        ring(tx, site["id"])


def _check_kind(kind: str) -> None:
    if kind not in ("pv", "battery"):
        raise not_found("kind of series", kind)
