"""OpenADR 3: the VTN that is followed, and its events as they were understood."""

from __future__ import annotations

from typing import Literal

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.openadr import OpenAdrConnection, OpenAdrEvent
from ohmstead.store.resources import openadr

routes = Routes("Demand response")
PATH = "/demand-response/openadr"


class OpenAdrQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: Literal["known", "gone"] | None = None
    report_state: Literal["none", "waiting", "sent", "refused"] | None = None


@routes.get(PATH, scope="sites:read")
async def show_openadr(exchange: Exchange) -> OpenAdrConnection:
    """How a VTN of OpenADR 3 is followed; secrets are not shown."""
    given = exchange.context.settings.openadr
    return OpenAdrConnection(
        url=given.url or None, version=given.version, ven_name=given.ven_name, programs=list(given.programs),
        look_every_s=given.poll_every,
    )  # fmt: skip


@routes.get(PATH + "/events", scope="sites:read")
async def list_openadr_events(exchange: Exchange, query: OpenAdrQuery) -> Page[OpenAdrEvent]:
    """Events of the VTN, the last seen first: what each asks, what of it was not understood, and whether a report went
    back. A key that is limited to sites sees what is asked of its sites."""
    found = await openadr.page(
        exchange.db, exchange.tenant_id, limit=query.limit, cursor=position(query), state=query.state,
        report_state=query.report_state,
    )  # fmt: skip
    return page(found, lambda row: openadr.form(row, exchange.sites))
