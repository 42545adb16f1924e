"""Certificates of stations: issued, listed, revoked; and the authorities that are trusted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from cryptography import x509
from msgspec import Meta, Struct
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.expanding import ExpandingQuery, StationExpansion, page_with_stations, with_station
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources import foreign_certificates
from ohmstead.api.resources.sites import site_number
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.pki import csr
from ohmstead.pki.anchors import check_trusted, rests_on
from ohmstead.pki.certificate import UNREADABLE, describe, from_pem, to_pem
from ohmstead.pki.issuer import CannotIssue, Issued, Issuer, IssuerDown
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.trust import Trust, Unfit
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes.certificate import (
    Authority,
    AuthorityNew,
    Certificate,
    CertificateMade,
    CertificateNew,
    CertificateState,
    ChainLink,
    Revocation,
)
from ohmstead.shapes.common import Identity, Page, SiteId, Time
from ohmstead.store.certificates import TRUST_TOPIC
from ohmstead.store.db import Event, Tx, encode
from ohmstead.store.resources import certificates
from ohmstead.store.resources.listing import Found

routes = Routes("Certificates")

EMBEDDED = "embedded"
Row = dict[str, Any]


class CertificateQuery(ExpandingQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: CertificateState | None = None
    site_id: SiteId | None = None
    expires_before: (
        Annotated[Time, Meta(description="RFC 3339; those that end earlier, the first to end first")] | None
    ) = None
    renewal: (
        Annotated[
            Literal["any", "stuck", "running"],
            Meta(
                description="those in use whose end is near, the first to end first; `stuck`: their renewal stands "
                "still (failed, manual or expired); `running`: the others"
            ),
        ]
        | None
    ) = None


class ForceQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    force: bool = False
    """Though stations rest on it."""


@routes.post("/stations/{id}/certificates", scope="certificates:write", status=201, gives=CertificateMade)
async def issue_certificate(exchange: Exchange, id: str, body: CertificateNew) -> Answer:
    """Issue a certificate for a station, from its signing request or with a key made here (shown only now); or let one
    be known that a trusted authority has issued for it, so that what it signs can be verified before it comes with it.
    """
    row = await wanted(exchange, id)
    if body.certificate is not None:
        if body.generate_key or body.csr is not None:
            raise invalid("/certificate", "comes alone: it is issued already")
        return await foreign_certificates.add(exchange, row, body.certificate)
    key, request = _request(exchange, row, body)
    issued = await issue(exchange, row, request)
    async with exchange.transaction() as tx:
        made = await keep_certificate(exchange, tx, row, issued, runtime.now(), key)
        await exchange.audit(tx, "certificate.issue", id, {"id": made.id, "serial_number": made.serial_number})
        return exchange.made(made, secret=key is not None, Location=f"/api/v1/certificates/{made.id}")


async def keep_certificate(
    exchange: Exchange, tx: Tx, row: Row, issued: tuple[str, Issued], now: int, key: str | None = None
) -> CertificateMade:
    """A certificate that was just issued for a station, with the digest of its signing request; to be audited by who
    asks for it."""
    number, one, identity = await exchange.context.ids.take(), issued[1].certificate, row["identity"]
    await certificates.add(
        tx, exchange.tenant_id, number, row["id"], one, authority=issued[1].authority, chain=issued[1].chain,
        csr_sha256=issued[0], issued_by=issued[1].issued_by, now=now,
    )  # fmt: skip
    _tell(tx, exchange.tenant_id, identity, "issued", {"id": str(number), "serial_number": one.serial_number}, now)
    return CertificateMade(
        id=str(number),
        serial_number=one.serial_number,
        certificate=issued[1].chain,
        not_after=to_datetime(one.not_after),
        private_key=key,
    )


def _request(exchange: Exchange, row: Row, body: CertificateNew) -> tuple[str | None, str]:
    """A key if one is to be made here, and the signing request. Raises Refused."""
    if body.generate_key == (body.csr is not None):
        raise invalid("/csr", "give either a signing request or generate_key: true")
    if body.csr is not None:
        return None, body.csr
    return csr.generate(common_name=common_name(row), organization=exchange.context.settings.pki.organization)


def common_name(row: Row) -> str:
    """What the station's certificate must name. Raises Refused (422) while that is not known."""
    name: str | None = row["identity"] if row["certificate_cn"] == "identity" else row["serial_number"]
    if name is None:
        detail = "is not registered, and the certificate must name it: PATCH it, or set certificate_cn to identity"
        raise invalid("/serial_number", detail)
    return name


async def issue(exchange: Exchange, row: Row, request: str) -> tuple[str, Issued]:
    """The digest of a signing request, and what the CA of stations issues for it. Raises Refused."""
    exchange.caller.must("certificates:write")
    organization = exchange.context.settings.pki.organization
    try:
        order = csr.order(request, common_name=common_name(row), organization=organization)
        issued = await _issuer(exchange).issue(order)
        await check_trusted(exchange.db, exchange.tenant_id, issued)
        return order.sha256, issued
    except csr.BadCsr as bad:
        raise invalid("/csr", f"{bad.check}: {bad}") from None
    except CannotIssue as cannot:
        raise Refused("conflict", str(cannot)) from None
    except IssuerDown as down:
        raise Refused("unavailable", f"The CA cannot be used now: {down}") from None


def _issuer(exchange: Exchange) -> Issuer:
    issuer = exchange.context.issuers.get("charging_station")
    if issuer is None:
        raise Refused("unavailable", "No CA signs for stations here.")
    return issuer


def _ca(exchange: Exchange) -> LocalCa:
    ca = exchange.context.ca
    if ca is None:
        raise Refused("unavailable", "This process has no CA.")
    return ca


def _tell(tx: Tx, tenant_id: int, identity: str, what: str, data: Row, now: int) -> None:
    text = msgspec.json.encode({"station_id": identity, **data}).decode()
    tx.emit(Event(tenant_id, f"ohmstead.certificate.{what}", identity, now, text))


@routes.get("/certificates", scope="certificates:read")
async def list_certificates(exchange: Exchange, query: CertificateQuery) -> Page[Certificate]:
    """Certificates of stations, newest first; with `expires_before` or `renewal` the first to end first."""
    order = "-id" if query.expires_before is None and query.renewal is None else "not_after"
    found = await certificates.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        order=order,
        limit=query.limit,
        cursor=position(query, order),
        station_id=query.station_id,
        state=query.state,
        site_id=None if query.site_id is None else site_number(query.site_id),
        expires_before=None if query.expires_before is None else from_datetime(query.expires_before),
        **({} if query.renewal is None else {f"renewal_{query.renewal}": True}),
    )
    return await page_with_stations(exchange, page(found, certificates.form, order), query.expand)


@routes.get("/certificates/{id}", scope="certificates:read")
async def show_certificate(exchange: Exchange, id: str, query: StationExpansion) -> Certificate:
    """One certificate, with the chain it hangs on."""
    row = await wanted_certificate(exchange, id)
    shown = replace(certificates.form(row), chain=_chain(exchange, row["chain"]))
    return await with_station(exchange, shown, query.expand)


def _chain(exchange: Exchange, pem: str | None) -> list[ChainLink]:
    """The certificates of a PEM text, and the embedded root where it is the last one's issuer."""
    found = [] if pem is None else [describe(one) for one in from_pem(pem)]
    root = None if exchange.context.ca is None else describe(exchange.context.ca.root)
    if found and root is not None and found[-1].issuer == root.subject and found[-1].sha256 != root.sha256:
        found.append(root)
    return [
        ChainLink(subject=one.subject, issuer=one.issuer, sha256=one.sha256, not_after=to_datetime(one.not_after))
        for one in found
    ]


async def wanted_certificate(exchange: Exchange, id: str) -> Row:
    """The row of a certificate. Raises Refused (404)."""
    number = int(id) if id.isdecimal() and len(id) < 19 else -1
    row = await certificates.find(exchange.db, exchange.tenant_id, exchange.sites, number)
    if row is None:
        raise not_found("certificate", id)
    return row


@routes.post("/certificates/{id}/revoke", scope="certificates:write", gives=Certificate)
async def revoke_certificate(exchange: Exchange, id: str, body: Revocation) -> Answer:
    """Revoke a certificate: from now on it opens no door, and a socket that it opened is closed."""
    row = await wanted_certificate(exchange, id)
    now = runtime.now()
    async with exchange.transaction() as tx:
        if await certificates.revoke(tx, exchange.tenant_id, row["id"], body.word, now):
            row |= {"state": "revoked", "revoked_at": now, "revocation_reason": body.word}
            await exchange.audit(tx, "certificate.revoke", row["identity"], {"id": id, "reason": body.word})
            data = {"id": id, "serial_number": row["serial_number"], "reason": body.word}
            _tell(tx, exchange.tenant_id, row["identity"], "revoked", data, now)
        return exchange.made(certificates.form(row), status=200)


# ---------------------------------------------------------------------- authorities


@routes.delete("/certificate-authorities/{id}", scope="certificates:write", gives=Authority, everywhere=True)
async def remove_authority(exchange: Exchange, id: str, query: ForceQuery) -> Answer:
    """Trust it no more: whom it vouches for is refused at the next connection. Refused where stations come in with
    certificates that lead to it alone, unless `force` is given. The embedded one stays."""
    number = int(id) if id.isdecimal() and len(id) < 19 else -1
    found = await certificates.authorities(exchange.db, exchange.tenant_id, limit=1, cursor=None, which=number)
    if not found.rows:
        raise not_found("certificate authority", id)
    gone = found.rows[0]
    if not query.force:
        await _refuse_if_needed(exchange, from_pem(gone["certificate"])[0])
    now = runtime.now()
    async with exchange.transaction() as tx:
        await certificates.remove_authority(tx, exchange.tenant_id, number, now)
        tx.ring(TRUST_TOPIC, id)
        tx.emit(authority_news(exchange, "removed", gone["name"], gone["sha256"], now))
        await exchange.audit(tx, "authority.remove", gone["name"], {"id": id, "forced": query.force})
        return exchange.made(certificates.authority_form(gone), status=200)


async def _refuse_if_needed(exchange: Exchange, authority: x509.Certificate) -> None:
    """Raises Refused where stations would be locked out."""
    lost = await rests_on(exchange.db, exchange.tenant_id, exchange.context.ca, authority)
    if lost:
        count = sum(one.stations for one in lost)
        who = f"{count} station{'s' if count > 1 else ''} (for example {lost[0].example})"
        text = f"{who} would be refused from now on: no other authority stands behind their certificates"
        raise Refused("conflict", f"{text}. Renew them first, or repeat with ?force=true.")


def authority_news(exchange: Exchange, what: Literal["added", "removed"], name: str, sha256: str, now: int) -> Event:
    """What the feed tells of an authority."""
    data = encode({"name": name, "sha256": sha256})
    return Event(exchange.tenant_id, f"ohmstead.authority.{what}", None, now, data)


@routes.get("/certificate-authorities", scope="certificates:read")
async def list_authorities(exchange: Exchange, query: PageQuery) -> Page[Authority]:
    """Trusted authorities; the first is the embedded one, whose root stations must trust."""
    cursor = position(query)
    found = await certificates.authorities(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor)
    if cursor is not None:
        return page(found, certificates.authority_form)
    rows = [{"id": 0}, *found.rows]
    goes_on = len(rows) > query.limit or found.cursor is not None
    rows = rows[: query.limit]
    embedded = _embedded(_ca(exchange))
    shown = Found(rows, [rows[-1]["id"]] if goes_on else None)
    return page(shown, lambda row: embedded if row["id"] == 0 else certificates.authority_form(row))


def _embedded(ca: LocalCa) -> Authority:
    one = describe(ca.root)
    return Authority(
        id=EMBEDDED,
        name="the embedded CA",
        subject=one.subject,
        certificate=to_pem([ca.root]),
        sha256=one.sha256,
        key_sha256=one.key_sha256,
        uses=["station", "csms"],
        not_after=to_datetime(one.not_after),
        created_at=None,
    )


@routes.post("/certificate-authorities", scope="certificates:write", status=201, gives=Authority, everywhere=True)
async def add_authority(exchange: Exchange, body: AuthorityNew) -> Answer:
    """Trust a further authority; for stations it counts within a second, without a restart."""
    try:
        (certificate,) = from_pem(body.certificate)
        Trust([certificate])
        one = describe(certificate)
    except Unfit as unfit:
        raise invalid("/certificate", str(unfit)) from None
    except UNREADABLE:
        raise invalid("/certificate", "is not one certificate in PEM") from None
    now = runtime.now()
    if one.not_after < now:
        raise invalid("/certificate", f"expired at {runtime.rfc3339(one.not_after)}")
    known = await certificates.authorities(
        exchange.db, exchange.tenant_id, limit=1, cursor=None, key_sha256=one.key_sha256
    )
    if known.rows:
        raise Refused("conflict", f"This authority is trusted already, as {known.rows[0]['name']!r}.")
    number, uses, pem = await exchange.context.ids.take(), list(dict.fromkeys(body.uses)), to_pem([certificate])
    async with exchange.transaction() as tx:
        await certificates.add_authority(
            tx, exchange.tenant_id, number, one, name=body.name, pem=pem, uses=list(uses), now=now
        )
        tx.ring(TRUST_TOPIC, str(number))
        tx.emit(authority_news(exchange, "added", body.name, one.sha256, now))
        await exchange.audit(tx, "authority.add", body.name, {"id": number, "sha256": one.sha256, "uses": uses})
        made = Authority(
            id=str(number), name=body.name, subject=one.subject, certificate=pem, sha256=one.sha256,
            key_sha256=one.key_sha256, uses=uses, not_after=to_datetime(one.not_after), created_at=to_datetime(now),
        )  # fmt: skip
        return exchange.made(made, Location="/api/v1/certificate-authorities")
