"""Our calls: a command's row becomes CALLs on the wire, one command at a time for each station.

A step is on disk before its frame leaves, so a command is sent at most once whatever happens to this process. The first
one is written only if nobody else changed the station or its commands in that moment: what was cancelled is not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ohmstead import runtime, tracing
from ohmstead.blocks import command as commands
from ohmstead.blocks import credentials, lowering, smart_charging
from ohmstead.blocks.command import Ask, Calls, NotAnswered, Outcome, RawCall, Unsupported
from ohmstead.blocks.remote_control import Trigger
from ohmstead.domain.commands import Awaiting, meets
from ohmstead.gateway import kinds, signatures
from ohmstead.gateway.node import REPLACED, TRY_LATER, Changed
from ohmstead.ocpp import codec, rpc, signing
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import V21
from ohmstead.store import bulk
from ohmstead.store import commands as rows
from ohmstead.store.commands import NO_ANSWER, CallRecord, Queued, Step
from ohmstead.store.credentials import offered
from ohmstead.store.db import Claim, DatabaseGone, Db, Stale, Write
from ohmstead.store.sessions import State, Station

if TYPE_CHECKING:
    from ohmstead.gateway.session import Session

MOST_WORDS = 1000
"""Characters of a station's own words that are kept; OCPP allows 255, and who knows."""
FIRST_BOOT_WITHIN = 10.0
"""Seconds that a station which never booted has to do so by itself."""
FIRST_BOOT_ASKED_FOR = 300_000_000
OF_TRANSACTIONS = frozenset(
    {"RequestStartTransaction", "RequestStopTransaction", "RemoteStartTransaction", "RemoteStopTransaction"}
)
"""What a Pending station must not get, said raw (B02.FR.05)."""


async def drain(session: Session) -> None:
    """Put the station's queued commands to it, until there is none."""
    try:
        while session.asked and not session.dead:
            session.asked = False
            while await _put_next(session):
                pass
    except Stale:
        session.end(REPLACED, "another session holds this station now")
    except DatabaseGone:
        pass  # nothing was sent; the hub looks again
    finally:
        session.working = False


async def _put_next(session: Session) -> bool:
    """Put the next command to the station; False when there is none that it may get now."""
    await session.fresh()
    if session.dead:
        return False
    claim, state = session.claim, session.state  # whatever else is changed from now on, before it is sent, counts
    queued = await _next(session.node.db, state.station)
    if queued is None:
        return False
    asking = _Asking(session, queued, claim, state)
    try:
        await _put(asking)
    except Changed:
        pass  # not sent: perhaps it was cancelled, or the station may not get it any more
    except Stale:
        raise
    except Exception as error:
        if not asking.calls:
            raise
        runtime.log.exception("command failed", station=session.identity, id=queued.id, error=repr(error))
        session.end(TRY_LATER, "the CSMS cannot store anything now, come back")  # its next session knows what was sent
    return True


async def _next(db: Db, station: Station) -> Queued | None:
    """B03.FR.03: to a rejected station we say nothing; and to one that never booted nothing but that it may."""
    if station.registration == "rejected":
        return None
    if station.booted_at is not None:
        return await rows.next_queued(db, station.id)
    triggers = await rows.queued_of_type(db, station.id, "trigger")
    return next((one for one in triggers if _asked_for(one) == "BootNotification"), None)


def _asked_for(trigger: Queued) -> str:
    asked = commands.parse(trigger.body)
    return asked.message if isinstance(asked, Trigger) else ""


async def ask_for_boot(session: Session) -> None:
    """Some stations never boot of their own accord, or did so at another CSMS. B01.FR.10 keeps them out until they do,
    so they are asked."""
    station, now = session.state.station, runtime.now()
    if station.booted_at is not None or station.registration == "rejected":
        return
    if not session.node.settings.stations.makes("boot"):
        return

    def fill(write: Write) -> None:
        body = '{"type":"trigger","message":"BootNotification"}'
        rows.write_new(write, session.identity, "trigger", body, now, now + FIRST_BOOT_ASKED_FOR)

    try:
        if await _next(session.node.db, station) is None:
            await session.commit(fill)
    except (Stale, DatabaseGone):
        return  # its next connection asks
    session.look()


class _Asking:
    """One command while it is put to its station."""

    def __init__(self, session: Session, queued: Queued, claim: Claim | None, state: State) -> None:
        self.session, self.queued, self._claim, self.state = session, queued, claim, state
        self.calls: list[CallRecord] = []
        self.unsent = False
        self.answer: bytes | None = None
        self.also = commands.Also()

    async def ended(self, step: Step) -> None:
        """Write how the command stands now, and tell. Raises Changed, with nothing written, if it was never sent and
        something else happened to its row."""
        session, queued, now = self.session, self.queued, runtime.now()
        confirmed = step.awaits is not None and any(meets(step.awaits, what) for what in session.recent or ())

        def fill(write: Write) -> None:
            rows.write_answered(write, queued.id, step, self.calls, now)
            self.also.put(write)
            write.emit(self._event(step.state, now, step.reason))
            if confirmed and step.awaits is not None:
                rows.write_confirmed(write, Awaiting(queued.id, step.awaits, now), session.identity, now)

        if step.awaits is not None and step.confirm_until is not None and not confirmed:
            session.awaiting.append(Awaiting(queued.id, step.awaits, step.confirm_until))
        await session.commit(fill, self._unless_changed)
        self.also.clear()

    @property
    def _unless_changed(self) -> Claim | None:
        """A command that was sent cannot be taken back: then its steps are written whatever others change."""
        return None if self.calls else self._claim

    def _event(self, state: str, now: int, reason: str | None = None) -> Any:
        session, queued = self.session, self.queued
        return rows.step_event(session.station.tenant_id, session.identity, queued.id, queued.type, state, now, reason)

    async def call(self, action: str, payload: bytes, also: Sequence[bulk.Changed] = ()) -> Raw | CallError | None:
        """One CALL: on disk with what is `also` to be stored, on the wire, answered. Its answer's payload, the error,
        or None when none came.

        Raises Stale or Changed when the first one could not be written as sent; then it was not sent."""
        session, now, first = self.session, runtime.now(), not self.calls
        if session.dead:
            if first:
                raise Stale(session.identity)
            self.unsent = True
            return None
        jws = signatures.sealed_call(session, action, payload)
        said = (action, payload) if jws is None else (action + signing.SUFFIX, jws)
        message_id, frame = session.peer.call(*said, runtime.monotonic())
        kept = frame.decode() if jws is None else signing.kept(signing.CALL, message_id, action, payload, jws)
        record = CallRecord(message_id, action, Raw(payload), sent_at=runtime.rfc3339(now))
        calls = [*self.calls, record]

        def fill(write: Write) -> None:
            rows.write_sent(write, self.queued.id, calls, now)
            write.changed += also
            self.also.put(write)
            if first:
                write.emit(self._event("sent", now))

        answer = session.open_answer = asyncio.get_running_loop().create_future()
        try:
            await session.commit(fill, self._unless_changed)
        except BaseException:
            session.peer.close()
            session.open_answer = None
            raise
        self.calls = calls
        self.also.clear()
        self.unsent = answer.done()
        if not self.unsent:  # the socket lives, and the commit did not take longer than the call may
            session.entitle(action, _requested(payload) if action.endswith("TriggerMessage") else None)
            session.transmit(frame)
        event, data = await signatures.answer(session, action, *await answer)
        return self._answered(record, kept, event, data, now)

    def _answered(
        self, record: CallRecord, frame: str, event: rpc.Answer | rpc.TimedOut, data: bytes | None, sent_at: int
    ) -> Raw | CallError | None:
        now = runtime.now()
        self.session.log("out", record.action, frame, data.decode() if data else None, sent_at, now, None)
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

    async def learn(self, ask: Ask, action: str, request: Any, answer: Any) -> None:
        """Store what the answer to a call teaches; a mistake of ours in that does not fail the command."""
        learns = commands.AFTER.get(action)
        if learns is None:
            return
        try:
            learnt = await learns(ask, self.session.node.db, request, answer, runtime.now())
        except DatabaseGone:
            raise
        except Exception as error:
            runtime.log.exception("not learnt", station=self.session.identity, action=action, error=repr(error))
            return
        if learnt.rows or learnt.events:

            def fill(write: Write) -> None:
                write.changed += learnt.rows
                write.events += learnt.events

            await self.session.commit(fill)


async def _put(asking: _Asking) -> None:
    session = asking.session
    if asking.queued.expires_at < runtime.now():
        return await asking.ended(Step(state="expired", reason="its station did not come in time"))
    session.recent, asked_by = [], {"traceparent": asking.queued.traceparent or ""}
    try:
        with tracing.span("command", asked_by, station=session.identity, command_id=asking.queued.id):
            await asking.ended(await _step(asking))
    finally:
        session.recent = None


async def _step(asking: _Asking) -> Step:
    """Make the command's calls; how it stands then. A mistake of ours ends this command, and no other."""
    session = asking.session
    try:
        command = commands.parse(session.node.passwords.opened(asking.queued.body))
        registration = asking.state.station.registration
        if registration != "accepted" and _needs_accepted(command):
            reason = f"the station is {registration}: it takes no transactions yet (B02.FR.05)"
            return Step(state="error", reason=reason)
        return await (_raw(asking, command) if isinstance(command, RawCall) else _typed(asking, command))
    except (Stale, Changed, DatabaseGone):
        raise
    except Unsupported as error:
        return Step(state="error", reason=str(error), error={"code": "Unsupported", "description": str(error)})
    except Exception as error:
        runtime.log.exception("command failed", station=session.identity, id=asking.queued.id, error=repr(error))
        return Step(state="error", reason=f"internal error: {type(error).__name__}", answer=asking.answer)


def _needs_accepted(command: commands.AnyCommand) -> bool:
    return command.needs_accepted or (isinstance(command, RawCall) and command.ocpp.action in OF_TRANSACTIONS)


async def _raw(asking: _Asking, command: RawCall) -> Step:
    """A raw call goes out as it was given; accepted is whatever the station calls so."""
    action, payload = command.ocpp.action, bytes(command.ocpp.payload)
    request = _check(asking.session, action, payload)  # when it was asked the version may not have been known
    try:
        decoded = await _say(asking, await _ask(asking), action, payload, request)
    except NotAnswered as failed:
        return _not_answered(failed.error)
    status = getattr(decoded, "status", None)
    accepted = not isinstance(status, str) or status in commands.GOOD
    return Step(state="accepted" if accepted else "rejected", reason=None if accepted else status, answer=asking.answer)


async def _typed(asking: _Asking, command: commands.Command) -> Step:
    ask = await _ask(asking)
    await command.prepare(ask, asking.session.node.db)
    try:
        step = _ended_so(asking, await _run(asking, ask, command.calls(ask)))
    except NotAnswered as failed:
        step = _not_answered(failed.error)
    return step if ask.results is None else replace(step, results=msgspec.json.encode(ask.results))


async def _ask(asking: _Asking) -> Ask:
    session = asking.session
    state = kinds.capable(session, asking.state)
    node = session.node
    number, door = await node.numbers.rows.take(), node.settings.gateway
    return Ask(
        session.version, state, asking.queued.id, number, links=node.links, shown=node.shown(), also=asking.also,
        urls=(door.url(False), door.url(True)),
    )  # fmt: skip


def _ended_so(asking: _Asking, outcome: Outcome) -> Step:
    if not outcome.accepted:
        return Step(state="rejected", reason=outcome.reason, answer=asking.answer)
    window = outcome.window or asking.session.node.settings.stations.confirm_window
    return Step(
        state="accepted",
        reason=outcome.reason,
        answer=asking.answer,
        awaits=outcome.expects,
        confirm_until=runtime.now() + int(window * 1e6) if outcome.expects is not None else None,
    )


async def _run(asking: _Asking, ask: Ask, calls: Calls) -> Outcome:
    """Drive a command's generator: request out, answer in, until it returns. Raises NotAnswered, if it does."""
    try:
        request = next(calls)
        while True:
            action, payload = type(request).__name__.removesuffix("Request"), codec.encode(request)
            smart_charging.refuse_ended(asking.session.state, request)  # as it is now, not as it was when it was asked
            # msgspec does not validate what it encodes: we are strict in what we send
            _check(asking.session, action, payload)
            try:
                answer = await _say(asking, ask, action, payload, request)
            except NotAnswered as failed:
                request = calls.throw(failed)
            else:
                request = calls.send(answer)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


async def _say(asking: _Asking, ask: Ask, action: str, payload: bytes, request: Any) -> Any:
    """One call, as such a station takes it, and its typed answer. Raises NotAnswered, and Unsupported where such a
    station must not be asked this."""
    fit = kinds.fix_out(asking.session, action, payload)
    if fit is not payload:  # what is sent is what is checked, and what the answer is about
        payload, request = fit, _check(asking.session, action, fit)
    lowering.refuse_lower(ask, action, payload)
    before = commands.BEFORE.get(action)
    also = before(ask, request, runtime.now()) if before else ()
    offer = credentials.offer(ask, action, payload, asking.session.node.passwords)
    if offer is not None:
        also = [*also, offered(ask.station.id, offer.hash, offer.waits, runtime.now())]
    answer = await asking.call(action, payload, also)
    if answer is None:
        raise NotAnswered(None, sent=not asking.unsent)
    decoded, error = _decode(asking, action, answer) if isinstance(answer, Raw) else (None, answer)
    if offer is not None and (settled := credentials.settled(offer, decoded, runtime.now(), error)) is not None:
        await asking.session.commit(settled)
        if offer.taken(decoded):  # its socket rests on this one from now on
            asking.session.station = replace(asking.session.station, password_hash=offer.hash)
    await asking.learn(ask, action, request, decoded)
    if error is not None:
        raise NotAnswered(error)
    return decoded


def _check(session: Session, action: str, payload: bytes) -> Any:
    """The typed request. Raises Unsupported when the station's version cannot say this."""
    try:
        return codec.decode_request(session.version, action, payload, strict=True)[0]
    except codec.Refused as refused:
        raise Unsupported(f"OCPP {session.version.name} cannot say this: {refused.description}") from None


def _decode(asking: _Asking, action: str, answer: Raw) -> tuple[Any, CallError | None]:
    """The typed answer. One that breaks the schema fails the call, and a 2.1 station is told so (FR.06)."""
    session = asking.session
    answer = kinds.fix_answer(session, action, answer)
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
    code, description = (text.replace("\0", "")[:MOST_WORDS] for text in (error.code, error.description))
    return Step(state="error", reason=f"{code}: {description}", error={"code": code, "description": description})


_trigger = msgspec.json.Decoder(dict[str, Any])


def _requested(payload: bytes) -> str | None:
    found = _trigger.decode(payload).get("requestedMessage")
    return found if isinstance(found, str) else None
