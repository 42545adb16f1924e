"""Who may come in: the order of the checks, and the HTTP status of each.

| order | check                                    | status                          |
|-------|------------------------------------------|---------------------------------|
| 1     | path and identity                        | 404                             |
| 2     | it does not guess passwords              | 429 with Retry-After            |
| 3     | the station is known and not archived    | 401 (404 if `reveal_unknown`)   |
| 4     | transport and security profile           | 403                             |
| 5     | password, or client certificate          | 401, or 403                     |
| 6     | subprotocol                              | 400                             |
| 7     | the database takes writes                | 503 with Retry-After            |

Where `gateway.unknown_stations` is `pending`, a station that is not known and brings good credentials is registered in
step 3, to wait for an operator. (503 also comes before all of these, from the listener, when too many are on their way
in.) Every refusal is kept with a code and a reason that a person can act on; the wire gets the reason only where it
tells nothing to a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from urllib.parse import unquote_to_bytes

from msgspec import Struct
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.domain import upgrade
from ohmstead.gateway import credentials, kinds
from ohmstead.gateway.credentials import Denied, Shown
from ohmstead.gateway.doors import TLS_LEGACY
from ohmstead.gateway.guessing import Guesses
from ohmstead.gateway.handshake import Admitted, Refused, Request
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.node import Node
from ohmstead.gateway.trusted import Trusted
from ohmstead.ocpp.versions import BY_SUBPROTOCOL, V16, VERSIONS, Version
from ohmstead.store import newcomers
from ohmstead.store.credentials import settle
from ohmstead.store.db import DatabaseGone
from ohmstead.store.fleet import find_tenant
from ohmstead.store.sessions import Station, find_station
from ohmstead.store.tables.meta import DEFAULT_TENANT
from ohmstead.vendors.calls import preferred

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


class Claimed(Struct, frozen=True):
    """Whose socket this wants to be."""

    tenant_id: int
    identity: str

    @property
    def key(self) -> str:
        """It and no other station of this server."""
        return f"{self.tenant_id}/{self.identity}"


class Admission:
    """`Decide` of all listeners."""

    def __init__(self, node: Node, hub: Hub, trusted: Trusted | None = None) -> None:
        self._node, self._hub, self._trusted = node, hub, trusted
        self._guesses = Guesses()
        self._kept: set[int] = set()
        """Requests (by id) that were refused here, with the whole reason, and of which the listener will tell."""

    async def decide(self, request: Request) -> Admitted | Refused:
        claimed: Claimed | None = None
        try:
            claimed = await self._claimed(request.target)
            self._may_try(request, claimed)
            station = await self._known(request, claimed)
            profiles = self._profiles(request, station)
            station, shown = await self._proved(request, station, profiles)
            version = self._version(request, station)
            if self._node.db.trouble is not None:
                raise Denied(503, "database", f"The database does not take writes: {self._node.db.trouble}", "busy")
        except Denied as denied:
            return self._deny(request, claimed, denied)
        except DatabaseGone as error:
            return self._deny(request, claimed, Denied(503, "database", str(error), "busy"))
        self._guesses.right(request.peer, claimed.key)
        return Admitted(self._hub.session(station, version, shown), version.subprotocol)

    def _deny(self, request: Request, claimed: Claimed | None, denied: Denied) -> Refused:
        reason, headers = denied.reason, denied.headers
        if denied.status == 401 and claimed is not None:
            headers = CHALLENGE
            self._guesses.wrong(request.peer, claimed.key)
            if self._guesses.locked(request.peer, claimed.key):
                reason += " It tried too often: for a while it is refused unheard from this address, and not listed."
        tenant_id, identity = (DEFAULT_TENANT, None) if claimed is None else (claimed.tenant_id, claimed.identity)
        if denied.status == 429:
            self._node.counts.refused[denied.code] += 1
        else:
            self._hub.journal.refusal(
                tenant_id, request.peer, request.target, identity, denied.status, denied.code, reason
            )
        self._kept.add(id(request))
        return Refused(denied.status, denied.said, headers)

    def refused(self, request: Request | None, peer: str, status: int, reason: str) -> None:
        """`OnRefused` of all listeners: what was refused before or after `decide`."""
        if id(request) in self._kept:
            self._kept.remove(id(request))
        else:
            target = None if request is None else request.target
            self._hub.journal.refusal(DEFAULT_TENANT, peer, target, None, status, "handshake", reason)

    # ------------------------------------------------------------------ the checks, in their order

    async def _claimed(self, target: str) -> Claimed:
        settings = self._node.settings.gateway
        path = target.partition("?")[0]
        prefix = settings.path.rstrip("/") + "/"
        said = f"Connect to {prefix}<identity>."
        if not path.startswith(prefix):
            raise Denied(404, "path", f"The path {path} does not begin with {prefix}", said)
        segments = [part for part in path[len(prefix) :].split("/") if not _VERSION.fullmatch(part)]
        if not 1 <= len(segments) <= 2:
            raise Denied(404, "path", f"The path {path} is not {prefix}<identity>", said)
        identity = _unquoted(segments[-1])
        if not _IDENTITY.fullmatch(identity) or identity in (".", ".."):
            text = "The identity is 1 to 48 letters, digits or * _ = + | @ . - (never a colon)."
            raise Denied(404, "identity", f"{segments[-1]!r}: {text}", text)
        if len(segments) == 1:
            return Claimed(DEFAULT_TENANT, identity)
        tenant_id = await find_tenant(self._node.db, _unquoted(segments[0]))
        if tenant_id is None:
            raise Denied(404, "path", f"There is no tenant {segments[0]!r}; the path is {prefix}<identity>", said)
        return Claimed(tenant_id, identity)

    def _may_try(self, request: Request, claimed: Claimed) -> None:
        """Who guesses passwords is not heard."""
        if (wait := self._guesses.locked(request.peer, claimed.key)) is not None:
            text = "Too many wrong passwords came from this address."
            raise Denied(429, "too_many_guesses", text, headers={"Retry-After": str(wait)})

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
        password = credentials.password(request, claimed.identity)
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

    def _profiles(self, request: Request, station: Station) -> list[int]:
        """The security profiles with which the station may come in over this port: its own, and on its way to another
        (A05) that one too, which is tried first."""
        fit, first = [], None
        for profile in upgrade.taken(station.security_profile, station.upgrade):
            try:
                self._check_profile(request, station, profile)
            except Denied as denied:
                first = first or denied
            else:
                fit.append(profile)
        if not fit:
            assert first is not None
            raise first
        return sorted(fit, reverse=True)

    def _check_profile(self, request: Request, station: Station, profile: int) -> None:
        gateway = self._node.settings.gateway
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
        if profile == 0 and self._version(request, station) is not V16:
            raise Denied(403, "profile", "Security profile 0 is for OCPP 1.6 only; give the station a password.")

    async def _proved(
        self, request: Request, station: Station, profiles: Sequence[int]
    ) -> tuple[Station, Shown | None]:
        """The station as it is when it has proved itself, with the profile by which it did so, and the certificate if
        it was by one. Where two profiles are taken, and neither is proved, what it brought says which one it meant."""
        denied: Denied | None = None
        for profile in profiles:
            try:
                return await self._proved_by(request, station, profile)
            except Denied as found:
                denied = found if denied is None or "authorization" in request.headers else denied
        assert denied is not None
        raise denied

    async def _proved_by(self, request: Request, station: Station, profile: int) -> tuple[Station, Shown | None]:
        came = replace(station, security_profile=profile)
        if profile == 3:
            return came, await credentials.certificate(self._node, self._trusted, request, station)
        if profile == 0:
            return came, None
        given = credentials.password(request, station.identity)
        fits = partial(credentials.fits, self._node.passwords, request, station.identity, given)
        came_with_next = fits(station.next_password_hash)
        if not came_with_next and not fits(station.password_hash):
            raise Denied(401, "wrong_password", "The password is wrong.", "Unauthorized.")
        if came_with_next or station.next_password_waits == "answer":
            await settle(self._node.db, station, came_with_next=came_with_next, now=runtime.now())
            station = await find_station(self._node.db, station.tenant_id, station.identity) or station
        return replace(station, security_profile=profile), None

    def _version(self, request: Request, station: Station | None = None) -> Version:
        """The client's first choice that we speak (OCPP-J 3.1.2), unless stations of its kind do better in another."""
        offered = request.subprotocols
        if not offered:
            text = "The station offers no Sec-WebSocket-Protocol; it must name its OCPP version."
            raise Denied(400, "subprotocol", text)
        can = None if station is None else kinds.before_boot(self._node, station)
        legacy = request.listener == TLS_LEGACY
        for name in offered if can is None else preferred(can, offered):
            version = BY_SUBPROTOCOL.get(name.lower())
            if version is not None and (version is V16 or not legacy):
                return version
        if legacy:
            raise Denied(400, "subprotocol", "This port with old TLS is for OCPP 1.6 only (gateway.tls_legacy_bind).")
        known = ", ".join(version.subprotocol for version in VERSIONS)
        hints = "; ".join(hint for name in offered if (hint := _WITHDRAWN.get(name.lower())))
        text = f"None of the offered subprotocols {', '.join(offered)[:100]} is spoken here ({known})."
        raise Denied(400, "subprotocol", f"{text} {hints}.".replace(" .", "") if hints else text)


def _unquoted(segment: str) -> str:
    """A segment of a path in clear; empty when it is no text."""
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return ""
