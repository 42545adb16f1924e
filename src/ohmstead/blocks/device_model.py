"""B: the device model as stations tell it: words of the wire to words of the domain, reports, reboots, events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call, feed_event, on
from ohmstead.blocks.command import Learnt, given
from ohmstead.blocks.monitor_reading import read_first
from ohmstead.domain.answers import Observation, booted, observed
from ohmstead.domain.device_model import (
    Attribute,
    Change,
    Characteristics,
    Model,
    Name,
    ReportState,
    Variable,
    in_order,
)
from ohmstead.domain.reports import Finding, Merge, Part, Report, merge, part, receive
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import from_datetime
from ohmstead.store import device_model, device_reports
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.findings import FOUND, finding_row
from ohmstead.store.sessions import Station

IN_A_THREAD = 500
"""Variables from which on a report is taken over beside the event loop."""
MOST_TOLD = 50
"""Variables that one event of the feed names."""
MOST_ASKED = 3
"""How often we ask for the full report of one firmware on our own: some stations reboot on being asked."""


# ---------------------------------------------------------------------- words


def name_of(component: Any, variable: Any) -> Name:
    """The name that component and variable of 2.x make."""
    evse = component.evse
    return Name(
        component.name,
        variable.name,
        given(component.instance),
        None if evse is UNSET else evse.id,
        None if evse is UNSET else given(evse.connector_id),
        given(variable.instance),
    )


def variable_of(said: Any, at: int) -> Variable:
    """A variable as a report says it."""
    attributes: dict[str, Attribute] = {}
    for one in said.variable_attribute:
        value, mutability = given(one.value), one.mutability
        attributes[one.type] = Attribute(one.type, value, mutability, one.persistent, one.constant, at, "report")
    return Variable(
        name_of(said.component, said.variable),
        in_order(attributes.values()),
        _characteristics(said.variable_characteristics),
    )


def _characteristics(told: Any) -> Characteristics | None:
    if told is UNSET:
        return None
    return Characteristics(
        told.data_type,
        given(told.unit),
        given(told.min_limit),
        given(told.max_limit),
        given(told.values_list),
        told.supports_monitoring,
        given(getattr(told, "max_elements", UNSET)),
    )


# ---------------------------------------------------------------------- what changes


async def learnt(
    db: Db,
    station: Station,
    changes: Sequence[Change],
    now: int,
    source: str,
    *,
    report: ReportState | None = None,
    findings: Iterable[Finding] = (),
    action: str = "",
    history: bool = True,
) -> Learnt:
    """What to store, and to tell, because a station's model changed. `source` is by what we learnt it."""
    rows = await device_model.changed(db, station.tenant_id, station.id, changes, now, report, history=history)
    rows += [(FOUND, finding_row(station, action, one.code, one.text, now)) for one in findings]
    told = None if source == "event" else changes_told(changes)
    if told is None:
        return Learnt(rows)
    data = {"station_id": station.identity, "source": source, **told}
    return Learnt(rows, [feed_event(station, "device_model.changed", data, now)])


def changes_told(changes: Sequence[Change]) -> dict[str, Any] | None:
    """How many variables are new, gone and different; the gone and the different ones by name. None: nothing is."""
    found = [change for change in changes if change.before is None or change.after is None or _values(change)]
    if not found:
        return None
    named = [change for change in found if change.before is not None]
    return {
        "added": len(found) - len(named),
        "removed": sum(change.after is None for change in named),
        "changed": sum(change.after is not None for change in named),
        "variables": [_told(change) for change in named[:MOST_TOLD]],
    }


def _values(change: Change) -> dict[str, tuple[str | None, str | None]]:
    """The attributes whose value is another: before and after."""
    before, after = (
        {} if one is None else {attribute.type: attribute.value for attribute in one.attributes}
        for one in (change.before, change.after)
    )
    types = [*before, *(type for type in after if type not in before)]
    return {type: (before.get(type), after.get(type)) for type in types if before.get(type) != after.get(type)}


def _told(change: Change) -> dict[str, Any]:
    variable = change.after or change.before
    assert variable is not None
    name = {field: value for field in Name.__struct_fields__ if (value := getattr(variable.name, field)) is not None}
    if change.after is None:
        return {**name, "removed": True}
    return {**name, "values": {type: {"before": old, "after": new} for type, (old, new) in _values(change).items()}}


def put(call: Call, what: Learnt) -> None:
    """Store it, and tell it, with what else the call changes."""
    call.write.changed += what.rows
    call.write.events += what.events


# ---------------------------------------------------------------------- reports


@on("NotifyReport", V201, V21)
async def notify_report(call: Call, req: Any) -> Any:
    """A part of a report. The command that asked for it is confirmed when no part is missing any more (B07.FR.10)."""
    said = [variable_of(one, call.now) for one in given(req.report_data) or ()]
    one = part(req.request_id, req.seq_no, req.tbc, call.now, said)
    before = await device_reports.load_reports(call.db, call.station.id)
    reports, report, findings = receive(before, one)
    call.write.changed += [
        (FOUND, finding_row(call.station, call.action, found.code, found.text, call.now)) for found in findings
    ]
    if reports != before:
        over = before.open.keys() - reports.open.keys()
        call.write.changed += device_reports.dropped(call.station.id, over)
        call.write.changed += await _received(call, report, one)
    call.happened("message", "NotifyReport")
    if report.complete:
        call.happened("report", str(req.request_id))
    return call.v.NotifyReportResponse()


async def _received(call: Call, report: Report, one: Part) -> list[Changed]:
    """What to store for a new part; a report that is complete by it is taken over.

    Of a station that never says that more follows, each part looks like the last. So what the first one says is taken
    over as a whole, and of the others what each of them says; what is gone is known when no more comes.
    """
    station = call.station
    if report.complete and (report.end_is_sure or len(report.parts) == 1):
        whole = await device_reports.told(call.db, station.id, report, one)
        put(call, await taken_over(call.db, station, whole, call.now))
        if report.base == "full":
            await read_first(call, whole)
    elif report.complete:
        alone = Report(report.request_id, "partial", report.asked_at, {0: (one,)})
        put(call, await taken_over(call.db, station, alone, call.now))
    if report.complete and report.end_is_sure:
        return device_reports.dropped(station.id, [report.request_id])
    return device_reports.received(station.tenant_id, station.id, report, one)


async def taken_over(db: Db, station: Station, report: Report, now: int, *, settled: bool = False) -> Learnt:
    """What a report changes in all that is known of its station."""
    known = await device_model.load(db, station.id)
    found = await merged(known, report, settled=settled)
    state = found.report if found.report != known.report else None
    return await learnt(db, station, found.changes, now, "report", report=state)


async def merged(known: Model, report: Report, *, settled: bool) -> Merge:
    """`domain.reports.merge`, beside the event loop where there is much to merge."""
    size = sum(one.count for parts in report.parts.values() for one in parts)
    if max(size, len(known.variables)) < IN_A_THREAD:
        return merge(known, report, settled=settled)
    return await asyncio.to_thread(merge, known, report, settled=settled)


# ---------------------------------------------------------------------- boots and events


async def after_boot(call: Call, before: Station) -> None:
    """What waited for a reboot is read back; and who never told everything, or has new firmware, is asked to
    (B07.FR.14)."""
    waiting = booted(await device_model.load_pending(call.db, call.station.id))
    put(call, await learnt(call.db, call.station, waiting.changes, call.now, "report"))
    if _about(before) != _about(call.station):
        call.write.changed += device_model.touched(call.station.id)
    if call.station.registration != "accepted" or not call.settings.stations.makes("base_report"):
        return
    if waiting.read_back:
        names = [
            {field: value for field in Name.__struct_fields__ if (value := getattr(item.name, field)) is not None}
            | {"attribute": item.attribute}
            for item in waiting.read_back
        ]
        call.ask("get_variables", variables=names)
    asked = await device_model.load_asked(call.db, call.station.id)
    firmware = call.station.firmware_version
    times = asked.times if asked.firmware == firmware else 0
    if times and (asked.complete or times >= MOST_ASKED):
        return
    call.write.changed += device_model.asked(call.station.tenant_id, call.station.id, firmware, call.now, times + 1)
    call.ask("get_base_report")


def _about(station: Station) -> tuple[str | None, ...]:
    """What a boot tells that is said in words of the vocabulary too."""
    return station.vendor, station.model, station.firmware_version


async def observe(call: Call, events: Iterable[Any]) -> None:
    """Take over the values that events tell of variables we know (N07)."""
    told = [
        Observation(
            name_of(one.component, one.variable),
            one.actual_value,
            min(from_datetime(one.timestamp), call.now),
        )
        for one in events
    ]
    known = await device_model.load_some(call.db, call.station.tenant_id, call.station.id, [one.name for one in told])
    if known.variables:
        found = observed(known, told)
        put(call, await learnt(call.db, call.station, found.changes, call.now, "event"))
