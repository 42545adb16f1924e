"""N02: reports of monitors: asked for, assembled, given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from ohmstead import runtime
from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Unsupported, after, before, given, outcome
from ohmstead.blocks.device_model import name_of, put
from ohmstead.blocks.monitoring import gone
from ohmstead.blocks.reports import WINDOW, Wanted
from ohmstead.domain.monitors import MOST, Kind, Monitor, Report, received
from ohmstead.domain.portions import NAMES, limits
from ohmstead.ocpp.versions import V21, V201
from ohmstead.store import commands, device_model, monitors
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.findings import FOUND, finding_row
from ohmstead.store.monitors import Owner
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, load_state

CRITERIA = {"threshold": "ThresholdMonitoring", "delta": "DeltaMonitoring", "periodic": "PeriodicMonitoring"}
KINDS: dict[str, Kind] = {
    "HardWiredMonitor": "hard_wired",
    "PreconfiguredMonitor": "preconfigured",
    "CustomMonitor": "custom",
}
BROKEN = 60_000_000
"""Microseconds without a part from which on a report is given up."""


class GetMonitoringReport(Command):
    """Let the station report its monitors: all, those of some variables, or of some sorts."""

    actions: ClassVar = ("GetMonitoringReport",)
    criteria: Annotated[list[Literal["threshold", "delta", "periodic"]], Meta(min_length=1)] | UnsetType = UNSET
    variables: Annotated[list[Wanted], Meta(min_length=1)] | UnsetType = UNSET

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.known = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, NAMES)

    def to_v2(self, ask: Ask) -> Calls:
        most = limits(ask.known, ask.station.capabilities).report.items
        if self.variables is not UNSET and len(self.variables) > most:
            raise Unsupported(f"The station takes {most} variables in one request for a report; ask in several.")
        number = ask.remote_start_id
        answer = yield ask.v.GetMonitoringReportRequest(
            request_id=number,
            monitoring_criteria=UNSET if self.criteria is UNSET else [CRITERIA[one] for one in self.criteria],
            component_variable=UNSET if self.variables is UNSET else [one.typed(ask.v) for one in self.variables],
        )
        expects = ("monitoring_report", str(number)) if answer.status == "Accepted" else None
        return outcome(answer, expects=expects, window=WINDOW)


@before("GetMonitoringReport")
def asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    """From now on parts with this number are of a report that was asked for: they may overtake the answer."""
    return [monitors.report_kept(ask.station.tenant_id, ask.station.id, _asked(req, now))]


def _asked(req: Any, now: int) -> Report:
    full = req.monitoring_criteria is UNSET and req.component_variable is UNSET
    return Report(request_id=req.request_id, full=full, asked_at=now, last_at=now)


@after("GetMonitoringReport")
async def answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """A station that does not accept will send no part; where nothing is set there is nothing to report."""
    if answer is not None and answer.status == "Accepted":
        return Learnt()
    station = ask.station
    rows: list[Changed] = [monitors.report_over(station.id, req.request_id)]
    report = _asked(req, now)
    if answer is None or answer.status != "EmptyResultSet" or not report.full:
        return Learnt(rows)
    learnt = await gone(db, station, await monitors.unnamed(db, station.id, report), now)
    whole = received(report, 0, False, now)
    return Learnt([*rows, *learnt.rows, monitors.reported(station.tenant_id, station.id, whole, now)], learnt.events)


@on("NotifyMonitoringReport", V201, V21)
async def notify_monitoring_report(call: Call, req: Any) -> Any:
    """A part of a report. What each part names is taken over at once; what is gone, when no part is missing."""
    station, write = call.station, call.write
    report = await monitors.load_report(call.db, station.id, req.request_id)
    known = await monitors.load(call.db, station.id)
    found = _monitors(req, known, call.now)
    if len(known.keys() | {one.id for one in found}) > MOST:
        _odd(call, "too_many_monitors", f"report {req.request_id} names more monitors than the {MOST} that are kept")
        return call.v.NotifyMonitoringReportResponse()
    write.changed += await monitors.put(call.db, station.tenant_id, station.id, found)
    call.happened("message", "NotifyMonitoringReport")
    if report is None:
        _odd(call, "report_not_asked", f"nobody asked for report {req.request_id}")
        return call.v.NotifyMonitoringReportResponse()
    report = received(report, req.seq_no, req.tbc, call.now)
    if report.complete:
        call.happened("monitoring_report", str(req.request_id))
        await _whole(call, report, {one.id for one in found})
    write.changed.append(monitors.report_kept(station.tenant_id, station.id, report))
    return call.v.NotifyMonitoringReportResponse()


async def _whole(call: Call, report: Report, named: set[int]) -> None:
    """No part is missing: what a full report does not name is gone."""
    station = call.station
    if report.full:
        over = [id for id in await monitors.unnamed(call.db, station.id, report) if id not in named]
        put(call, await gone(call.db, station, over, call.now))
        call.write.changed.append(monitors.reported(station.tenant_id, station.id, report, call.now))


def _monitors(req: Any, known: dict[int, Monitor], now: int) -> list[Monitor]:
    found = {}
    for group in given(req.monitor) or ():
        name = name_of(group.component, group.variable)
        for one in group.variable_monitoring:
            before = known.get(one.id)
            same = before is not None and (before.name.key, before.type) == (name.key, one.type)
            said = KINDS.get(getattr(one, "event_notification_type", ""))
            found[one.id] = Monitor(
                id=one.id, name=name, type=one.type, value=one.value, severity=one.severity,
                kind=said or (before.kind if same and before is not None else None),
                transaction=one.transaction, updated_at=now,
            )  # fmt: skip
    return list(found.values())


def _odd(call: Call, code: str, text: str) -> None:
    call.write.execute(FOUND, **finding_row(call.station, call.action, code, text, call.now))


# ---------------------------------------------------------------------- giving up


async def give_up(db: Db, now: int) -> int:
    """End the reports of which nothing comes any more, whole or not; how many that were."""
    owners = await monitors.overdue(db, now - BROKEN)
    for owner in owners:
        try:
            await _give_up(db, owner, now)
        except Exception as error:
            runtime.log.exception("report not given up", station=owner.station_id, error=repr(error))
    return len(owners)


async def _give_up(db: Db, owner: Owner, now: int) -> None:
    report = owner.report
    rows: list[Changed] = [monitors.report_over(owner.station_id, report.request_id)]
    if report.complete:
        return await db.store([], rows)
    station = (await load_state(db, owner.station_id)).station
    missing = ", ".join(map(str, report.missing[:20]))
    text = f"the report of monitors {report.request_id} is without its parts {missing}"
    rows.append((FOUND, finding_row(station, "NotifyMonitoringReport", "report_incomplete", text, now)))
    if report.full:
        rows.append(monitors.reported(owner.tenant_id, owner.station_id, report, now))
    async with db.transaction() as tx:
        await tx.execute(CHANGED_ELSEWHERE, station=owner.station_id)
        if await monitors.still_so(tx, owner):
            await tx.execute_all(rows)
            await commands.give_up(tx, owner.station_id, ("monitoring_report", str(report.request_id)), now)
        tx.ring(STATION_TOPIC, str(owner.station_id))
