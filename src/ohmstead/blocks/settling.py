"""B07: reports of which nothing comes any more, complete or not.

A complete one whose end was not sure is settled: what it does not name is gone. A full report that stays incomplete
changes nothing but how the last report went, unless nothing better was ever known; the station is asked again, a few
times. This runs as a job, beside the sessions: if the station says anything about its model in that moment, nothing is
stored and the next run looks again.
"""

from __future__ import annotations

from msgspec import Struct

from ohmstead import runtime
from ohmstead.blocks.device_model import MOST_ASKED, learnt, merged
from ohmstead.domain.device_model import Change, Key, Model, applied
from ohmstead.domain.reports import Finding, Report, expire
from ohmstead.settings import Settings
from ohmstead.store import commands, device_model, device_reports
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Event
from ohmstead.store.device_reports import Owner
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, Station, load_state

SETTLED = 10_000_000
"""Microseconds after its last part from which on a complete report is taken to be whole."""
BROKEN = 60_000_000
"""Microseconds without a part from which on an incomplete report is given up."""
ASKED_FOR = 300_000_000


class _Found(Struct):
    """What the reports of one station come to."""

    rows: list[Changed]
    events: list[Event]
    over: list[Report]
    again: bool = False


async def settle(db: Db, settings: Settings, now: int) -> int:
    """Settle and give up what is due, at all stations; how many stations that were."""
    owners = await device_reports.overdue(db, now, SETTLED, BROKEN)
    for owner in owners:
        try:
            await _settle(db, settings, owner, now)
        except Exception as error:
            runtime.log.exception("reports not settled", station=owner.station_id, error=repr(error))
    return len(owners)


async def _settle(db: Db, settings: Settings, owner: Owner, now: int) -> None:
    before = await device_reports.stamp(db, owner.station_id)
    station = (await load_state(db, owner.station_id)).station
    found = await _found(db, station, now)
    asked = await device_model.load_asked(db, station.id)
    times = asked.times if asked.firmware == station.firmware_version else 0
    again = found.again and times < MOST_ASKED and settings.stations.makes("base_report")
    if again:
        found.rows += device_model.asked(station.tenant_id, station.id, station.firmware_version, now, times + 1)
    async with db.transaction() as tx:
        await tx.execute(CHANGED_ELSEWHERE, station=station.id)
        if await device_reports.stamp(tx, station.id) != before:
            return
        await tx.execute_all(found.rows)
        for report in found.over:
            await commands.give_up(tx, station.id, ("report", str(report.request_id)), now)
        for event in found.events:
            tx.emit(event)
        if again:
            await commands.add(
                tx,
                id=commands.new_id(now),
                tenant_id=station.tenant_id,
                station_id=station.id,
                identity=station.identity,
                type="get_base_report",
                body='{"type":"get_base_report"}',
                now=now,
                expires_at=now + ASKED_FOR,
            )
        tx.ring(STATION_TOPIC, str(station.id))


async def _found(db: Db, station: Station, now: int) -> _Found:
    reports = await device_reports.load_reports(db, station.id)
    _, over = expire(reports, now, SETTLED)
    late = [one for one in over if one.complete or now - one.last_at >= BROKEN]
    found = _Found([], [], [one for one in late if not one.complete])
    known = before = await device_model.load(db, station.id)
    changes: dict[Key, Change] = {}
    findings: list[Finding] = []
    for report in sorted(late, key=lambda one: one.last_at):
        told = await device_reports.told(db, station.id, report)
        merge = await merged(known, told, settled=True)
        known = Model(applied(known, merge.changes).variables, merge.report)
        changes |= {one.key: Change(one.key, before.variables.get(one.key), one.after) for one in merge.changes}
        if not report.complete:
            findings.append(Finding("report_incomplete", _missing(report)))
        found.again = found.again or (report.base == "full" and not report.complete)
    state = known.report if known.report != before.report else None
    what = await learnt(
        db, station, list(changes.values()), now, "report", report=state, findings=findings, action="NotifyReport"
    )
    found.rows = [*what.rows, *device_reports.dropped(station.id, [one.request_id for one in late])]
    found.events = list(what.events)
    return found


def _missing(report: Report) -> str:
    if not report.parts:
        return f"of report {report.request_id} nothing came"
    numbers = ", ".join(map(str, report.missing[:20]))
    return f"report {report.request_id} is without its parts {numbers}"
