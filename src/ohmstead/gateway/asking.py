"""Our calls: a command's row becomes CALLs on the wire, one command at a time for each station.

A step is on disk before its frame leaves, so a command is sent at most once whatever happens to this process.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from ohmstead import runtime
from ohmstead.blocks import command as commands
from ohmstead.blocks.command import Ask, Calls, Outcome, RawCall, Unsupported
from ohmstead.domain.commands import Awaiting, meets
from ohmstead.ocpp import codec, rpc
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import V21
from ohmstead.store import commands as rows
from ohmstead.store import ledger
from ohmstead.store.commands import CallRecord, Queued, Step
from ohmstead.store.db import DatabaseGone, Stale, Write

if TYPE_CHECKING:
    from ohmstead.gateway.session import Session

NO_ANSWER = "no answer: it may still have worked"


async def drain(session: Session) -> None:
    """Put the station's queued commands to it, until there is none."""
    try:
        while not session.dead and _may_ask(session):
            queued = await rows.next_queued(session.node.db, session.station.id)
            if queued is None:
                break
            await _put(session, queued)
    except (Stale, DatabaseGone):
        pass  # the session is over, or looks again when the database is back
    finally:
        session.working = False


def _may_ask(session: Session) -> bool:
    """B03.FR.03: to a rejected station we say nothing; and nothing before it ever booted."""
    station = session.state.station
    return station.booted_at is not None and station.registration != "rejected"


async def give_up_lost(session: Session) -> None:
    """Commands that were on the wire when an earlier session ended are never sent again."""
    lost = await rows.sent_before(session.node.db, session.station.id)
    if lost:
        now = runtime.now()

        def fill(write: Write) -> None:
            for id in lost:
                rows.write_timed_out(write, id, session.identity, NO_ANSWER, now)

        await session.commit(fill)


class _Asking:
    """One command while it is put to its station."""

    def __init__(self, session: Session, queued: Queued) -> None:
        self.session, self.queued = session, queued
        self.calls: list[CallRecord] = []
        self.answer: bytes | None = None

    async def ended(self, step: Step) -> None:
        """Write how the command stands now, and tell."""
        session, queued, now = self.session, self.queued, runtime.now()
        confirmed = step.awaits is not None and any(meets(step.awaits, what) for what in session.recent or ())

        def fill(write: Write) -> None:
            rows.write_answered(write, queued.id, step, self.calls, now)
            write.emit(self._event(step.state, now, step.reason))
            if confirmed and step.awaits is not None:
                rows.write_confirmed(write, Awaiting(queued.id, step.awaits, now), session.identity, now)

        if step.awaits is not None and step.confirm_until is not None and not confirmed:
            session.awaiting.append(Awaiting(queued.id, step.awaits, step.confirm_until))
        await session.commit(fill)

    def _event(self, state: str, now: int, reason: str | None = None) -> Any:
        session, queued = self.session, self.queued
        return rows.step_event(session.station.tenant_id, session.identity, queued.id, queued.type, state, now, reason)

    async def call(self, action: str, payload: bytes) -> Raw | CallError | None:
        """One CALL: on disk, on the wire, answered. The answer's payload, the error, or None when none came."""
        session, now = self.session, runtime.now()
        message_id, frame = session.peer.call(action, payload, runtime.monotonic())
        record = CallRecord(message_id, action, Raw(payload), sent_at=runtime.rfc3339(now))
        self.calls.append(record)
        first = len(self.calls) == 1

        def fill(write: Write) -> None:
            rows.write_sent(write, self.queued.id, self.calls, now)
            if first:
                write.emit(self._event("sent", now))

        answer = session.open_answer = asyncio.get_running_loop().create_future()
        try:
            await session.commit(fill)
        except BaseException:
            session.peer.close()
            session.open_answer = None
            raise
        session.entitle(action, _requested(payload) if action.endswith("TriggerMessage") else None)
        session.transmit(frame)
        event, data = await answer
        return await self._answered(record, frame, event, data, now)

    async def _answered(
        self, record: CallRecord, frame: bytes, event: rpc.Answer | rpc.TimedOut, data: bytes | None, sent_at: int
    ) -> Raw | CallError | None:
        now = runtime.now()
        await self._log(record.action, frame, data, sent_at, now)
        if isinstance(event, rpc.TimedOut):
            return None
        record.answered_at = runtime.rfc3339(now)
        if event.error is not None:
            record.error = {"code": event.error.code, "description": event.error.description}
            return event.error
        assert event.payload is not None
        record.answer = Raw(bytes(event.payload))
        self.answer = bytes(event.payload)
        return record.answer

    async def _log(self, action: str, frame: bytes, data: bytes | None, sent_at: int, now: int) -> None:
        session = self.session
        number = await session.node.numbers.frames.take()
        answer = None if data is None else data.decode()
        row = (number, session.station.tenant_id, session.station.id, sent_at, "out", action)
        session.node.lazy.append(ledger.MESSAGES, (*row, frame.decode(), answer, now if answer else None, None))


async def _put(session: Session, queued: Queued) -> None:
    asking = _Asking(session, queued)
    if queued.expires_at < runtime.now():
        return await asking.ended(Step(state="expired", reason="its station did not come in time"))
    command = commands.parse(queued.body)
    if command.needs_accepted and session.state.station.registration != "accepted":
        reason = f"the station is {session.state.station.registration}: it takes no transactions yet (B02.FR.05)"
        return await asking.ended(Step(state="error", reason=reason))
    session.recent = []
    try:
        step = await (_raw(asking, command) if isinstance(command, RawCall) else _typed(asking, command))
        await asking.ended(step)
    finally:
        session.recent = None


async def _raw(asking: _Asking, command: RawCall) -> Step:
    """A raw call goes out as it was given; accepted is whatever the station calls so."""
    action = command.ocpp.action
    answer = await asking.call(action, bytes(command.ocpp.payload))
    if not isinstance(answer, Raw):
        return _not_answered(answer)
    decoded, bad = _decode(asking, action, answer)
    if bad is not None:
        return _not_answered(bad)
    status = getattr(decoded, "status", None)
    accepted = not isinstance(status, str) or status in commands.GOOD
    return Step(state="accepted" if accepted else "rejected", reason=None if accepted else status, answer=asking.answer)


async def _typed(asking: _Asking, command: commands.Command) -> Step:
    session = asking.session
    ask = Ask(session.version, session.state, asking.queued.id, await session.node.numbers.rows.take())
    try:
        outcome = await _run(asking, command.calls(ask))
    except Unsupported as error:
        return Step(state="error", reason=str(error), error={"code": "Unsupported", "description": str(error)})
    if not isinstance(outcome, Outcome):
        return _not_answered(outcome)
    if not outcome.accepted:
        return Step(state="rejected", reason=outcome.reason, answer=asking.answer)
    window = outcome.window or session.node.settings.stations.confirm_window
    return Step(
        state="accepted",
        reason=outcome.reason,
        answer=asking.answer,
        awaits=outcome.expects,
        confirm_until=runtime.now() + int(window * 1e6) if outcome.expects is not None else None,
    )


async def _run(asking: _Asking, calls: Calls) -> Outcome | CallError | None:
    """Drive a command's generator: request out, answer in, until it returns."""
    try:
        request = next(calls)
        while True:
            action = type(request).__name__.removesuffix("Request")
            answer = await asking.call(action, _checked(asking.session, action, request))
            if not isinstance(answer, Raw):
                return answer
            decoded, bad = _decode(asking, action, answer)
            if bad is not None:
                return bad
            request = calls.send(decoded)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def _checked(session: Session, action: str, request: Any) -> bytes:
    """The payload of a request of ours. msgspec does not validate what it encodes, so it is decoded once more: we are
    strict in what we send."""
    payload = codec.encode(request)
    try:
        codec.decode_request(session.version, action, payload, strict=True)
    except codec.Refused as refused:
        raise Unsupported(f"OCPP {session.version.name} cannot say this: {refused.description}") from None
    return payload


def _decode(asking: _Asking, action: str, answer: Raw) -> tuple[Any, CallError | None]:
    """The typed answer. One that breaks the schema fails the call, and a 2.1 station is told so (FR.06)."""
    session = asking.session
    try:
        return codec.decode_response(session.version, action, answer)[0], None
    except codec.Refused as refused:
        if session.version is V21:
            asked = asking.calls[-1].message_id
            session.transmit(session.peer.result_error(asked, refused.code, refused.description))
        return None, CallError(refused.code, f"The station's answer is not valid: {refused.description}", ours=True)


def _not_answered(error: CallError | None) -> Step:
    if error is None:
        return Step(state="timed_out", reason=NO_ANSWER)
    told = {"code": error.code, "description": error.description}
    return Step(state="error", reason=f"{error.code}: {error.description}", error=told)


_trigger = msgspec.json.Decoder(dict[str, Any])


def _requested(payload: bytes) -> str | None:
    found = _trigger.decode(payload).get("requestedMessage")
    return found if isinstance(found, str) else None
