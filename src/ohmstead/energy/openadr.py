"""The VEN: events of an OpenADR 3 VTN become events of demand response, and what was measured goes back as a report.

Each look reads all events that the VTN shows. What an event asks is compared with what it asked before (kept in the
database, in one transaction with our events), so a restart changes nothing, and what an operator here has cancelled
stays so until the VTN changes it. A VTN that does not answer changes nothing: what is known goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.domain import openadr as domain
from ohmstead.domain.demand import Interval, Share
from ohmstead.domain.openadr import Asked, Program, Terms, Understood, Unmapped
from ohmstead.energy import demand_response
from ohmstead.energy.vtn import Refused, Vtn
from ohmstead.energy_settings import OpenAdr
from ohmstead.settings import Settings
from ohmstead.store import demand_events, openadr
from ohmstead.store import energy as sites
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.db import Event as FeedEvent
from ohmstead.store.demand_events import Event
from ohmstead.store.ids import Ids
from ohmstead.store.openadr import Kept, Known
from ohmstead.store.resources import site_groups
from ohmstead.store.tables.meta import DEFAULT_TENANT
from ohmstead.web.fetching import Unreached

AGGREGATED = "AGGREGATED_REPORT"


class Ven:
    """Follows the VTN of the settings, for the first tenant."""

    def __init__(self, db: Db, settings: Settings, numbers: Ids) -> None:
        self._db, self._settings, self._numbers = db, settings.openadr, numbers
        self._vtn = Vtn(settings.openadr)
        self._registered = False
        self._trouble = ""

    async def look(self, now: int) -> None:
        """Read the VTN once. Trouble is logged when it begins and when it is over."""
        if not self._settings.url:
            return
        try:
            if not self._registered:
                await self._register()
            programs, bodies = await self._read()
            await self._follow(programs, bodies, now)
            await self._report(now)
        except (Unreached, Refused) as error:
            if str(error) != self._trouble:
                runtime.log.warning("OpenADR: the VTN does not serve us; what is known goes on", why=str(error))
            self._trouble = str(error)
            return
        if self._trouble:
            runtime.log.info("OpenADR: the VTN serves us again")
        self._trouble = ""

    async def _register(self) -> None:
        """An operator of a VTN may keep this to himself: then the VEN was made there by hand."""
        try:
            await self._vtn.register()
        except Refused as error:
            runtime.log.warning("OpenADR: our VEN could not be registered", why=str(error))
        self._registered = True

    async def _read(self) -> tuple[dict[str, Program], list[Any]]:
        programs: dict[str, Program] = {}
        for body in await self._vtn.pages("/programs"):
            try:
                one = msgspec.convert(body, Program)
            except msgspec.ValidationError as error:
                runtime.log.warning("OpenADR: a program cannot be read", error=str(error))
                continue
            if not self._settings.programs or one.program_name in self._settings.programs:
                programs[one.id] = one
        bodies = await self._vtn.pages("/events")
        return programs, [one for one in bodies if isinstance(one, dict) and self._follows(one, programs)]

    def _follows(self, body: dict[str, Any], programs: Mapping[str, Program]) -> bool:
        return not self._settings.programs or body.get("programID") in programs

    async def _follow(self, programs: Mapping[str, Program], bodies: list[Any], now: int) -> None:
        known = await openadr.known(self._db, DEFAULT_TENANT)
        terms = await self._terms()
        for body in bodies:
            before = known.pop(str(body.get("id")), None)
            try:
                await self._take(body, programs, terms, before, now)
            except Exception as error:
                runtime.log.exception("OpenADR: an event stands still", openadr_event=body.get("id"), error=repr(error))
        for gone in known.values():
            await self._change(msgspec.structs.replace(gone, state="gone"), gone, [], "", now)

    async def _terms(self) -> Terms:
        """The settings, without sites that are not there, and our groups."""
        there = {id for id, row in (await sites.load_sites(self._db)).items() if row.tenant_id == DEFAULT_TENANT}
        return terms_of(self._settings, there)._replace(groups=await site_groups.named(self._db, DEFAULT_TENANT))

    async def _take(
        self, body: Any, programs: Mapping[str, Program], terms: Terms, before: Known | None, now: int
    ) -> None:
        first = now if before is None else before.first_at
        types: list[str] = []
        together, name = False, ""
        try:
            event = domain.read_event(body)
            read = domain.understand(event, programs.get(event.program_id), terms, first)
            types, together, more = domain.wanted(event)
            read, name = Understood(read.asked, read.notes + more), event.event_name or ""
        except Unmapped as error:
            read = Understood([], [str(error)])
        after = Known(
            tenant_id=DEFAULT_TENANT, event_id=str(body.get("id")), program_id=str(body.get("programID")),
            modified=str(body.get("modificationDateTime") or ""), state="known",
            asked=[] if before is None else before.asked, notes=read.notes, report=types, aggregate=together,
            report_state="waiting" if types and read.asked else "none", first_at=first,
        )  # fmt: skip
        if before is not None and before.report_state in ("sent", "refused"):
            after = msgspec.structs.replace(after, report_state=before.report_state)
        if before is None or after != before or [one.asked for one in before.asked] != read.asked:
            await self._change(after, before, read.asked, name, now)

    async def _change(self, after: Known, before: Known | None, asked: list[Asked], name: str, now: int) -> None:
        """From what was asked to what is asked: cancel, make, remember; in one transaction."""
        was = [] if before is None else before.asked
        kept = [one for one in was if one.asked in asked]
        stay = [one.asked for one in kept]
        ended = [event for one in was if one.asked not in asked and (event := await self._open(one.id)) is not None]
        settled = [await demand_response.settlement(self._db, event, now) for event in ended]
        begins = max(after.first_at, min((one.start for one in asked), default=now))
        new = [(one, await self._made(one, name, begins, now)) for one in asked if one not in stay]
        ids = {id(one): None if event is None else event.id for one, event in new}
        rows = kept + [Kept(asked=one, id=ids[id(one)]) for one, _ in new]
        if after.state == "gone":
            rows = was  # for whoever asks later what it was
        async with self._db.transaction() as tx:
            for event, intervals in zip(ended, settled, strict=True):
                await demand_response.end(tx, event, "cancelled", intervals, now)
            for _, made in new:
                if made is not None:
                    await demand_events.add(tx, made, "openadr")
                    demand_response.tell(tx, made, "scheduled", now)
            if after.notes and (before is None or after.notes != before.notes):
                _tell_notes(tx, after, now)
            await openadr.put(tx, msgspec.structs.replace(after, asked=rows))

    async def _open(self, id: int | None) -> Event | None:
        event = None if id is None else await openadr.ours(self._db, DEFAULT_TENANT, id)
        return event if event is not None and event.state in ("scheduled", "active") else None

    async def _made(self, one: Asked, name: str, baseline_at: int, now: int) -> Event | None:
        """None: it is over already. One that has begun begins now; all intervals of an event have one baseline."""
        if one.end <= now:
            return None
        return Event(
            await self._numbers.take(), DEFAULT_TENANT, name[:255], one.key, "scheduled", one.site_ids, [],
            max(one.start, now), one.end, one.target, 0, one.priority, [], now, baseline_at,
        )  # fmt: skip

    # ------------------------------------------------------------------ reports

    async def _report(self, now: int) -> None:
        for one in (await openadr.known(self._db, DEFAULT_TENANT)).values():
            if one.report_state == "waiting" and max((kept.asked.end for kept in one.asked), default=now) <= now:
                await self._send(one, now)

    async def _send(self, one: Known, now: int) -> None:
        """Once: what was sent before a crash is found again by its name."""
        events = [event for kept in one.asked if kept.id is not None
                  and (event := await openadr.ours(self._db, DEFAULT_TENANT, kept.id)) is not None]  # fmt: skip
        if any(event.state in ("scheduled", "active") for event in events):
            return  # its end comes within a second
        resources = await self._resources(one, events, now)
        program = one.program_id if self._settings.version == "3.0" else None
        body = domain.report(one.event_id, program, self._settings.ven_name, one.report, resources)
        state = "sent"
        try:
            if resources and not await self._is_there(one):
                await self._vtn.post("/reports", body)
        except Refused as error:
            if error.status >= 500:
                raise
            state = "sent" if error.status == 409 else "refused"
            runtime.log.warning("OpenADR: a report was not taken", openadr_event=one.event_id, why=str(error))
        async with self._db.transaction() as tx:
            await openadr.put(tx, msgspec.structs.replace(one, report_state=state if resources else "none"))

    async def _is_there(self, one: Known) -> bool:
        """Where we may not read reports, it is taken not to be."""
        try:
            found = await self._vtn.pages("/reports", eventID=one.event_id, clientName=self._settings.ven_name)
        except Refused as error:
            if error.status >= 500:
                raise
            return False
        return any(
            isinstance(body, dict) and body.get("reportName") == domain.report_name(one.event_id) for body in found
        )

    async def _resources(self, one: Known, events: list[Event], now: int) -> dict[str, list[Interval]]:
        """Our settlement of each target, or of all together: a site that two targets name counts once there."""
        targets = {kept.id: kept.asked.target_name for kept in one.asked}
        if one.aggregate:
            merged: dict[tuple[int, int], Event] = {}
            for event in events:
                span = (event.start, event.end)
                other = merged.get(span)
                merged[span] = event if other is None else other._replace(shares=_united(other.shares, event.shares))
            events = list(merged.values())
        found: dict[str, list[Interval]] = {}
        for event in sorted(events, key=lambda each: each.start):
            intervals = await demand_response.settlement(self._db, event, now)
            if intervals:
                found.setdefault(AGGREGATED if one.aggregate else targets[event.id], []).extend(intervals)
        return found


def terms_of(settings: OpenAdr, there: set[int]) -> Terms:
    """What the settings agree on, without sites that are not `there`."""
    mapped: dict[str, list[int]] = {}
    for entry in settings.sites:
        target, _, ids = entry.rpartition("=")
        mapped.setdefault(target, []).extend(id for one in ids.split("+") if (id := int(one)) in there)
    simple = (settings.simple_moderate, settings.simple_high, settings.simple_emergency)
    return Terms(settings.ven_name, mapped, simple)


def _united(one: list[Share], other: list[Share]) -> list[Share]:
    have = {share.site_id for share in one}
    return [*one, *(share for share in other if share.site_id not in have)]


def _tell_notes(tx: Tx, one: Known, now: int) -> None:
    runtime.log.warning(
        "OpenADR: an event was not understood, or not all of it", openadr_event=one.event_id, notes=one.notes
    )
    data = {"event_id": one.event_id, "program_id": one.program_id, "notes": one.notes}
    tx.emit(FeedEvent(one.tenant_id, "ohmstead.demand_response.not_understood", None, now, encode(data)))
