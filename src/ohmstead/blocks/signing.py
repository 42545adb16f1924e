"""What stations asked to be signed is signed here, beside their sessions: a CA may take its time, or be dead.

A request is taken for a while, signed, and stored together with the command that brings the certificate to its station.
If this process dies in between, another one (or the next) signs it again: the certificate that was lost never left.
"""

from __future__ import annotations

import asyncio

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.certificates import KIND, failed
from ohmstead.blocks.command import parse
from ohmstead.blocks.security import holder
from ohmstead.blocks.v2g_certificates import common_name
from ohmstead.pki import csr
from ohmstead.pki.anchors import check_trusted
from ohmstead.pki.issuer import CannotIssue, Issued, Issuer, IssuerDown, Issuers, Paces
from ohmstead.settings import Settings
from ohmstead.store import commands, signing_requests
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.ids import Ids
from ohmstead.store.resources import certificates
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, Station, load_state
from ohmstead.store.signing_requests import SigningRequest

AT_ONCE = 8
"""Requests that wait for a CA at the same time."""
DELIVER_WITHIN = 30 * 86_400_000_000
"""Microseconds that a certificate waits for its station."""
FIRST_WAIT, LONGEST_WAIT = 10_000_000, 3600_000_000
"""Microseconds until a CA that is down is asked again."""


async def sign_waiting(db: Db, issuers: Issuers, settings: Settings, numbers: Ids, now: int) -> int:
    """Sign what is due; how many requests were tried. What goes wrong with one does not hold up the others."""
    return sum([await _round(db, use, issuer, settings, numbers, now) for use, issuer in issuers.items()])


async def _round(db: Db, use: str, issuer: Issuer, settings: Settings, numbers: Ids, now: int) -> int:
    """One CA's. Once it shows that it is down, the rest is not tried: it stays in the queue as it is."""
    due, slots = await signing_requests.due(db, use, now), asyncio.Semaphore(AT_ONCE)
    is_down, tried = False, 0

    async def one_of(request: SigningRequest) -> None:
        nonlocal is_down, tried
        async with slots:
            if is_down or (isinstance(issuer, Paces) and not issuer.may_begin()):
                return
            try:
                if await signing_requests.take(db, request, now):
                    tried += 1
                    is_down |= not await _sign(db, issuer, settings, numbers, request)
            except Exception as error:
                runtime.log.exception("not signed", station=request.station_id, error=repr(error))

    await asyncio.gather(*(one_of(request) for request in due))
    return tried


async def _sign(db: Db, issuer: Issuer, settings: Settings, numbers: Ids, request: SigningRequest) -> bool:
    """Sign one; False when the CA is down."""
    station = (await load_state(db, request.station_id)).station
    try:
        name = common_name(request.subject) or holder(station, settings).common_name
        if name is None:
            raise CannotIssue("No serial number is registered for the station any more.")
        order = csr.order(request.csr, common_name=name, organization=settings.pki.organization)
        issued = await issuer.issue(order)
        if request.use == "charging_station":
            await check_trusted(db, station.tenant_id, issued)
    except IssuerDown as down:
        until = runtime.now() + min(FIRST_WAIT << min(request.attempts, 20), LONGEST_WAIT)
        await signing_requests.later(db, request.id, until, f"{issuer.name}: {down}", runtime.now())
        return False
    except (CannotIssue, csr.BadCsr) as cannot:
        await _give_up(db, station, request, numbers, str(cannot))
    else:
        await _hand_over(db, station, request, numbers, issued)
    return True


async def _hand_over(db: Db, station: Station, request: SigningRequest, numbers: Ids, issued: Issued) -> None:
    """Store the certificate, with the command that brings it to the station. One that nobody waits for any more is
    stored too: it exists, and can be revoked."""
    number, now, one = await numbers.take(), runtime.now(), issued.certificate
    async with db.transaction() as tx:
        wanted = await signing_requests.end(tx, request.id, "issued", now, certificate=number)
        await certificates.add(
            tx, station.tenant_id, number, station.id, one, use=request.use, secc=request.subject,
            authority=issued.authority, chain=issued.chain, csr_sha256=request.csr_sha256, issued_by=issued.issued_by,
            now=now,
            retired=None if wanted else "the station sent a newer request while this was signed",
        )  # fmt: skip
        data = {"id": str(number), "station_id": station.identity, "serial_number": one.serial_number}
        tx.emit(feed_event(station, "certificate.issued", data, now))
        if wanted:
            await _queue(tx, station, {"type": KIND, "certificate_id": str(number), "request": str(request.id)}, now)


async def _queue(tx: Tx, station: Station, body: dict[str, str], now: int) -> None:
    text = encode(body)
    parse(text)  # what we queue is what anybody may ask
    await commands.add(
        tx, id=commands.new_id(now), tenant_id=station.tenant_id, station_id=station.id, identity=station.identity,
        type=body["type"], body=text, now=now, expires_at=now + DELIVER_WITHIN,
    )  # fmt: skip


async def _give_up(db: Db, station: Station, request: SigningRequest, numbers: Ids, why: str) -> None:
    now, text = runtime.now(), f"The station's signing request was not signed: {why}"
    board = await board_of(db, station, now)
    await board.raised(failed(text, now, {"request": str(request.id)}), numbers.take)
    learnt = board.learnt()
    async with db.transaction() as tx:
        await tx.execute(CHANGED_ELSEWHERE, station=station.id)
        if not await signing_requests.end(tx, request.id, "failed", now, reason=why):
            return
        await tx.execute_all(list(learnt.rows))
        data = {"station_id": station.identity, "reason": text}
        for event in (feed_event(station, "certificate.failed", data, now), *learnt.events):
            tx.emit(event)
        tx.ring(STATION_TOPIC, str(station.id))
