"""What the blocks with procedures share: one asked for, taken or refused, followed status by status, told of.

@before("GetLog")     -> asked_for(...)      a row, in the commit that sends the call
@after("GetLog")      -> answered(...)       running, or failed; the one before it cancelled
@on("LogStatus...")   -> follow(...)         a step: the row, the feed, an alert, the command confirmed or failed
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from ohmstead.blocks import Call, feed_event
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import Ask, Learnt, given
from ohmstead.domain import procedures as domain
from ohmstead.domain.alerts import Cause
from ohmstead.domain.commands import Happening
from ohmstead.domain.procedures import IDLE, OPEN, Chain, Kind, Procedure
from ohmstead.ocpp.versions import V16
from ohmstead.store import commands, procedures
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.findings import FOUND, finding_row
from ohmstead.store.forms import procedure_form

NAMES: dict[Kind, str] = {
    "firmware": "The update of the firmware",
    "publish_firmware": "The publication of firmware",
    "log": "The upload of a log",
    "customer_information": "The report on a customer",
    "display_messages": "The report of the display messages",
}
SEVERITY: dict[Kind, int] = {"firmware": 4, "publish_firmware": 4, "log": 6}
"""Of the alert that a failure raises; the other kinds raise none."""
ONE_AT_A_TIME: tuple[Kind, ...] = ("firmware", "log")
"""Of these a station does one; another takes its place (L01.FR.24, N01.FR.12)."""


def expectation(kind: Kind, command_id: str) -> Happening:
    """What confirms the command that asked for it."""
    return (kind, command_id)


def asked_for(
    ask: Ask, kind: Kind, request_id: int | None, wanted: dict[str, Any], now: int, **told: Any
) -> list[Changed]:
    """A procedure that is being asked for: its statuses may overtake the answer."""
    one = Procedure(
        id=procedure_id(ask), kind=kind, request_id=request_id, asked_at=now, updated_at=now, command_id=ask.command_id,
        asked=wanted, told=told,
    )  # fmt: skip
    return [procedures.put(ask.station.tenant_id, ask.station.id, one)]


def procedure_id(ask: Ask) -> str:
    """Of the procedure that this command begins."""
    return f"prc_{ask.command_id.removeprefix('cmd_')}"


async def answered(
    ask: Ask, db: Db, answer: Any, now: int, *, refusal: str | None = None, nothing: bool = False, **told: Any
) -> Learnt:
    """What the station's answer says of the procedure; the answer is None for a CALLERROR, and in 1.6 some have no
    status: then they say yes, unless there is a `refusal`. `nothing`: it is over, because there is nothing to tell."""
    one = await procedures.load(db, procedure_id(ask))
    if one is None:
        return Learnt()
    one = replace(one, told=one.told | told)
    if nothing or refusal is not None:
        after = domain.refused(one, refusal or "", now)
        if nothing:
            after = replace(after, state="done", status="reported", reason=None)
        return _learnt(ask, [after], [procedures.moved(after, "asked")], now)
    status = "CALLERROR" if answer is None else getattr(answer, "status", "Accepted")
    if status not in ("Accepted", "AcceptedCanceled"):
        info = None if answer is None else given(getattr(answer, "status_info", UNSET))
        more = "" if info is None else f": {info.reason_code} {given(info.additional_info) or ''}".rstrip()
        after = domain.refused(one, f"the station did not take it: {status}{more}", now)
        return _learnt(ask, [after], [procedures.moved(after, "asked")], now)
    after = domain.accepted(one, "Accepted", now)
    others: list[Procedure] = []
    if one.kind in ONE_AT_A_TIME:
        found = await procedures.load_open(db, ask.station.id, one.kind)
        others = [domain.cancelled(other, now) for other in found if other.id != one.id]
    rows = [procedures.moved(after, "asked"), *(procedures.moved(other, *OPEN) for other in others)]
    return _learnt(ask, [*others, after] if one.state == "asked" else others, rows, now)


def _learnt(ask: Ask, told: list[Procedure], rows: list[Changed], now: int) -> Learnt:
    who = ask.station
    events = [feed_event(who, f"{one.kind}.{one.state}", procedure_form(who.identity, one), now) for one in told]
    return Learnt(rows, events)


async def wanted(call: Call, kind: Kind, request_id: int | None, status: str) -> Procedure | None:
    """The procedure that a status is about; what was never asked for becomes one of its own, unless it is over."""
    if request_id is not None:
        found = await procedures.find(call.db, call.station.id, kind, request_id)
    else:
        if status != IDLE and call.version is not V16:
            odd(call, "request_id_missing", f"{status} came without requestId (L01.FR.20)")
        found = next(iter(await procedures.load_open(call.db, call.station.id, kind)), None)
    if found is not None or status == IDLE:
        return found
    odd(call, "procedure_not_asked", f"{status} is of a request {request_id} that Ohmstead did not make")
    return Procedure(
        id=procedures.new_id(call.now), kind=kind, request_id=request_id, asked_at=call.now, updated_at=call.now,
    )  # fmt: skip


async def follow(
    call: Call,
    kind: Kind,
    chain: Chain,
    status: str,
    request_id: int | None,
    info: Any = None,
    told: dict[str, Any] | None = None,
) -> Procedure | None:
    """Take in a status of a procedure; the procedure, if it is about one."""
    one = await wanted(call, kind, request_id, status)
    if one is None:
        return None
    text = f"{info.reason_code} {given(info.additional_info) or ''}".strip() if info else None
    after, news, why = domain.followed(replace(one, told=one.told | (told or {})), chain, status, text, call.now)
    if why is not None:
        odd(call, "status_order", f"{NAMES[kind]}: {why}")
    await keep(call, after, news=news)
    return after


async def keep(call: Call, one: Procedure, *, news: bool) -> None:
    """Store a procedure; where it is news: tell it, raise or clear its alert, confirm its command or give it up."""
    station = call.station
    call.write.changed.append(procedures.put(station.tenant_id, station.id, one))
    if not news:
        return
    call.emit(f"{one.kind}.{one.state}", procedure_form(station.identity, one))
    if one.command_id is not None:
        if one.state == "done":
            call.happened(*expectation(one.kind, one.command_id))
        elif one.state in ("failed", "cancelled"):
            commands.write_failed(call.write, one.command_id, one.reason or one.status)
    if one.kind in SEVERITY and one.state in ("done", "failed"):
        await _alert(call, one)


async def _alert(call: Call, one: Procedure) -> None:
    board = await board_of(call.db, call.station, call.now)
    if one.state == "done":
        board.cleared(f"procedure/{one.kind}", "station")
    else:
        text = f"{NAMES[one.kind]} failed: {one.reason}"
        detail = {"procedure_id": one.id, "request_id": one.request_id, "status": one.status}
        await board.raised(
            Cause(
                subject=f"procedure/{one.kind}", source="csms", code=f"{one.kind}_failed", severity=SEVERITY[one.kind],
                text=text, at=call.now, latched=True, detail=detail,
            ),
            call.numbers.rows.take,
        )  # fmt: skip
    board.write(call.write)


def odd(call: Call, code: str, text: str) -> None:
    """A finding about this call."""
    call.write.execute(FOUND, **finding_row(call.station, call.action, code, text, call.now))


async def end_quiet(db: Db, now: int) -> int:
    """End procedures of which nothing was heard for days; how many that were."""
    return await procedures.end_quiet(db, now - domain.QUIET, now)
