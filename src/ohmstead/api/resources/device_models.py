"""Device models: three views of one, what it was, what differs between two, and asking for it anew."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.resources.commands import WaitQuery, ask
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.words import home
from ohmstead.runtime import from_datetime
from ohmstead.shapes import device_model as shapes
from ohmstead.shapes.command import Command
from ohmstead.shapes.common import Page
from ohmstead.store.resources import custom_components, device_models
from ohmstead.store.word_values import load_about

routes = Routes("Device models")

Moment = Annotated[datetime, Meta(tz=True)]
Text50 = Annotated[str, Meta(min_length=1, max_length=50)]
AnyView = shapes.DeviceModel | shapes.DeviceModelTree | shapes.VocabularyView
VIEWS = (shapes.DeviceModel, shapes.DeviceModelTree, shapes.VocabularyView)


class ViewQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    view: Annotated[
        Literal["raw", "tree", "vocabulary"],
        Meta(
            description="raw: as the station spells it; tree: by EVSE and connector; vocabulary: the same words for all"
        ),
    ] = "raw"
    at: Annotated[Moment, Meta(description="as it was at that moment, as far back as the history goes")] | None = None


class HistoryQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    variable: Annotated[str, Meta(min_length=1, max_length=50, description="of a 1.6 station also a key alone")]
    component: Text50 | None = None
    component_instance: Text50 | None = None
    evse_id: Annotated[int, Meta(ge=0)] | None = None
    connector_id: Annotated[int, Meta(ge=0)] | None = None
    variable_instance: Text50 | None = None


@routes.get("/stations/{id}/device-model", scope="stations:read", gives=VIEWS, with_etag=True)
async def show_device_model(exchange: Exchange, id: str, query: ViewQuery) -> Answer:
    """All that a station says of itself, of OCPP 1.6 its configuration keys."""
    number = (await wanted(exchange, id))["id"]
    version = await device_models.version(exchange.db, number)
    at = None if query.at is None else from_datetime(query.at)
    known = await device_models.known(exchange.db, number, at)
    return exchange.made(await _view(exchange, number, known, query.view), status=200, ETag=etag(version))


async def _view(exchange: Exchange, number: int, known: Model, view: str) -> AnyView:
    if view == "raw":
        return await device_models.raw(known)
    if view == "tree":
        return await device_models.tree(known)
    about = await load_about(exchange.db, number)
    if about is None:  # it never came
        return shapes.VocabularyView(values=[], unmapped=[], report=device_models.report(known.report))
    return await device_models.words(known, about, await device_models.said(exchange.db, number))


@routes.get("/stations/{id}/device-model/history", scope="stations:read")
async def list_variable_history(exchange: Exchange, id: str, query: HistoryQuery) -> Page[shapes.PastValue]:
    """What a variable holds and held, the latest first, and from where each value came."""
    number = (await wanted(exchange, id))["id"]
    name = home(query.variable)
    if query.component is not None:
        place = (query.component_instance, query.evse_id, query.connector_id, query.variable_instance)
        name = Name(query.component, query.variable, *place)
    found = await device_models.history(
        exchange.db, exchange.tenant_id, number, name, limit=query.limit, cursor=position(query)
    )
    shown = page(found, device_models.past_form)
    if query.cursor is not None:
        return shown
    now = await device_models.present(exchange.db, exchange.tenant_id, number, name)
    return Page([*device_models.present_forms(now), *shown.data], shown.next_cursor)


@routes.post("/stations/{id}/device-model/refresh", scope="commands:write", status=202, gives=Command, also=(200,))
async def refresh_device_model(exchange: Exchange, id: str, query: WaitQuery) -> Answer:
    """Ask the station for all its variables; with `wait` and `until=confirmed` until the last part has come.

    The same as the command `get_base_report`.
    """
    return await ask(exchange, id, b'{"type":"get_base_report"}', query)


# ---------------------------------------------------------------------- the fleet


class CustomQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    vendor: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    model: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


@routes.get("/device-models/custom-components", scope="stations:read")
async def list_custom_components(exchange: Exchange, query: CustomQuery) -> Page[shapes.CustomComponent]:
    """The components, in OCPP 1.6 keys, that neither the standard nor the vocabulary knows, for each model of station,
    and how many stations have them."""
    found = await custom_components.COMPONENTS.page(
        exchange.db, exchange.tenant_id, exchange.sites, order="name", limit=query.limit, cursor=position(query),
        vendor=query.vendor, model=query.model,
    )  # fmt: skip
    return page(found, custom_components.form)
