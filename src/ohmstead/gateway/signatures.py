"""Signed messages at the door: taken out of their JWS, judged by the policy, and signed on their way out.

| policy  | a signed message                         | an unsigned one | our answer to a signed call | our calls |
|---------|------------------------------------------|-----------------|-----------------------------|-----------|
| unwrap  | form and header must fit                 | taken           | plain                       | plain     |
| verify  | and a key of its station must have signed | taken          | signed                      | plain     |
| require | and a key of its station must have signed | refused        | signed                      | signed    |

The policy of a message is the stricter one of its station's and its action's (`settings.Signing.policy_for`). Keys are
those of the station's own certificates, read anew for each message: one that was revoked counts no more from that
moment on. A check takes about 0.1 ms (ES256) and holds the interpreter all the while: a thread would only add to it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from ohmstead import blocks, runtime
from ohmstead.blocks import feed_event
from ohmstead.domain.certificates import judge_signer
from ohmstead.ocpp import rpc, signing
from ohmstead.ocpp.codec import Finding
from ohmstead.ocpp.signing import CALL, CALLRESULT, SEND, SUFFIX, Key, Kind, Opened, Signed, Unfit
from ohmstead.ocpp.versions import V21
from ohmstead.store import certificates, signed_once
from ohmstead.store.db import Write
from ohmstead.store.findings import FOUND, finding_row

if TYPE_CHECKING:
    from ohmstead.gateway.session import Session
    from ohmstead.settings import SigningPolicy

Message = rpc.Call | rpc.Send


class Repeated(Exception):
    """The station says again what it has said; `answer` is the payload of our answer then."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


def policy(session: Session, action: str) -> SigningPolicy:
    """What holds for this action of this station."""
    return session.node.settings.signing.policy_for(action, session.state.station.signing)


async def opened(session: Session, message: Message) -> tuple[Message, str, tuple[Finding, ...]]:
    """The plain message in a signed one, its frame as it is kept, and what was odd. Raises Unfit; a message that is not
    signed comes here only where it must be."""
    action = message.action.removesuffix(SUFFIX)
    if action == message.action:
        raise Unfit("not_signed", f"{action[:50]} must be signed here (signing.policy, or the station's own).")
    kind: Kind = SEND if isinstance(message, rpc.Send) else CALL
    one = signing.open_(message.payload, action, kind)
    once = ""
    if policy(session, action) != "unwrap":
        await _verify(session, one)
        # the rules of transactions know their repeats, and of a heartbeat nothing comes
        safe = action == "Heartbeat" or (session.version.name, action) in blocks.UNFOLDED
        once = "" if safe else await _once(session, one, message.message_id)
    plain = replace(message, action=action, payload=one.payload, signed=Signed(message.payload, once))
    return plain, signing.kept(kind, message.message_id, action, one.payload, message.payload), one.findings


async def _once(session: Session, one: Opened, message_id: str) -> str:
    """A digest of the signature, where the message may be handled only once. What is dated the rules know when they see
    it again, and RSA signs the same content the same way each time: the rest is known by its signature. The same
    message id means that the station repeats itself, because our answer was lost: raises Repeated. Any other is a
    replay: raises Unfit."""
    if one.algorithm != "ES256" or _said(one.payload) is not None:
        return ""
    station = session.station
    before = await signed_once.find(session.node.db, station.tenant_id, station.id, one.fingerprint)
    if before is None:
        return one.fingerprint
    if before.message_id != message_id:
        raise Unfit("signed_replay", "This very signature came before, in another message: somebody plays it again.")
    raise Repeated(before.answer)


def sealed_answer(session: Session, action: str, payload: bytes) -> bytes | None:
    """The JWS that answers a signed call in the place of `payload`; None where that goes plain."""
    key = session.node.signing_key
    return None if key is None or policy(session, action) == "unwrap" else key.sign(action, CALLRESULT, payload)


def sealed_call(session: Session, action: str, payload: bytes) -> bytes | None:
    """The JWS of a call of ours; None where it goes plain."""
    key = session.node.signing_key
    return None if key is None or policy(session, action) != "require" else key.sign(action, CALL, payload)


async def answer(
    session: Session, action: str, event: rpc.Answer | rpc.TimedOut, data: bytes | None
) -> tuple[rpc.Answer | rpc.TimedOut, bytes | None]:
    """The plain answer to a call of ours, and its frame as it is kept. One that breaks the policy becomes an error of
    ours, and a 2.1 station is told so (FR.06)."""
    if isinstance(event, rpc.TimedOut) or event.payload is None:
        return event, data
    try:
        if not signing.looks_signed(event.payload):
            if policy(session, action) == "require":
                raise Unfit("not_signed", f"The answer to {action} must be signed here.")
            return event, data
        one = signing.open_(event.payload, action, CALLRESULT)
        if policy(session, action) != "unwrap":
            await _verify(session, one)
            await _answered_once(session, one, event.message_id)
    except Unfit as unfit:
        await tell(session, action, unfit)
        if session.version is V21:
            session.transmit(session.peer.result_error(event.message_id, unfit.error, unfit.text))
        return replace(event, payload=None, error=rpc.CallError(unfit.error, unfit.text, ours=True)), data
    found(session, action, one.findings)
    kept = signing.kept(CALLRESULT, event.message_id, None, one.payload, event.payload)
    return replace(event, payload=one.payload), kept.encode()


async def _answered_once(session: Session, one: Opened, message_id: str) -> None:
    """Raises Unfit for an answer that was the answer to another call of ours."""
    try:
        digest = await _once(session, one, message_id)
    except Repeated:
        return
    if digest:
        await session.commit(lambda write: signed_once.add(write, digest, message_id, "", runtime.now()))


async def tell(session: Session, action: str, unfit: Unfit) -> None:
    """Say in the feed that a message was not taken, and count it. Raises Stale or DatabaseGone."""
    now, station = runtime.now(), session.state.station
    action = action.removesuffix(SUFFIX)[:50]

    def fill(write: Write) -> None:
        write.execute(FOUND, **finding_row(station, action, unfit.code, unfit.text, now))
        data = {"station_id": station.identity, "action": action, "code": unfit.code, "text": unfit.text}
        write.emit(feed_event(station, "message.invalid", data, now))

    await session.commit(fill)


def found(session: Session, action: str, findings: tuple[Finding, ...]) -> None:
    """Count what was odd."""
    now = runtime.now()
    for one in findings:
        row = finding_row(session.state.station, action, one.code, one.text, now)
        session.node.lazy.execute(FOUND, **row)


async def _verify(session: Session, one: Opened) -> None:
    """Raises Unfit unless a certificate of the station vouches for the message."""
    station, now = session.state.station, runtime.now()
    known = await certificates.signers(session.node.db, station.tenant_id, station.id, one.thumbprint)
    if not known:
        what = "any certificate" if one.thumbprint is None else f"the certificate {one.thumbprint[:16]}..."
        raise Unfit("signed_by_unknown_key", f"{station.identity} has not {what} that its message names as signer.")
    dated, days = _dated(one.payload, now), station.allow_expired_certificate
    refusal: Unfit | None = None
    for signer in known:
        if (key := _key(signer.chain)) is None or not one.signed_by(key):
            continue
        refused = judge_signer(signer.not_before, signer.not_after, signer.revoked_at, days, dated, now)
        if refused is None:
            return
        refusal = Unfit(refused.code, refused.reason)
    raise refusal or Unfit("signature_wrong", "No key of this station has signed this message.")


@lru_cache(maxsize=4096)
def _key(chain: str | None) -> Key | None:
    """The key of a certificate; None where it cannot sign messages."""
    try:
        return None if chain is None else signing.public_key(chain)
    except ValueError:
        return None


class _Dated(Struct, rename="camel"):
    timestamp: datetime | None = None
    generated_at: datetime | None = None


_decode_date = msgspec.json.Decoder(_Dated).decode


def _said(payload: Raw) -> datetime | None:
    """When the station says that it made the message."""
    try:
        dates = _decode_date(payload)
    except msgspec.MsgspecError:
        return None
    said = dates.timestamp or dates.generated_at
    return None if said is None or said.tzinfo is None else said


def _dated(payload: Raw, now: int) -> int | None:
    said = _said(payload)
    return None if said is None else min(now, runtime.from_datetime(said))
