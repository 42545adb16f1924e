"""What differs: a station from another, its own past, the standard or a template; the fleet from a template."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct

from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.sites import site_number
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain import templates
from ohmstead.domain.device_model import Attribute, Model, Name, Variable, is_secret, model
from ohmstead.domain.differences import Difference, differences
from ohmstead.domain.standard import deviations
from ohmstead.domain.templates import Held, Wanted
from ohmstead.domain.values import alike
from ohmstead.domain.words import home
from ohmstead.runtime import from_datetime
from ohmstead.shapes import device_model as shapes
from ohmstead.shapes.common import OcppVersion, Page, SiteId, Text255
from ohmstead.shapes.device_model import VariableChange, WordChange
from ohmstead.store.resources import desired, device_models, word_diffs
from ohmstead.store.resources.listing import Found
from ohmstead.store.word_values import load_about, reading

routes = Routes("Device models")

Moment = Annotated[datetime, Meta(tz=True)]
LAYER = "desired:"


class DiffQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    against: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            description="another station; a time: this one as it was then; `standard`; or `desired:ID`: the words of "
            "that layer of desired state",
        ),
    ]


class _Other(NamedTuple):
    """What a station is compared with, and under which name."""

    model: Model
    name: str


@routes.get("/stations/{id}/device-model/diff", scope="stations:read")
async def compare_device_models(exchange: Exchange, id: str, query: DiffQuery) -> shapes.DeviceModelDiff:
    """What differs between this station (left) and another, its own past, the standard, or a stored template (right).

    Values that mean the same (`25` and `25.00`, `True` and `true`) do not differ.
    """
    number = (await wanted(exchange, id))["id"]
    left = await device_models.known(exchange.db, number)
    if query.against.startswith(LAYER):
        template = await _layer(exchange, query.against.removeprefix(LAYER), "/against")
        words = await _words(exchange, number, left, template)
        return shapes.DeviceModelDiff(station_id=id, against=query.against, differences=[], words=words)
    if query.against == "standard":
        about = await load_about(exchange.db, number)
        version: Any = about.ocpp_version if about is not None else "2.0.1"  # of a model that is empty
        found = await asyncio.to_thread(deviations, left, version)
        return _diff(id, "standard", found)
    other = await _other(exchange, number, query.against)
    found = await asyncio.to_thread(differences, left, other.model, same=alike)
    return _diff(id, other.name, found)


@routes.post("/stations/{id}/device-model/diff", scope="stations:read", gives=shapes.DeviceModelDiff)
async def compare_with_template(exchange: Exchange, id: str, body: shapes.DeviceModelChange) -> Answer:
    """What this station (left) has not as the given template says (right), in words or in variables; nothing is changed
    or stored. What the template does not name is not looked at."""
    number = (await wanted(exchange, id))["id"]
    known = await device_models.known(exchange.db, number)
    if body.values is not UNSET:
        words = await _words(exchange, number, known, _template(body.values, "/values"))
        made = shapes.DeviceModelDiff(station_id=id, against="template", differences=[], words=words)
        return exchange.made(made, status=200)
    assert body.variables is not UNSET
    expected = _variables(body.variables)
    found = await asyncio.to_thread(lambda: differences(expected, known, template=True, same=alike))
    return exchange.made(_diff(id, "template", [_turned(one) for one in found]), status=200)


def _turned(one: Difference) -> Difference:
    """The station on the left; against a template nothing but values and what is not there differs."""
    kind = "added" if one.kind == "missing" else one.kind
    return Difference(one.name, kind, one.attribute, one.right, one.left)


def _variables(given: Sequence[VariableChange]) -> Model:
    """Raises Refused (422) for a secret."""
    found: list[Variable] = []
    for n, one in enumerate(given):
        name = home(one.variable)
        if one.component is not None:
            place = (one.component_instance, one.evse_id, one.connector_id, one.variable_instance)
            name = Name(one.component, one.variable, *place)
        if is_secret(name):
            raise invalid(f"/variables/{n}", "is a secret, of which no value is kept")
        found.append(Variable(name, (Attribute(one.attribute or "Actual", one.value),)))
    return model(found)


async def _words(
    exchange: Exchange, number: int, known: Model, template: Sequence[Wanted]
) -> list[shapes.WordDifference]:
    about = await load_about(exchange.db, number)
    held: dict[str, list[Held]] = {}
    if about is not None:
        told = await device_models.said(exchange.db, number)
        for one in (await asyncio.to_thread(reading, known, about, told)).values:
            held.setdefault(one.name, []).append(Held(one.value, one.evse_id, one.connector_id))
    return [_word(one) for one in templates.word_differences(held, template)]


def _word(one: templates.WordDifference) -> shapes.WordDifference:
    return shapes.WordDifference(
        name=one.word.name, kind=one.kind, left=one.left, right=one.right, unit=one.word.unit, evse_id=one.evse_id,
        connector_id=one.connector_id,
    )  # fmt: skip


def _template(given: Sequence[WordChange], pointer: str, where: str = "body") -> list[Wanted]:
    """Raises Refused (422)."""
    found: list[Wanted] = []
    for n, one in enumerate(given):
        try:
            found.append(templates.wanted(one.name, one.value, one.evse_id))
        except ValueError as error:
            raise invalid(pointer if where == "query" else f"{pointer}/{n}", str(error), where) from None
    return found


async def _layer(exchange: Exchange, id: str, pointer: str) -> list[Wanted]:
    """The words of a layer of desired state. Raises Refused (403, 422)."""
    if not exchange.caller.may("campaigns:read"):
        raise Refused("forbidden", f"The key {exchange.caller.name!r} may not read desired state (campaigns:read).")
    found = await desired.LAYERS.page(exchange.db, exchange.tenant_id, None, order="id", limit=1, which=id)
    layer = desired.declared(found.rows[0]) if found.rows else None
    if layer is None or layer.station_id is not None:
        raise invalid(pointer, f"there is no layer of desired state {id!r}", "query")
    if not layer.said.desired.configuration:
        raise invalid(pointer, f"the layer {id!r} says nothing of the configuration", "query")
    return _template(layer.said.desired.configuration, pointer, "query")


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


class WordsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stations are looked at; those that never came are not."""

    site_id: SiteId | None = None
    vendor: Text255 | None = None
    model: Text255 | None = None
    firmware_version: Text255 | None = None
    ocpp_version: OcppVersion | None = None


class FleetDiffQuery(WordsQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    desired: Annotated[str, Meta(description="a layer of desired state is the template")] | None = None
    word: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=100)]],
        Meta(max_length=10, description="the template is the commonest value of each of these words"),
    ] = []


@routes.get("/device-models/words/{name}", scope="stations:read")
async def list_word_values(exchange: Exchange, name: str, query: WordsQuery) -> Page[shapes.WordGroup]:
    """Which values a word has in the fleet, the commonest first, and at how many stations."""
    try:
        word = templates.named(name)
    except ValueError as error:
        raise not_found("word", f"{name} ({error})") from None
    found = await word_diffs.groups(exchange.db, exchange.tenant_id, exchange.sites, word, **_filters(query))
    start = _offset(query)
    rows = [{"group": one} for one in found[start : start + query.limit]]
    cursor = [start + query.limit] if start + query.limit < len(found) else None
    return page(
        Found(rows, cursor),
        lambda row: shapes.WordGroup(value=row["group"].value, unit=word.unit, stations=row["group"].stations),
    )


@routes.get("/device-models/diff", scope="stations:read")
async def list_differing_stations(exchange: Exchange, query: FleetDiffQuery) -> Page[shapes.StationDifferences]:
    """Stations that are not as a layer of desired state says, or that differ from most others in a word."""
    if (query.desired is None) == (not query.word):
        raise invalid("/desired", "give either `desired` or `word`", "query")
    if query.desired is not None:
        template = await _layer(exchange, query.desired, "/desired")
        return await _differing(exchange, query, template, "/desired")
    template = []
    for name in query.word:
        try:
            word = templates.named(name)
        except ValueError as error:
            raise invalid("/word", str(error), "query") from None
        found = await word_diffs.groups(exchange.db, exchange.tenant_id, exchange.sites, word, **_filters(query))
        common = next((one.value for one in found if one.value is not None), None)
        if common is not None:
            template.append(Wanted(word, common))
    return await _differing(exchange, query, template, "/word")


@routes.post("/device-models/diff", scope="stations:read", gives=Page[shapes.StationDifferences])
async def compare_fleet_with_template(exchange: Exchange, query: WordsQuery, body: shapes.WordTemplate) -> Answer:
    """Stations that are not as the given template says; nothing is changed or stored."""
    found = await _differing(exchange, query, _template(body.values, "/values"), "/values")
    return exchange.made(found, status=200)


async def _differing(
    exchange: Exchange, query: WordsQuery, template: Sequence[Wanted], pointer: str
) -> Page[shapes.StationDifferences]:
    if not template:
        return Page([], None)
    if len(template) > word_diffs.MOST:
        raise invalid(pointer, f"a fleet is compared in at most {word_diffs.MOST} words, not {len(template)}")
    if long := next((one for one in template if not word_diffs.comparable(one.value)), None):
        raise invalid(pointer, f"the value of {long.word.name} is too long for a fleet to be compared with")
    found = await word_diffs.differing(
        exchange.db, exchange.tenant_id, exchange.sites, template, limit=query.limit, cursor=position(query),
        **_filters(query),
    )  # fmt: skip
    return page(
        found,
        lambda row: shapes.StationDifferences(
            station_id=row["identity"], vendor=row["vendor"], model=row["model"],
            words=[_word(one) for one in row["words"]],
        ),
    )  # fmt: skip


def _filters(query: WordsQuery) -> dict[str, Any]:
    found = {name: getattr(query, name) for name in word_diffs.FILTERS}
    return found | {"site_id": None if query.site_id is None else site_number(query.site_id)}


def _offset(query: WordsQuery) -> int:
    """Where a page of values begins. Raises Refused (422)."""
    given = position(query)
    if given is None:
        return 0
    if len(given) != 1 or type(given[0]) is not int or given[0] < 0:
        raise invalid("/cursor", "is not a cursor of this list; begin without one", "query")
    return given[0]
