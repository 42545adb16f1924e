"""One message of a station, from its frame to its answer: decode, admit, handle, commit, encode.

Nothing is answered before the commit that holds what the answer promises. A handler that fails costs its own call only:
a frame of the ledger is then kept raw and answered without harm, anything else gets InternalError. A SEND of 2.1 goes
the same way and is never answered, whatever becomes of it (N15.FR.02).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Raw
from msgspec.structs import replace

from ohmstead import blocks, runtime, tracing
from ohmstead.blocks import Call, HangUp, Reject
from ohmstead.blocks.alerts import board_of, not_folded
from ohmstead.blocks.proving import spoke
from ohmstead.domain import commands as lives
from ohmstead.domain.commands import Awaiting
from ohmstead.domain.station import may_send, standing
from ohmstead.gateway import kinds, signatures
from ohmstead.gateway.counts import OTHER
from ohmstead.gateway.node import POLICY
from ohmstead.ocpp import codec, rpc, signing
from ohmstead.ocpp.masking import masked
from ohmstead.store import certificates, ledger, signed_once
from ohmstead.store.commands import write_confirmed
from ohmstead.store.db import DatabaseGone, Stale

if TYPE_CHECKING:
    from ohmstead.gateway.session import Session

Message = rpc.Call | rpc.Send
TYPED = "KeyCode"
"""A frame with a token of this type holds a code that must not be kept (C04.FR.04)."""


@tracing.of_calls
async def handle(session: Session, message: Message, frame: str) -> None:
    """Handle and answer one message. Raises Stale or DatabaseGone, then nothing was stored nor answered."""
    now = runtime.now()
    if message.action.endswith(signing.SUFFIX) or signatures.policy(session, message.action) == "require":
        try:
            message, frame, oddly_signed = await signatures.opened(session, message)
        except signatures.Repeated as repeated:
            return _say_again(session, message, frame, now, repeated.answer)
        except signing.Unfit as unfit:
            await signatures.tell(session, message.action, unfit)
            return _refuse(session, message, frame, now, unfit.error, unfit.text)
        return await _handle_plain(session, message, frame, now, oddly_signed)
    await _handle_plain(session, message, frame, now)


def _say_again(session: Session, message: Message, frame: str, now: int, before: str) -> None:
    """Answer as before what is not handled again."""
    if isinstance(message, rpc.Send):
        return
    action, payload = message.action.removesuffix(signing.SUFFIX), before.encode()
    said = session.peer.result(message.message_id, signatures.sealed_answer(session, action, payload) or payload)
    session.log("in", action, frame, said.decode(), now, runtime.now(), None)
    session.send(said, action)


async def _handle_plain(
    session: Session, message: Message, frame: str, now: int, oddly_signed: tuple[codec.Finding, ...] = ()
) -> None:
    try:
        message, frame, request, findings = _decoded(session, message, frame)
    except codec.Refused as refused:
        return _refuse(session, message, frame, now, refused.code, refused.description, refused.details)
    except kinds.SaysNothing as nothing:
        return _leave(session, message, frame, now, nothing.findings)
    station = session.state.station
    registration = standing(station.registration, station.told)
    if not may_send(registration, message.action, session.entitled):
        text = f"{message.action} before this station's BootNotification was accepted (registration: {registration})."
        return _refuse(session, message, frame, now, "SecurityError", text)
    session.observe(request, now)
    findings += oddly_signed
    await _answer(session, message, frame, request, now, kinds.words(findings))
    kinds.note(session, message.action, findings)


def _decoded(session: Session, message: Message, frame: str) -> tuple[Message, str, Any, tuple[codec.Finding, ...]]:
    """The typed request, after the repairs of the station's kind; what nobody can read gets those for everybody."""
    strict = kinds.is_strict(session)
    message, frame, repairs = kinds.fix_in(session, message, frame)
    try:
        request, findings = codec.decode_request(session.version, message.action, message.payload, strict=strict)
    except codec.Refused:
        message, frame, more = (message, frame, ()) if strict else kinds.last_help(session, message, frame)
        if not more:
            raise
        repairs += more
        request, findings = codec.decode_request(session.version, message.action, message.payload)
    return message, frame, request, repairs + findings


def fix_text(session: Session, data: bytes, event: rpc.Unreadable) -> tuple[bytes, rpc.Event]:
    """The text and the event that are taken for one that is no JSON: once repaired, where there is a repair for it."""
    text, action, findings = kinds.fix_text(session, data)
    if not findings:
        return data, event
    repaired = session.peer.receive(text, runtime.monotonic())
    if isinstance(repaired, rpc.Unreadable):
        return data, event
    kinds.note(session, getattr(repaired, "action", action), findings)
    return text, repaired


def _leave(session: Session, message: Message, frame: str, now: int, findings: tuple[codec.Finding, ...]) -> None:
    """Answer a message that says nothing; a SEND of that kind is left alone."""
    kinds.note(session, message.action, findings)
    answer = _frame(session, message, Raw(b"{}"))
    session.log_invalid(message.action, frame, None if answer is None else answer[0], kinds.words(findings) or "", now)
    _say(session, message, answer)


async def _answer(session: Session, message: Message, frame: str, request: Any, now: int, odd: str | None) -> None:
    handler = blocks.HANDLERS.get((session.version.name, message.action))
    if handler is None:
        text = f"{message.action} is not handled by this CSMS."
        return _refuse(session, message, frame, now, "NotImplemented", text)
    call = _call(session, message, frame, now)
    try:
        response = await handler(call, request)
        answer = _frame(session, message, response)
        if message.signed is not None and message.signed.once:
            said = "" if answer is None else bytes(signing.answer_of(answer[0])).decode()
            signed_once.add(call.write, message.signed.once, message.message_id, said, now)
        confirmed = await _store(session, call, answer, odd)
    except Reject as rejected:
        return _refuse(session, message, frame, now, rejected.code, rejected.description)
    except HangUp as hang_up:
        return _hang_up(session, message, frame, now, hang_up)
    except (Stale, DatabaseGone):
        raise
    except Exception as error:
        runtime.log.exception("handler failed", station=session.identity, action=message.action, error=repr(error))
        return await _keep_unfolded(session, message, frame, request, now, error)
    session.state = call.state
    session.happened(call.happenings, confirmed, now)
    _say(session, message, answer)
    session.hub.told(session.station.id, message.action, message.payload, answer and answer[1])


def _call(session: Session, message: Message, frame: str, now: int) -> Call:
    node, write, state = session.node, session.write(), session.state
    if state.renews and state.certificate is not None:
        certificates.write_spoke(write, state.certificate, now)
        state = replace(state, renews=False)
    call = Call(
        session.version, message.action, frame, state, write, node.db, node.numbers, node.settings, now,
        node.plug_and_charge, node.inquiry,
    )  # fmt: skip
    spoke(call)
    return call


def _frame(session: Session, message: Message, response: Any) -> tuple[str, bytes] | None:
    """The CALLRESULT as text for the books, and the payload that goes out; None for a SEND."""
    if isinstance(message, rpc.Send):
        return None
    payload = bytes(response) if isinstance(response, Raw) else codec.encode(response)
    if message.signed is not None and (jws := signatures.sealed_answer(session, message.action, payload)) is not None:
        return signing.kept(signing.CALLRESULT, message.message_id, None, payload, jws), jws
    return rpc.result_frame(message.message_id, payload).decode(), payload


def _say(session: Session, message: Message, answer: tuple[str, bytes] | None) -> None:
    if answer is not None:
        session.send(session.peer.result(message.message_id, answer[1]), message.action)


async def _store(session: Session, call: Call, answer: tuple[str, bytes] | None, odd: str | None) -> list[Awaiting]:
    """Commit what the call changed, with its frame; a call that changed nothing is logged without waiting. The
    commands that are confirmed by it come back."""
    node, write = session.node, call.write
    confirmed = lives.confirmed_by(session.awaiting, call.happenings, call.now) if session.awaiting else []
    for one in confirmed:
        write_confirmed(write, one, session.identity, call.now)
    said = None if answer is None else answer[0]
    number = await node.numbers.frames.take()
    if call.entry is not None:
        kept = masked(call.request) if TYPED in call.request else call.request  # else byte for byte
        ledger.write_entry(write, number, call.entry, call.now, call.action, kept, said or "")
    else:
        row = _logged(session, number, call, said, odd)
        (write if write else node.lazy).append(ledger.MESSAGES, row)
    if write:
        await node.writer(write.station_id).put(write)
    return confirmed


def _logged(session: Session, number: int, call: Call, said: str | None, odd: str | None) -> tuple[Any, ...]:
    station = session.state.station
    answered_at = None if said is None else runtime.now()
    told = masked(call.request)
    return (number, station.tenant_id, station.id, call.now, "in", call.action, told, said, answered_at, odd)


def _hang_up(session: Session, message: Message, frame: str, now: int, hang_up: HangUp) -> None:
    station = session.station
    session.log_invalid(message.action, frame, None, hang_up.reason, now)
    session.hub.journal.refusal(
        station.tenant_id, "connected", None, station.identity, POLICY, hang_up.code, hang_up.reason
    )
    session.end(POLICY, hang_up.reason)


def _refuse(
    session: Session, message: Message, frame: str, now: int, code: str, text: str, details: Any = None
) -> None:
    if isinstance(message, rpc.Send):
        return session.log_invalid(message.action, frame, None, f"{code}: {text}", now)
    answer = session.peer.error(message.message_id, code, text, details)
    session.log_invalid(message.action, frame, answer.decode(), f"{code}: {text}", now)
    known = (session.version.name, message.action) in blocks.HANDLERS
    session.send(answer, message.action if known else OTHER, code)


async def _keep_unfolded(
    session: Session, message: Message, frame: str, request: Any, now: int, error: Exception
) -> None:
    """E13.FR.04: a station that gets CALLERROR drops the event in the end; so it is kept as it came, and answered."""
    harmless = blocks.UNFOLDED.get((session.version.name, message.action))
    if harmless is None:
        return _refuse(session, message, frame, now, "InternalError", "The CSMS failed to handle this call.")
    answer = _frame(session, message, harmless(session.version.messages, request))
    write = session.write()
    entry = ledger.Entry("unfolded", now)
    number = await session.node.numbers.frames.take()
    ledger.write_entry(write, number, entry, now, message.action, frame, "" if answer is None else answer[0])
    board = await board_of(session.node.db, session.state.station, now)
    await board.raised(not_folded(message.action, error, now), session.node.numbers.rows.take)
    board.write(write)
    await session.node.writer(write.station_id).put(write)
    _say(session, message, answer)
