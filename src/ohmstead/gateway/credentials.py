"""What a station proves itself by: a password (profiles 1 and 2), or a client certificate (profile 3)."""

from __future__ import annotations

import base64
import binascii
import ssl

from msgspec import Struct
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks.security import holder
from ohmstead.domain.certificates import DAY, Accepted, Refused
from ohmstead.gateway.handshake import Request
from ohmstead.gateway.node import Node
from ohmstead.gateway.trusted import Trusted
from ohmstead.pki.certificate import serial_number
from ohmstead.store import certificates
from ohmstead.store.sessions import Passwords, Station


class Denied(Exception):
    """The answer to a handshake, and what a person reads about it."""

    def __init__(
        self, status: int, code: str, reason: str, said: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason
        self.said = reason if said is None else said
        """What the client is told."""
        self.headers = headers or ({"Retry-After": "10"} if status == 503 else {})


class Shown(Struct, frozen=True):
    """A client certificate that opened the door."""

    accepted: Accepted
    is_new: bool
    """Nobody came in with it before."""
    chain: str = ""
    """The certificate itself, PEM."""
    is_unexpected: bool = False
    """It is by somebody else, and not known here, though the station gets its certificates from us."""
    renews: bool = False
    """We issued it and nothing was said through it yet: with the first words the former ones retire."""


def password(request: Request, identity: str) -> bytes:
    """The password that comes with this identity as the user name. Raises Denied."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise Denied(401, "no_credentials", "The station sent no Basic credentials.", "Unauthorized.")
    try:
        user, colon, secret = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        colon = b""
    if not colon:
        raise Denied(401, "bad_credentials", "The Basic credentials cannot be read.", "Unauthorized.")
    if user != identity.encode():  # A00.FR.204, .207
        text = f"The user name in the Basic credentials is not the identity {identity}."
        raise Denied(401, "wrong_user", text, "Unauthorized.")
    return secret


def fits(passwords: Passwords, request: Request, identity: str, given: bytes, stored: str | None) -> bool:
    """Is it this password? 2.x sends it as text; 1.6 sends the bytes that its AuthorizationKey spells in hex."""
    if passwords.matches(identity, given, stored):
        return True
    if "ocpp1.6" not in map(str.lower, request.subprotocols):
        return False
    spelled = given.hex()
    return any(passwords.matches(identity, text.encode(), stored) for text in (spelled, spelled.upper()))


async def certificate(node: Node, trusted: Trusted | None, request: Request, station: Station) -> Shown:
    """Judge the certificate that the station showed, at every connection anew. Raises Denied."""
    if request.certificate is None or trusted is None:
        text = "This station has security profile 3, and it showed no client certificate."
        raise _forbidden("no_certificate", text)  # A00.FR.407
    known = await certificates.with_serial(node.db, serial_number(request.certificate) or "")
    judged = trusted.of(station.tenant_id).judge(
        request.certificate,
        request.chain,
        holder(station, node.settings),
        certificates.revoked_in(station.tenant_id, known),
        runtime.now(),
    )
    if isinstance(judged, Refused):
        raise _forbidden(judged.code, judged.reason)
    same = [one for one in known if one.authority_key == judged.authority]
    own = next((one for one in same if one.tenant_id == station.tenant_id), None)
    if own is None and same and judged.authority == trusted.own_key:
        raise _forbidden("foreign_certificate", "The embedded CA issued this certificate for another tenant's station.")
    if own is None and judged.authority in trusted.former_keys:
        text = f"The certificate {judged.certificate.serial_number} bears a former key of the embedded CA"
        raise _forbidden("unknown_certificate", f"{text}, and was not issued here.")
    if judged.of_gateway:
        _check_gateway(own)
        return Shown(judged, is_new=False)
    if own is not None:
        judged = _as_ours(own, station, judged)
    is_strange = own is None and not judged.renewal_only
    return Shown(
        judged,
        is_new=own is None or own.seen_at is None,
        is_unexpected=is_strange and await certificates.has_ours(node.db, station.tenant_id, station.id),
        chain=ssl.DER_cert_to_PEM_cert(request.certificate),
        renews=own is not None and own.issued_by is not None and own.spoke_at is None and own.retired_at is None,
    )


def _check_gateway(own: certificates.Known | None) -> None:
    """What our books say of a local controller's certificate; it may be that of any station. Raises Denied."""
    if own is not None and (own.retired_at is not None or own.use != "charging_station"):
        text = f"The certificate {own.serial_number} of the local controller was retired, or is for another use."
        raise _forbidden("retired_certificate", text)


def _as_ours(own: certificates.Known, station: Station, judged: Accepted) -> Accepted:
    """What our books add about it. Raises Denied."""
    shown = f"The certificate {judged.certificate.serial_number}"
    if own.issued_by is not None and own.station_id != station.id:
        raise _forbidden("foreign_certificate", f"{shown} was issued here for another station.")
    if own.use != "charging_station":
        raise _forbidden("unfit_certificate", f"{shown} is for use towards vehicles ({own.use}), not towards us.")
    if own.retired_at is None:
        return judged
    if runtime.now() <= own.retired_at + station.allow_expired_certificate * DAY:
        return replace(judged, renewal_only=True)  # as one that has expired: let in to get another
    text = f"{shown} was retired at {runtime.rfc3339(own.retired_at)}: its station came in with a newer one since."
    hint = "If it has lost that, set allow_expired_certificate to a number of days, and it is let in for a renewal."
    raise _forbidden("retired_certificate", f"{text} {hint}")


def _forbidden(code: str, reason: str) -> Denied:
    return Denied(403, code, reason, "Forbidden.")
