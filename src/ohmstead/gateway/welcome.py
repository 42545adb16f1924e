"""Whether a connected station is still welcome, and as what.

Security decisions are made at the handshake, and again whenever somebody changes what they rest on: then its session
reads its rows anew, and comes here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.alerts import Board, board_of
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.domain import upgrade
from ohmstead.domain.alerts import Cause
from ohmstead.domain.renewal import SILENCE, must_return
from ohmstead.gateway.credentials import Shown
from ohmstead.ocpp.versions import Version
from ohmstead.store import certificates
from ohmstead.store.db import Db, Write
from ohmstead.store.sessions import State, Station, write_connected

UNEXPECTED = "certificate_unexpected"


def arriving(station: Station, shown: Shown | None) -> State:
    """What is known of a station at the handshake, of which the session begins to think."""
    certificate, renews = (None, False) if shown is None else (shown.accepted, shown.renews)
    return State(
        station=station, connectors={}, transactions={}, certificate=certificate, renews=renews,
        came_at=runtime.now(),
        came_with=station.security_profile,
    )  # fmt: skip


def admitted(loaded: State, before: State) -> State:
    """What was read, for a session that came in as `before`. A station that was let in for a renewal only is Pending
    until it comes with a fresh certificate (A00.FR.429, .806)."""
    accepted, station = before.certificate, loaded.station
    if accepted is not None and accepted.renewal_only and station.registration == "accepted":
        station = replace(station, registration="pending")
    return replace(
        loaded,
        station=station,
        certificate=accepted,
        renewal_asked=before.renewal_asked,
        renews=before.renews,
        came_at=before.came_at,
        came_with=before.came_with,
    )


async def unwelcome(then: Station, state: State, db: Db) -> str | None:
    """Why a station that came in as `then`, with the security profile of that time, must go; None: it may stay."""
    now, accepted = state.station, state.certificate
    if now.archived_at is not None:
        return "this station was archived"
    profile = then.security_profile
    rested_on = _rests_on(then, profile) == _rests_on(now, profile) or _rotated(then, now)
    if profile not in upgrade.taken(now.security_profile, now.upgrade) or not rested_on:
        return "its security profile or credentials were changed: it must connect again"
    if accepted is not None:
        known = await certificates.with_serial(db, accepted.certificate.serial_number)
        revoked = certificates.revoked_in(now.tenant_id, known)
        if accepted.certificate.serial_number in revoked.get(accepted.authority, ()):
            return "its certificate was revoked"
        if await _keeps_its_line(state, db):
            return "it has accepted another certificate: it must connect again with that"
    return None


async def _keeps_its_line(state: State, db: Db) -> bool:
    """Whether it came in before it accepted the newest certificate, and had its time to come in with that."""
    now, station = runtime.now(), state.station
    gateway = state.certificate is not None and state.certificate.of_gateway
    if gateway or now - state.came_at < SILENCE:  # every session is looked at when it begins
        return False
    newer = await certificates.awaited(db, station.tenant_id, station.id)
    return newer is not None and must_return(now, state.came_at, newer)


def _rotated(then: Station, now: Station) -> bool:
    """Whether only its password was replaced, in agreement with it: it will come back with the new one by itself."""
    former, profile = now.former_password_hash, then.security_profile
    return former is not None and _rests_on(then, profile) == _rests_on(replace(now, password_hash=former), profile)


def _rests_on(station: Station, profile: int) -> tuple[Any, ...]:
    """What a decision to let it in with this profile rested on, beside that it may have it (domain/upgrade.py)."""
    if profile == 3:
        return (
            station.serial_number, station.certificate_cn, station.gateway_cn, station.allow_expired_certificate,
        )  # fmt: skip
    return (station.password_hash,)


def write_here(write: Write, station: Station, version: Version, node: str, now: int) -> None:
    """Keep, and tell, that the station is connected to this process."""
    write_connected(write, now, node, version.name)
    data = {"id": station.identity, "ocpp_version": version.name}
    write.emit(feed_event(station, "station.connected", data, now))
    if station.site_id is not None:
        write.ring(SITE_TOPIC, str(station.site_id))  # it may have forgotten its limits


async def unexpected(station: Station, shown: Shown, db: Db, number: Callable[[], Awaitable[int]]) -> Board:
    """The alert of a station that came in with a certificate that nobody here issued or announced."""
    one, now = shown.accepted.certificate, runtime.now()
    text = f"It came in with the certificate {one.serial_number} by {one.issuer}, which was not issued here."
    hint = "Revoke it, or remove that authority, if nobody gave it that one on purpose."
    board = await board_of(db, station, now)
    await board.raised(
        Cause(
            subject=UNEXPECTED, source="csms", code=UNEXPECTED, severity=4, text=f"{text} {hint}", at=now, latched=True,
            detail={"serial_number": one.serial_number, "sha256": one.sha256},
        ), number,
    )  # fmt: skip
    return board


def write_shown(write: Write, station: Station, shown: Shown, number: int, now: int) -> None:
    """Keep that the station came in with this certificate; tell, the first time. That of a gateway is not its own."""
    if shown.accepted.of_gateway:
        return
    certificates.write_shown(write, number, shown.accepted, shown.chain, now)
    if shown.is_new:
        one = shown.accepted.certificate
        data = {
            "station_id": station.identity, "serial_number": one.serial_number, "sha256": one.sha256,
            "issuer": one.issuer, "renewal_only": shown.accepted.renewal_only,
        }  # fmt: skip
        write.emit(feed_event(station, "certificate.seen", data, now))
