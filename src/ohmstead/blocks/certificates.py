"""A02, A03: a station gets the certificate it asked for.

    SignCertificate --> checked --> a row of signing_requests --> Accepted (the CA may be slow)
                                        | blocks/signing.py: signed, and a command for the station
    CertificateSigned <-----------------'
    Accepted --> installed --> it comes in with it: seen --> it speaks: the former ones retire

What a station asks for again is absorbed: the same request gives the same certificate, a newer one replaces an older.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks import Call, feed_event, on
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import (
    Ask,
    Calls,
    Command,
    Handover,
    Learnt,
    Outcome,
    Unsupported,
    after,
    before,
    given,
    outcome,
    unless_none,
)
from ohmstead.blocks.plug_and_charge_16 import by_data
from ohmstead.blocks.security import holder
from ohmstead.blocks.v2g_certificates import is_v2g, order_of
from ohmstead.domain.alerts import Cause
from ohmstead.domain.certificates import may_be_given_again
from ohmstead.domain.device_model import Name
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.pki import csr
from ohmstead.pki.certificate import UNREADABLE, from_pem, sha256_of, to_pem
from ohmstead.pki.issuer import Order
from ohmstead.store import certificates, commands, device_model, signing_requests
from ohmstead.store.bulk import Changed
from ohmstead.store.certificates import Use
from ohmstead.store.db import Db
from ohmstead.store.ids import ROWS, Ids
from ohmstead.store.signing_requests import SigningRequest

LONGEST_CHAIN = 10_000
"""Characters of certificateChain."""
CHAIN_LIMIT = Name("SecurityCtrlr", "MaxCertificateChainSize")
CHAIN_LIMIT_16 = Name("", "CertificateSignedMaxChainSize")
KIND = "certificate_signed"
RENEWAL_ALERT = "certificate/charging_station"
"""What the alert of a certificate that did not come about is about."""

Id = Annotated[str, Meta(pattern="^[0-9]{1,18}$")]


@on("SignCertificate", V16, V201, V21)
async def sign_certificate(call: Call, req: Any) -> Any:
    """Accepted at once, for the CA may be slow (A02.FR.11); what cannot be signed is Rejected (A02.FR.12)."""
    call.happened("message", "SignCertificate")
    kind, number = given(getattr(req, "certificate_type", UNSET)), given(getattr(req, "request_id", UNSET))
    use: Use = "v2g" if is_v2g(kind) else "charging_station"
    try:
        order, subject = await order_of(call, req, kind) if is_v2g(kind) else (_checked(call, req.csr), "")
    except csr.BadCsr as bad:
        await _refused(call, bad)
        return _answer(call, accepted=call.settings.pki.bad_requests == "accept_silently", why=str(bad))
    await _remember(call, order, use, subject, kind, number)
    return _answer(call, accepted=True)


def _checked(call: Call, text: str) -> Order:
    """What the CA for stations may be asked for. Raises BadCsr."""
    if call.settings.issuer.kind == "none":
        raise csr.BadCsr("use", "No CA signs for stations here (issuer.kind).")
    who = holder(call.station, call.settings)
    if who.common_name is None:
        text = f"No serial number is registered for {who.identity}: register it, or set certificate_cn to identity."
        raise csr.BadCsr("common_name", text)
    return csr.order(text, common_name=who.common_name, organization=call.settings.pki.organization)


def _answer(call: Call, *, accepted: bool, why: str = "") -> Any:
    response, status = call.v.SignCertificateResponse, "Accepted" if accepted else "Rejected"
    if accepted or call.version is V16:
        return response(status=status)
    info = call.v.StatusInfoType(reason_code="InvalidCSR", additional_info=why[:512])
    return response(status=status, status_info=info)


async def _refused(call: Call, bad: csr.BadCsr) -> None:
    """Told, and an alert: the station will not ask again by itself."""
    text = f"The station's signing request was not signed: {bad}"
    call.emit("certificate.failed", {"station_id": call.station.identity, "check": bad.check, "reason": text})
    await _alarm(call, text, {"check": bad.check})


async def _alarm(call: Call, text: str, detail: dict[str, Any]) -> None:
    board = await board_of(call.db, call.station, call.now)
    await board.raised(failed(text, call.now, detail), call.numbers.rows.take)
    board.write(call.write)


def failed(text: str, now: int, detail: dict[str, Any]) -> Cause:
    """The alert about a certificate that did not come about."""
    return Cause(
        subject=RENEWAL_ALERT, source="csms", code="certificate_failed", severity=4, text=text, at=now, latched=True,
        detail=detail,
    )  # fmt: skip


async def _remember(call: Call, order: Order, use: Use, subject: str, kind: str | None, number: int | None) -> None:
    """Queue the request; one that came before is answered with what it got."""
    known = await signing_requests.newest(call.db, call.station.id, use, subject)
    if known is not None and known.csr_sha256 == order.sha256:
        if known.state == "waiting":
            return signing_requests.write_said_again(call.write, known.id, kind, number, call.now)
        if await _gives_again(call, known):
            signing_requests.write_said_again(call.write, known.id, kind, number, call.now)
            got, queued = str(known.certificate_id), await commands.queued_of_type(call.db, call.station.id, KIND)
            if not any(f'"{got}"' in one.body for one in queued):
                call.ask(KIND, certificate_id=got, request=str(known.id))
            return None
    if known is not None:
        signing_requests.write_replaced(call.write, known, call.now)
    id = await call.numbers.rows.take()
    new = SigningRequest(
        id,
        call.station.tenant_id,
        call.station.id,
        use,
        kind,
        number,
        order.pem,
        order.sha256,
        "waiting",
        0,
        None,
        subject,
    )
    signing_requests.write_new(call.write, new, call.now)


async def _gives_again(call: Call, known: SigningRequest) -> bool:
    if known.state != "issued" or known.certificate_id is None:
        return False
    got = await signing_requests.given(call.db, known.certificate_id)
    return got is not None and may_be_given_again(got.state, got.not_before, got.not_after, call.now)


# ---------------------------------------------------------------------- CertificateSigned


class CertificateSigned(Command):
    """Hand the station a certificate that was issued for it. `request` is the signing request it answers."""

    actions: ClassVar = ("CertificateSigned",)
    waits_offline: ClassVar[bool] = True
    certificate_id: Id
    request: Id | UnsetType = UNSET

    async def prepare(self, ask: Ask, db: Db) -> None:
        """Raises Unsupported when there is nothing to hand over any more, or nothing that the station could take."""
        station = ask.station
        one = await certificates.of_station(db, station.tenant_id, station.id, id=int(self.certificate_id))
        if one is None or one.chain is None:
            raise Unsupported(f"There is no certificate {self.certificate_id} of this station.")
        if one.state in ("retired", "revoked"):
            raise Unsupported(f"The certificate {one.serial_number} is {one.state}.")
        asked = None if self.request is UNSET else await signing_requests.find(db, station.id, int(self.request))
        if asked is not None and asked.state == "replaced":
            raise Unsupported("The station has sent a newer signing request since.")
        limit = await _chain_limit(ask, db)
        kind, number = (None, None) if asked is None else (asked.certificate_type, asked.request_id)
        ask.certificate = Handover(_fitting(one.chain, limit, whole=one.use == "v2g"), kind, number)

    def to_v16(self, ask: Ask) -> Calls:
        if is_v2g(_given(ask).certificate_type):
            return by_data(ask, self.to_v2)
        return self._native_16(ask)

    def _native_16(self, ask: Ask) -> Calls:
        answer = yield ask.v.CertificateSignedRequest(certificate_chain=_given(ask).chain)
        return outcome(answer)

    def to_v2(self, ask: Ask) -> Calls:
        one = _given(ask)
        fields: dict[str, Any] = {"certificate_type": unless_none(one.certificate_type)}  # A02.FR.14
        if ask.version is V21:
            fields["request_id"] = unless_none(one.request_id)  # A02.FR.25
        answer = yield ask.v.CertificateSignedRequest(certificate_chain=one.chain, **fields)
        result: Outcome = outcome(answer)
        return result


def _given(ask: Ask) -> Handover:
    assert ask.certificate is not None
    return ask.certificate


async def _chain_limit(ask: Ask, db: Db) -> int:
    """How many characters the station takes (A02.FR.16)."""
    name = CHAIN_LIMIT_16 if ask.version is V16 else CHAIN_LIMIT
    model = await device_model.load_some(db, ask.station.tenant_id, ask.station.id, [name])
    said = model.value(name)
    return min(LONGEST_CHAIN, int(said)) if said is not None and said.isdecimal() and int(said) else LONGEST_CHAIN


def _fitting(chain: str, limit: int, *, whole: bool = False) -> str:
    """The chain; where it is too long the station's own certificate alone, for we know the CAs above it, unless others
    must know them (`whole`). Raises Unsupported."""
    if len(chain) <= limit:
        return chain
    if whole:
        raise Unsupported(
            f"The chain has {len(chain)} characters; the station takes {limit} (MaxCertificateChainSize)."
        )
    own = to_pem(from_pem(chain)[:1])
    if len(own) <= limit:
        return own
    text = f"The certificate has {len(own)} characters; the station takes {limit} (MaxCertificateChainSize)."
    raise Unsupported(text)


@before("CertificateSigned")
def _sent(ask: Ask, request: Any, now: int) -> list[Changed]:
    digest = _digest(request.certificate_chain)
    return [] if digest is None else [certificates.sent(ask.station.tenant_id, ask.station.id, digest)]


@after("CertificateSigned")
async def _taken(ask: Ask, db: Db, request: Any, answer: Any, now: int) -> Learnt:
    station, digest = ask.station, _digest(request.certificate_chain)
    if digest is None:
        return Learnt()
    one = await certificates.of_station(db, station.tenant_id, station.id, sha256=digest)
    if one is None:  # a raw call with a certificate that nobody here knows
        return Learnt()
    data = {"id": str(one.id), "station_id": station.identity, "serial_number": one.serial_number}
    result = None if answer is None else outcome(answer)
    if result is not None and result.accepted:
        return Learnt(
            [
                certificates.taken(station.tenant_id, station.id, digest),
                certificates.succeeded(station.tenant_id, station.id, digest, now),
            ],
            [feed_event(station, "certificate.installed", data, now)],
        )
    said = "with an error" if result is None else f"with {result.reason}"
    why = f"The station answered CertificateSigned {said}."
    board = await board_of(db, station, now)
    await board.raised(failed(why, now, data), Ids(db, ROWS, 1).take)
    learnt = board.learnt()
    return Learnt(
        [certificates.not_taken(station.tenant_id, station.id, digest, why), *learnt.rows],
        [feed_event(station, "certificate.failed", data | {"reason": why}, now), *learnt.events],
    )


def _digest(chain: str) -> str | None:
    """The fingerprint of its first certificate."""
    try:
        return sha256_of(from_pem(chain)[0])
    except UNREADABLE:
        return None
