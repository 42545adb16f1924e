"""O: messages on the displays of stations. The CSMS owns their ids (O01.FR.03)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import Call, feed_event, on
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, before, given, outcome
from ohmstead.blocks.firmware_commands import Moment
from ohmstead.blocks.procedures import answered, asked_for, expectation, keep, wanted
from ohmstead.domain.procedures import Step
from ohmstead.ocpp.versions import V21, V201
from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.store import display_messages
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db

WINDOW = 600.0
"""Seconds that a report may take."""
MessageId = Annotated[int, Meta(ge=0, le=2**31 - 1)]
State = Literal["Charging", "Faulted", "Idle", "Unavailable", "Suspended", "Discharging"]


@on("NotifyDisplayMessages", V201, V21)
async def notify_display_messages(call: Call, req: Any) -> Any:
    """A part of a report. The parts have no numbers; the last one says so, and then what a full report did not name is
    gone (O03)."""
    call.happened("message", call.action)
    station, write = call.station, call.write
    for message in given(req.message_info) or ():
        body = described(message)
        write.changed.append(display_messages.put(station.tenant_id, station.id, message.id, body, call.now))
    one = await wanted(call, "display_messages", req.request_id, "NotifyDisplayMessages")
    if one is not None and one.state != "done":
        after = replace(one, state="running", status="reporting", updated_at=call.now)
        if not req.tbc:
            if one.asked.get("full"):
                write.changed.append(display_messages.dropped_before(station.id, one.asked_at))
            steps = (*one.steps, Step("reported", call.now))
            after = replace(after, state="done", status="reported", steps=steps)
        await keep(call, after, news=after.state == "done")
    return call.v.NotifyDisplayMessagesResponse()


def described(message: Any) -> dict[str, Any]:
    """A MessageInfoType in the words of our API."""
    more = given(getattr(message, "message_extra", None)) or ()
    component = given(message.display)
    evse = None if component is None else given(component.evse)
    start, end = given(message.start_date_time), given(message.end_date_time)
    return {
        "priority": message.priority,
        "state": given(message.state),
        "transaction_id": given(message.transaction_id),
        "evse_id": None if evse is None else evse.id,
        "display": None if component is None else component.name,
        "starts_at": None if start is None else rfc3339(from_datetime(start)),
        "ends_at": None if end is None else rfc3339(from_datetime(end)),
        "texts": [
            {"format": one.format, "language": given(one.language), "text": one.content}
            for one in (message.message, *more)
        ],
    }


# ---------------------------------------------------------------------- commands


class Text(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text in one language; `language` as RFC 5646 has it."""

    text: Annotated[str, Meta(max_length=1024)]
    format: Literal["ASCII", "HTML", "URI", "UTF8", "QRCODE"] = "UTF8"
    language: Annotated[str, Meta(max_length=8)] | UnsetType = UNSET

    def typed(self, v: Any) -> Any:
        return v.MessageContentType(format=self.format, content=self.text, language=self.language)


class SetDisplayMessage(Command):
    """Show a message, or another in its place (the same `id`). Texts after the first are further languages (2.1)."""

    actions: ClassVar = ("SetDisplayMessage",)
    waits_offline: ClassVar[bool] = True
    texts: Annotated[list[Text], Meta(min_length=1, max_length=5)]
    id: MessageId | UnsetType = UNSET
    """Ours to choose; left out, it is a new one."""
    priority: Literal["AlwaysFront", "InFront", "NormalCycle"] = "NormalCycle"
    state: State | UnsetType = UNSET
    """When it is shown; left out: always."""
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    transaction_id: Annotated[str, Meta(max_length=36)] | UnsetType = UNSET
    evse_id: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    """Whose display; left out: the main one."""

    def to_v2(self, ask: Ask) -> Calls:
        v, first, *others = ask.v, *self.texts
        if others and ask.version is not V21:
            raise Unsupported(f"A message of OCPP {ask.version.name} has one text.")
        fields: dict[str, Any] = {}
        if others:
            fields["message_extra"] = [one.typed(v) for one in others]
        if self.evse_id is not UNSET:
            fields["display"] = v.ComponentType(name="Display", evse=v.EVSEType(id=self.evse_id))
        message = v.MessageInfoType(
            id=ask.remote_start_id if self.id is UNSET else self.id,
            priority=self.priority,
            message=first.typed(v),
            state=self.state,
            start_date_time=self.starts_at,
            end_date_time=self.ends_at,
            transaction_id=self.transaction_id,
            **fields,
        )
        answer = yield v.SetDisplayMessageRequest(message=message)
        return outcome(answer)


class ClearDisplayMessage(Command):
    """Show a message no more."""

    actions: ClassVar = ("ClearDisplayMessage",)
    waits_offline: ClassVar[bool] = True
    id: MessageId

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.ClearDisplayMessageRequest(id=self.id)
        return outcome(answer)


class GetDisplayMessages(Command):
    """Let the station report its messages: all, or those of some ids, a priority, a state."""

    actions: ClassVar = ("GetDisplayMessages",)
    ids: Annotated[list[MessageId], Meta(min_length=1)] | UnsetType = UNSET
    priority: Literal["AlwaysFront", "InFront", "NormalCycle"] | UnsetType = UNSET
    state: State | UnsetType = UNSET

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield ask.v.GetDisplayMessagesRequest(
            request_id=ask.remote_start_id, id=self.ids, priority=self.priority, state=self.state
        )
        if answer.status == "Unknown":
            return Outcome(True, "there are none")
        return outcome(answer, expects=expectation("display_messages", ask.command_id), window=WINDOW)


@before("GetDisplayMessages")
def report_asked(ask: Ask, req: Any, now: int) -> Sequence[Changed]:
    full = req.id is UNSET and req.priority is UNSET and req.state is UNSET
    return asked_for(ask, "display_messages", req.request_id, {"full": full}, now)


@after("GetDisplayMessages")
async def report_answered(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """`Unknown` says that there is none of the kind: after a question for all, none at all."""
    if answer is None or answer.status != "Unknown":
        return await answered(ask, db, answer, now)
    full = req.id is UNSET and req.priority is UNSET and req.state is UNSET
    learnt = await answered(ask, db, answer, now, nothing=True)
    rows = [display_messages.dropped_before(ask.station.id, now)] if full else []
    return Learnt([*rows, *learnt.rows], learnt.events)


@after("SetDisplayMessage")
async def message_set(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    if answer is None or answer.status != "Accepted":
        return Learnt()
    station, message = ask.station, req.message
    body = described(message)
    told = {"station_id": station.identity, "id": message.id, **body}
    row = display_messages.put(station.tenant_id, station.id, message.id, body, now)
    return Learnt([row], [feed_event(station, "display_message.set", told, now)])


@after("ClearDisplayMessage")
async def message_cleared(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """`Unknown` is as good: it is not there."""
    if answer is None or answer.status not in ("Accepted", "Unknown"):
        return Learnt()
    told = {"station_id": ask.station.identity, "id": req.id}
    rows = [display_messages.dropped(ask.station.id, req.id)]
    return Learnt(rows, [feed_event(ask.station, "display_message.cleared", told, now)])
