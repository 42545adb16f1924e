"""A station that signs (Part 4, chapter 7): its messages go out in a flattened JWS, what the CSMS has signed is taken
out of its own. Any station reads what is signed; only one with a `Seal` signs, and checks if it knows the signer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec import Raw
from msgspec.structs import replace

from ohmstead.ocpp import signing
from ohmstead.ocpp.rpc import Answer, Call
from ohmstead.ocpp.signing import CALL, CALLRESULT, SUFFIX, Key, Kind, Signed, SigningKey, Unfit


class Seal(NamedTuple):
    """The station's own key, and the CSMS's, if the station checks what that signs."""

    own: SigningKey
    csms: Key | None = None


class Sealed(NamedTuple):
    """What goes onto the wire, and the frame as the station's log shows it."""

    action: str
    payload: bytes
    shown: Callable[[str], bytes]
    """The frame with this message id."""


def seal_of(cert: Path, key: Path, signer: Path | None = None) -> Seal:
    """From PEM files; `signer`: the certificate that the CSMS signs with. Raises OSError and ValueError."""
    csms = None if signer is None else signing.public_key(signer.read_text())
    return Seal(SigningKey(key.read_text(), cert.read_text()), csms)


def sealed(seal: Seal | None, action: str, payload: bytes, kind: Kind) -> Sealed | None:
    """A message of the station, signed; None without a seal."""
    if seal is None:
        return None
    jws = seal.own.sign(action, kind, payload)
    shown = None if kind == CALLRESULT else action
    return Sealed(action + SUFFIX, jws, lambda id: signing.kept(kind, id, shown, payload, jws).encode())


def opened(seal: Seal | None, event: Call | Answer, action: str, text: bytes) -> tuple[Call | Answer, bytes]:
    """The plain message in one of the CSMS, and its frame as the log shows it; `action` is that of the call. One that
    is not signed comes back as it is. Raises Unfit."""
    is_plain = event.action == action
    if isinstance(event, Answer):
        event = replace(event, action=action)  # our call may have been a signed one
        is_plain = event.payload is None or not signing.looks_signed(event.payload)
    if event.payload is None or is_plain:
        return event, text
    one = signing.open_(event.payload, action, CALL if isinstance(event, Call) else CALLRESULT)
    if seal is not None and seal.csms is not None and not one.signed_by(seal.csms):
        raise Unfit("signature_wrong", f"{action} was not signed by the key of the CSMS.")
    signed = Signed(Raw(bytes(event.payload)))
    if isinstance(event, Call):
        shown = signing.kept(CALL, event.message_id, action, one.payload, signed.jws)
        return replace(event, action=action, payload=one.payload, signed=signed), shown.encode()
    shown = signing.kept(CALLRESULT, event.message_id, None, one.payload, signed.jws)
    return replace(event, payload=one.payload), shown.encode()
