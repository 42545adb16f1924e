"""What is known of kinds of stations, and how often it helped."""

from __future__ import annotations

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import not_found
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.vendor import Helped, QuirkShown, VendorKind, VendorKindShown
from ohmstead.store.resources import vendors
from ohmstead.vendors import Catalogue
from ohmstead.vendors.rows import Quirk

routes = Routes("Vendors")


@routes.get("/vendors", scope="stations:read")
async def list_vendors(exchange: Exchange, query: PageQuery) -> Page[VendorKind]:
    """The vendors and models of the fleet, the rows of the catalogue about them, and how often anything was repaired or
    adapted for their stations."""
    counts: dict[tuple[str, str], int] = {}
    for one in await vendors.helped(exchange.db, exchange.tenant_id, exchange.sites):
        counts[one.vendor, one.model] = counts.get((one.vendor, one.model), 0) + one.times
    found = await vendors.KINDS.page(
        exchange.db, exchange.tenant_id, exchange.sites, order="kind", limit=query.limit, cursor=position(query)
    )
    known = exchange.context.catalogue
    return page(
        found,
        lambda row: VendorKind(
            vendor=row["vendor"],
            model=row["model"],
            stations=row["stations"],
            quirks=[one.name for one in about(known, row["vendor"], row["model"])],
            count=counts.get((row["vendor"], row["model"]), 0),
        ),
    )


@routes.get("/vendors/{vendor}/{model}", scope="stations:read")
async def show_vendor(exchange: Exchange, vendor: str, model: str) -> VendorKindShown:
    """One model: each row of the catalogue about it, and what was repaired or adapted how often. A model that is not in
    the fleet is shown where the catalogue knows it."""
    rows = about(exchange.context.catalogue, vendor, model)
    found = await vendors.KINDS.page(
        exchange.db, exchange.tenant_id, exchange.sites, order="kind", limit=1, vendor=vendor, model=model
    )
    stations = found.rows[0]["stations"] if found.rows else 0
    if not stations and not rows:
        raise not_found("model", f"{vendor} {model}")
    helped = await vendors.helped(exchange.db, exchange.tenant_id, exchange.sites)
    return VendorKindShown(
        vendor=vendor,
        model=model,
        stations=stations,
        quirks=[shown(row) for row in rows],
        helped=[
            Helped(code=one.code, count=one.times, stations=one.stations)
            for one in helped
            if (one.vendor, one.model) == (vendor, model)
        ],
    )


def about(known: Catalogue, vendor: str, model: str) -> list[Quirk]:
    """The rows about a model, whatever its firmware."""
    return [row for row in known.rows if not row.match.is_everybody and row.match.names(vendor, model)]


def shown(row: Quirk) -> QuirkShown:
    return QuirkShown(
        name=row.name,
        title=row.title,
        why=row.why,
        evidence=list(row.evidence),
        answered_by=row.answered_by,
        repairs=[repair.fix for repair in row.repairs],
        capabilities=row.capabilities.said(),
        advice=row.advice or None,
        firmware=row.match.firmware,
    )
