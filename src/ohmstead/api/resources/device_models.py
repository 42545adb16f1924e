"""Device models: three views of one, what it was, what differs between two, and asking for it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid
from ohmstead.api.resources.commands import WaitQuery, ask
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.differences import Difference, differences
from ohmstead.domain.standard import deviations
from ohmstead.domain.values import alike
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


class DiffQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    against: Annotated[
        str,
        Meta(
            min_length=1, max_length=100, description="another station; a time: this one as it was then; or `standard`"
        ),
    ]


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


# ---------------------------------------------------------------------- differences


class _Other(NamedTuple):
    """What a station is compared with, and under which name."""

    model: Model
    name: str


@routes.get("/stations/{id}/device-model/diff", scope="stations:read")
async def compare_device_models(exchange: Exchange, id: str, query: DiffQuery) -> shapes.DeviceModelDiff:
    """What differs between this station (left) and another, its own past, or the standard (right).

    Values that mean the same (`25` and `25.00`, `True` and `true`) do not differ.
    """
    number = (await wanted(exchange, id))["id"]
    left = await device_models.known(exchange.db, number)
    if query.against == "standard":
        about = await load_about(exchange.db, number)
        version: Any = about.ocpp_version if about is not None else "2.0.1"  # of a model that is empty
        found = await asyncio.to_thread(deviations, left, version)
        return _diff(id, "standard", found)
    other = await _other(exchange, number, query.against)
    found = await asyncio.to_thread(differences, left, other.model, same=alike)
    return _diff(id, other.name, found)


def _diff(id: str, against: str, found: Iterable[Difference]) -> shapes.DeviceModelDiff:
    return shapes.DeviceModelDiff(station_id=id, against=against, differences=[_difference(one) for one in found])


async def _other(exchange: Exchange, number: int, against: str) -> _Other:
    """Raises Refused (422) for a station that there is not."""
    if (at := _moment(against)) is not None:
        return _Other(await device_models.known(exchange.db, number, from_datetime(at)), against)
    identity = against.removeprefix("station:")
    try:
        other = await wanted(exchange, identity)
    except Refused:
        raise invalid(
            "/against", f"is neither a time nor a station that this key can see: {identity}", "query"
        ) from None
    return _Other(await device_models.known(exchange.db, other["id"]), identity)


def _moment(text: str) -> datetime | None:
    try:
        return msgspec.convert(text, Moment, strict=False)
    except msgspec.ValidationError:
        return None


def _difference(one: Difference) -> shapes.Difference:
    told: dict[str, Any] = device_models.spelled(one.name)
    return shapes.Difference(**told, kind=one.kind, attribute=one.attribute, left=one.left, right=one.right)


# ---------------------------------------------------------------------- the fleet


class CustomQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    vendor: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    model: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


@routes.get("/device-models/custom-components", scope="stations:read")
async def list_custom_components(exchange: Exchange, query: CustomQuery) -> shapes.CustomComponents:
    """The components, in OCPP 1.6 keys, that neither the standard nor the vocabulary knows, for each model of station,
    and how many stations have them."""
    found = await custom_components.count(exchange.db, exchange.tenant_id, exchange.sites, query.vendor, query.model)
    return shapes.CustomComponents(data=found)
