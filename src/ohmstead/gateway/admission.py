"""Who may come in: the order of the checks, and the HTTP status of each.

| order | check                                    | status                          |
|-------|------------------------------------------|---------------------------------|
| 1     | path and identity                        | 404                             |
| 2     | the station is known and not archived    | 401 (404 if `reveal_unknown`)   |
| 3     | transport and security profile           | 403                             |
| 4     | credentials                              | 401                             |
| 5     | subprotocol                              | 400                             |
| 6     | the database takes writes                | 503 with Retry-After            |

Where `gateway.unknown_stations` is `pending`, a station that is not known and brings good credentials is registered in
step 2, to wait for an operator. (503 also comes before all of these, from the listener, when too many are on their way
in.) Every refusal is kept with a code and a reason that a person can act on; the wire gets the reason only where it
tells nothing to a stranger.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from ohmstead import runtime
from ohmstead.gateway.handshake import Admitted, Refused, Request
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.node import Node
from ohmstead.gateway.trusted import Trusted
from ohmstead.ocpp.versions import BY_SUBPROTOCOL, VERSIONS, Version
from ohmstead.store import newcomers
from ohmstead.store.db import DatabaseGone
from ohmstead.store.refusals import REFUSED
from ohmstead.store.sessions import Station, find_station
from ohmstead.store.tables.meta import DEFAULT_TENANT

_IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.\-]{1,48}")
"""identifierString of the identity: never a colon, which Basic authentication needs (OCPP-J 3.1.1)."""
_VERSION = re.compile(r"(ocpp)?(1\.5|1\.6|2\.0|2\.0\.1|2\.1)j?", re.IGNORECASE)
"""A path segment that names a version decides nothing (OCPP-J errata 4.2)."""
_WITHDRAWN = {
    "ocpp2.0": "OCPP 2.0 was withdrawn; use ocpp2.0.1",
    "ocpp1.5": "OCPP 1.5 is SOAP and older than what is supported; use ocpp1.6",
    "ocpp1.2": "OCPP 1.2 is SOAP and older than what is supported; use ocpp1.6",
}
SHORTEST, LONGEST = 8, 64
"""Bytes of a password that an unknown station may bring."""
CHALLENGE = {"WWW-Authenticate": 'Basic realm="charging stations", charset="UTF-8"'}


class Denied(Exception):
    """The answer to a handshake, and what a person reads about it."""

    def __init__(self, status: int, code: str, reason: str, said: str | None = None) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason
        self.said = reason if said is None else said
        """What the client is told."""


class Claimed(Struct, frozen=True):
    """Whose socket this wants to be."""

    tenant_id: int
    identity: str


class Admission:
    """`Decide` of all listeners."""

    def __init__(self, node: Node, hub: Hub, trusted: Trusted | None = None) -> None:
        self._node, self._hub, self._trusted = node, hub, trusted
        self._kept: set[int] = set()
        """Requests (by id) that were refused here, with the whole reason, and of which the listener will tell."""

    async def decide(self, request: Request) -> Admitted | Refused:
        identity: str | None = None
        try:
            claimed = self._claimed(request.target)
            identity = claimed.identity
            station = await self._known(request, claimed)
            self._profile(request, station)
            self._credentials(request, station)
            version = self._version(request)
            if self._node.db.trouble is not None:
                raise Denied(503, "database", f"The database does not take writes: {self._node.db.trouble}", "busy")
        except Denied as denied:
            self._keep(request, request.peer, identity, denied.status, denied.code, denied.reason)
            self._kept.add(id(request))
            headers = {"Retry-After": "10"} if denied.status == 503 else CHALLENGE if denied.status == 401 else {}
            return Refused(denied.status, denied.said, headers)
        except DatabaseGone as error:
            self._keep(request, request.peer, identity, 503, "database", str(error))
            self._kept.add(id(request))
            return Refused(503, "busy", {"Retry-After": "10"})
        return Admitted(self._hub.session(station, version), version.subprotocol)

    def refused(self, request: Request | None, peer: str, status: int, reason: str) -> None:
        """`OnRefused` of all listeners: what was refused before or after `decide`."""
        if id(request) in self._kept:
            self._kept.remove(id(request))
        else:
            self._keep(request, peer, None, status, "handshake", reason)

    def _keep(
        self, request: Request | None, peer: str, identity: str | None, status: int, code: str, reason: str
    ) -> None:
        """Put a refused handshake where people find it (`GET /refusals`)."""
        self._node.counts.refused[code] += 1
        target = None if request is None else request.target[:300]
        row = (DEFAULT_TENANT, runtime.now(), peer, target, identity, status, code, reason[:500])
        self._hub.spawn(self._write(row), "refusal")

    async def _write(self, row: tuple[object, ...]) -> None:
        try:
            number = await self._node.numbers.rows.take()
        except DatabaseGone:
            return
        self._node.lazy.append(REFUSED, (number, *row))

    # ------------------------------------------------------------------ the checks, in their order

    def _claimed(self, target: str) -> Claimed:
        settings = self._node.settings.gateway
        path = target.partition("?")[0]
        prefix = settings.path.rstrip("/") + "/"
        said = f"Connect to {prefix}<identity>."
        if not path.startswith(prefix):
            raise Denied(404, "path", f"The path {path} does not begin with {prefix}", said)
        segments = [part for part in path[len(prefix) :].split("/") if not _VERSION.fullmatch(part)]
        if len(segments) != 1:
            raise Denied(404, "path", f"The path {path} is not {prefix}<identity>", said)
        try:
            identity = unquote_to_bytes(segments[0]).decode()
        except UnicodeDecodeError:
            identity = ""
        if not _IDENTITY.fullmatch(identity) or identity in (".", ".."):
            text = "The identity is 1 to 48 letters, digits or * _ = + | @ . - (never a colon)."
            raise Denied(404, "identity", f"{segments[0]!r}: {text}", text)
        return Claimed(DEFAULT_TENANT, identity)

    async def _known(self, request: Request, claimed: Claimed) -> Station:
        station = await find_station(self._node.db, claimed.tenant_id, claimed.identity)
        if station is None and self._node.settings.gateway.unknown_stations == "pending":
            await self._register(request, claimed)
            station = await find_station(self._node.db, claimed.tenant_id, claimed.identity)
        if station is not None and station.archived_at is None:
            return station
        what = "is not registered" if station is None else "was archived"
        reason = f"{claimed.identity} {what}; add it with POST /stations or `ohmstead station add {claimed.identity}`"
        if self._node.settings.gateway.reveal_unknown:
            raise Denied(404, "unknown_station", reason, "This station is not known here.")
        raise Denied(401, "unknown_station", reason, "Unauthorized.")

    async def _register(self, request: Request, claimed: Claimed) -> None:
        """Keep a station that nobody announced, with the password that it brings."""
        node, profile = self._node, 2 if request.tls else 1
        if profile < node.settings.gateway.min_security_profile:
            raise Denied(403, "profile", f"Security profile {profile} is below gateway.min_security_profile.")
        self._version(request)
        password = _password(request, claimed.identity)
        if not SHORTEST <= len(password) <= LONGEST:
            text = f"An unknown station's password must have {SHORTEST} to {LONGEST} bytes."
            raise Denied(401, "bad_credentials", text, "Unauthorized.")
        number, audit_number = await node.numbers.rows.take(), await node.numbers.rows.take()
        hashed = node.passwords.hash(claimed.identity, password)
        if not await newcomers.add(
            node.db, claimed.tenant_id, number, audit_number, claimed.identity, profile, hashed, runtime.now()
        ):
            text = f"{newcomers.MOST_WAITING} unknown stations wait for an operator already; accept or archive some."
            raise Denied(503, "too_many_unknown", text, "busy")

    def _profile(self, request: Request, station: Station) -> None:
        gateway, profile = self._node.settings.gateway, station.security_profile
        if profile < gateway.min_security_profile and not (profile == 0 and gateway.allow_profile_0):
            raise Denied(403, "profile", f"Security profile {profile} is below gateway.min_security_profile.")
        if not request.tls and profile > 1:
            text = f"This station has security profile {profile}, which needs TLS; this is the plain port (profile 1)."
            raise Denied(403, "transport", text)
        if request.tls and profile < 2:
            text = f"This station has security profile {profile}, which is without TLS; this is a TLS port."
            raise Denied(403, "transport", text)
        if profile == 0 and not gateway.allow_profile_0:
            raise Denied(403, "profile", "Security profile 0 is switched off (gateway.allow_profile_0).")

    def _credentials(self, request: Request, station: Station) -> None:
        if station.security_profile == 3:
            raise Denied(403, "certificate", "Client certificates are not judged at this port.")
        if station.security_profile == 0:
            return
        if not self._password_fits(request, station, _password(request, station.identity)):
            raise Denied(401, "wrong_password", "The password is wrong.", "Unauthorized.")

    def _password_fits(self, request: Request, station: Station, password: bytes) -> bool:
        """2.x sends the password as text; 1.6 sends the bytes that its AuthorizationKey spells in hex."""
        matches = self._node.passwords.matches
        owner = station.identity
        if matches(owner, password, station.password_hash):
            return True
        if "ocpp1.6" not in request.subprotocols:
            return False
        spelled = password.hex()
        return any(matches(owner, text.encode(), station.password_hash) for text in (spelled, spelled.upper()))

    def _version(self, request: Request) -> Version:
        """The client's first choice that we speak (OCPP-J 3.1.2)."""
        offered = request.subprotocols
        if not offered:
            text = "The station offers no Sec-WebSocket-Protocol; it must name its OCPP version."
            raise Denied(400, "subprotocol", text)
        for name in offered:
            if (version := BY_SUBPROTOCOL.get(name.lower())) is not None:
                return version
        known = ", ".join(version.subprotocol for version in VERSIONS)
        hints = "; ".join(hint for name in offered if (hint := _WITHDRAWN.get(name.lower())))
        text = f"None of the offered subprotocols {', '.join(offered)[:100]} is spoken here ({known})."
        raise Denied(400, "subprotocol", f"{text} {hints}.".replace(" .", "") if hints else text)


def _password(request: Request, identity: str) -> bytes:
    """The password that comes with this identity as the user name. Raises Denied."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise Denied(401, "no_credentials", "The station sent no Basic credentials.", "Unauthorized.")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        colon = b""
    if not colon:
        raise Denied(401, "bad_credentials", "The Basic credentials cannot be read.", "Unauthorized.")
    if user != identity.encode():  # A00.FR.204, .207
        text = f"The user name in the Basic credentials is not the identity {identity}."
        raise Denied(401, "wrong_user", text, "Unauthorized.")
    return password
