"""What is installed in a station, matched with what we know; and what comes to its end in a fleet."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused
from ohmstead.api.resources import certificates as issued
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks import renewal
from ohmstead.domain.installed import ALGORITHMS, HashData
from ohmstead.pki.certificate import UNREADABLE, from_pem, material, sha256_of
from ohmstead.runtime import to_datetime
from ohmstead.shapes.certificate import Certificate, CertificateHashData, CertificateMatch, InstalledCertificate
from ohmstead.shapes.common import Page
from ohmstead.store import installed_certificates, renewals
from ohmstead.store.resources import certificates
from ohmstead.store.sessions import load_state

routes = Routes("Certificates")
MOST_AUTHORITIES = 1000
Known = dict[tuple[str, str, str, str], CertificateMatch]


@routes.get("/stations/{id}/installed-certificates", scope="certificates:read")
async def list_installed(exchange: Exchange, id: str) -> Page[InstalledCertificate]:
    """What the station said is installed in it, in its own hash data; `match` where we know the certificate."""
    row = await wanted(exchange, id)
    found = await installed_certificates.of_station(exchange.db, row["id"])
    known = await _known(exchange) if found else {}

    def form(one: HashData) -> CertificateHashData:
        return CertificateHashData(
            hash_algorithm=one.hash_algorithm, issuer_name_hash=one.issuer_name_hash,
            issuer_key_hash=one.issuer_key_hash, serial_number=one.serial_number,
        )  # fmt: skip

    return Page(
        data=[
            InstalledCertificate(
                certificate_type=one.certificate_type,
                hash_data=form(one.hash_data),
                children=[form(below) for below in one.chain],
                match=known.get(one.hash_data.key),
                updated_at=to_datetime(one.updated_at),
            )
            for one in found
        ],
        next_cursor=None,
    )


async def _known(exchange: Exchange) -> Known:
    """All authorities, in the words of all algorithms."""
    ca, known = exchange.context.ca, Known()
    if ca is not None:
        _learn(known, "the embedded CA", ca.root, ca.root)
        _learn(known, "the embedded CA, issuing", ca.issuing, ca.root)
    found = await certificates.authorities(exchange.db, exchange.tenant_id, limit=MOST_AUTHORITIES, cursor=None)
    for row in found.rows:
        one = from_pem(row["certificate"])[0]
        if one.subject == one.issuer:
            _learn(known, row["name"], one, one)
    return known


def _learn(known: Known, name: str, one: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        made = material(one, issuer)
    except UNREADABLE:
        return
    match = CertificateMatch(name=name, subject=one.subject.rfc4514_string(), sha256=sha256_of(one))
    keys: Iterable[tuple[str, str, str, str]] = (made.hashed(algorithm).key for algorithm in ALGORITHMS)
    known.update(dict.fromkeys(keys, match))


@routes.post("/certificates/{id}/renew", scope="certificates:write", status=202, gives=Certificate)
async def renew_certificate(exchange: Exchange, id: str) -> Answer:
    """Do not wait for its turn: the station is asked for a signing request at once, or as soon as it comes."""
    row = await issued.wanted_certificate(exchange, id)
    if row["revoked_at"] is not None or row["state"] == "retired":
        raise Refused("conflict", f"This certificate is {row['state']}; renew the one that the station comes in with.")
    one = await renewals.of_certificate(exchange.db, row["id"])
    station, now = (await load_state(exchange.db, row["station_id"])).station, runtime.now()
    async with exchange.transaction() as tx:
        step = await renewal.ask_now(tx, one, station, now)
        await exchange.audit(tx, "certificate.renew", row["identity"], {"id": id})
        row |= {"renewal_state": step.state, "renewal_reason": step.reason}
        return exchange.made(certificates.form(row), status=202)
