"""Device models as the API shows them: as they are, as a tree, in the vocabulary's words, and as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import bindparam, select

from ohmstead.domain import facts, vocabulary
from ohmstead.domain.device_model import ATTRIBUTE_TYPES, Attribute, Model, Name, ReportState, Variable
from ohmstead.runtime import to_datetime
from ohmstead.shapes import device_model as shapes
from ohmstead.store.db import Db
from ohmstead.store.device_model import SOURCES, load, load_past, load_report_state, load_some
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement
from ohmstead.store.tables import connectors, device_history, device_models, stations, terms
from ohmstead.store.terms import plain_text
from ohmstead.store.word_values import About, reading

V = TypeVar("V")
IN_A_THREAD = 500
"""Variables from which on a view is made beside the event loop."""

_h, _k = device_history.c, connectors.c
_VERSION = Statement(select(device_models.c.version).where(device_models.c.station_id == bindparam("station")))
_CONNECTORS = Statement(
    select(_k.evse_id, _k.connector_id, _k.status, _k.status_at)
    .where(_k.station_id == bindparam("station"))
    .order_by(_k.evse_id, _k.connector_id)
)
HISTORY = Listing(
    select(_h.attribute, _h.value, _h.flags, _h.since, _h.until)
    .join_from(device_history, terms, _h.name_id == terms.c.id)
    .join(stations, stations.c.id == _h.station_id),
    tenant=terms.c.tenant_id,
    site=stations.c.site_id,
    orders={"until": (_h.until, _h.name_id, _h.attribute)},
    filters={"station": _h.station_id == bindparam("station"), "plain": terms.c.plain == bindparam("plain")},
)


async def version(db: Db, station_id: int) -> int:
    """Counts the changes of a station's model; 0 while nothing is known of it."""
    rows = await db.fetch(_VERSION, station=station_id)
    return rows[0][0] if rows else 0


async def known(db: Db, station_id: int, at: int | None = None) -> Model:
    """All that is known of a station, or was at a moment; how the last report went is always that of now."""
    if at is None:
        return await load(db, station_id)
    past = await load_past(db, station_id, at)
    return Model(past.variables, await load_report_state(db, station_id))


async def said(db: Db, station_id: int) -> list[facts.Fact]:
    """What a station tells of its connectors beside its model."""
    return facts.of_connectors(
        [(row[0], row[1], row[2], row[3]) for row in await db.fetch(_CONNECTORS, station=station_id)]
    )


async def history(db: Db, tenant_id: int, station_id: int, name: Name, *, limit: int, cursor: Cursor | None) -> Found:
    """What a variable held before, the latest first."""
    plain = plain_text(name.key)
    return await HISTORY.page(
        db, tenant_id, None, order="-until", limit=limit, cursor=cursor, station=station_id, plain=plain
    )


async def present(db: Db, tenant_id: int, station_id: int, name: Name) -> Variable | None:
    """What a variable holds now."""
    return (await load_some(db, tenant_id, station_id, [name])).get(name)


def past_form(row: Mapping[str, Any]) -> shapes.PastValue:
    return shapes.PastValue(
        attribute=ATTRIBUTE_TYPES[row["attribute"]],
        value=row["value"],
        source=SOURCES[row["flags"] >> 4],
        since=to_datetime(row["since"]),
        until=to_datetime(row["until"]),
    )


def present_forms(variable: Variable | None) -> list[shapes.PastValue]:
    """The values that hold now, as the newest of a history."""
    attributes = () if variable is None else variable.attributes
    return [
        shapes.PastValue(
            attribute=one.type, value=one.value, source=one.source, since=to_datetime(one.updated_at), until=None
        )
        for one in attributes
    ]


# ---------------------------------------------------------------------- views


async def raw(model: Model) -> shapes.DeviceModel:
    return await _made(model, _raw)


async def tree(model: Model) -> shapes.DeviceModelTree:
    return await _made(model, _tree)


async def words(model: Model, about: About, told: Iterable[facts.Fact]) -> shapes.VocabularyView:
    return await _made(model, lambda one: _words(one, about, told))


async def _made(model: Model, view: Callable[[Model], V]) -> V:
    if len(model.variables) < IN_A_THREAD:
        return view(model)
    return await asyncio.to_thread(view, model)


def _raw(model: Model) -> shapes.DeviceModel:
    return shapes.DeviceModel(components=_components(model), report=report(model.report))


def _tree(model: Model) -> shapes.DeviceModelTree:
    places: dict[tuple[int, int], list[shapes.ComponentView]] = {(0, 0): []}
    for one in _components(model):
        places.setdefault((one.evse_id or 0, one.connector_id or 0), []).append(one)
    evses = [
        shapes.EvseBranch(
            id=evse_id,
            components=places.get((evse_id, 0), []),
            connectors=[
                shapes.Branch(id=connector_id, components=own)
                for (of, connector_id), own in sorted(places.items())
                if of == evse_id and connector_id
            ],
        )
        for evse_id in sorted({evse_id for evse_id, _ in places if evse_id})
    ]
    return shapes.DeviceModelTree(components=places[0, 0], evses=evses, report=report(model.report))


def _words(model: Model, about: About, told: Iterable[facts.Fact]) -> shapes.VocabularyView:
    found = reading(model, about, told)
    unmapped = [shapes.Unmapped(**spelled(one.name), reason=one.reason) for one in found.unmapped]
    return shapes.VocabularyView(
        values=[_word(one) for one in found.values], unmapped=unmapped, report=report(model.report)
    )


def _word(one: vocabulary.Value) -> shapes.WordValue:
    return shapes.WordValue(
        name=one.name,
        value=one.value,
        unit=one.unit,
        writable=one.writable,
        evse_id=one.evse_id,
        source=one.source,
        connector_id=one.connector_id,
        updated_at=to_datetime(one.updated_at) if one.updated_at else None,
        variable=None if one.variable is None else shapes.VariableName(**spelled(one.variable)),
        options=list(one.options),
    )


def spelled(name: Name) -> dict[str, Any]:
    """The fields of a variable's name that say something."""
    return {field: value for field in Name.__struct_fields__ if (value := getattr(name, field)) is not None}


def report(state: ReportState) -> shapes.ReportView:
    at = to_datetime(state.at) if state.at else None
    return shapes.ReportView(complete=state.complete, missing_parts=list(state.missing_parts), at=at)


def _components(model: Model) -> list[shapes.ComponentView]:
    """In the order of EVSE, connector, name."""
    groups: dict[tuple[Any, ...], list[Variable]] = {}
    for key in sorted(model.variables, key=lambda key: (key[2], key[3], key[0], key[1], key[4], key[5])):
        groups.setdefault(key[:4], []).append(model.variables[key])
    return [
        shapes.ComponentView(
            name=own[0].name.component,
            instance=own[0].name.component_instance,
            evse_id=own[0].name.evse_id,
            connector_id=own[0].name.connector_id,
            variables=[_variable(one) for one in own],
        )
        for own in groups.values()
    ]


def _variable(one: Variable) -> shapes.VariableView:
    told = one.characteristics
    return shapes.VariableView(
        name=one.name.variable,
        instance=one.name.variable_instance,
        attributes=[_attribute(attribute) for attribute in one.attributes],
        characteristics=None
        if told is None
        else shapes.Characteristics(
            data_type=told.data_type,
            unit=told.unit,
            min_limit=told.min_limit,
            max_limit=told.max_limit,
            values_list=None if told.values_list is None else list(told.options),
            max_elements=told.max_elements,
            supports_monitoring=told.supports_monitoring,
        ),
    )


def _attribute(one: Attribute) -> shapes.AttributeView:
    waiting = one.pending
    return shapes.AttributeView(
        type=one.type,
        value=one.value,
        mutability=one.mutability,
        persistent=one.persistent,
        constant=one.constant,
        updated_at=to_datetime(one.updated_at) if one.updated_at else None,
        source=one.source,
        pending=None if waiting is None else shapes.PendingValue(value=waiting.value, since=to_datetime(waiting.since)),
    )
