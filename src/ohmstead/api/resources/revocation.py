"""What CAs of ours say about their revoked certificates; anybody may ask."""

from __future__ import annotations

from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import not_found
from ohmstead.api.routes import Routes
from ohmstead.pki.responder import respond
from ohmstead.pki.revocation import PARTS, Authority, Predecessor, authorities, by_number

routes = Routes("Certificates")


def _ca(exchange: Exchange, name: str) -> Authority:
    context = exchange.context
    for one in authorities(context.ca, *context.issuers.values()):
        if name in (one.name, by_number(one.name, one.issuing)):
            return one
    raise not_found("certificate authority", name)


@routes.get("/pki/crl/{ca}", scope=None, gives=str, media_type="application/pkix-crl")
async def show_crl(exchange: Exchange, ca: str) -> Answer:
    """The CRL of a CA of ours in DER: `embedded`, `embedded_v2g`; after `ohmstead pki new-issuing` the one before is
    `embedded-<serial number>`, as its file `former-<serial number>.pem`, as long as its key lies beside that."""
    body = await exchange.context.crls.crl(exchange.db, _ca(exchange, ca))
    return Answer(body, media_type="application/pkix-crl", headers={"Cache-Control": "max-age=300"})


@routes.get("/pki/crl/{ca}/{part}", scope=None, gives=str, media_type="application/pkix-crl")
async def show_crl_part(exchange: Exchange, ca: str, part: str) -> Answer:
    """The sixteenth of a CRL that lists certificates whose serial number ends with `part` (0 to f), with its
    IssuingDistributionPoint. `pki.crl_in_certificates` lets certificates name the one that they would be in."""
    if part not in PARTS or len(part) != 1:
        raise not_found("part of a CRL", part)
    one = _ca(exchange, ca)
    name = one.name if isinstance(one, Predecessor) else by_number(one.name, one.issuing)
    url = f"{exchange.context.settings.crl_url}/{name}/{part}"
    body = await exchange.context.crls.crl(exchange.db, one, url, part)
    return Answer(body, media_type="application/pkix-crl", headers={"Cache-Control": "max-age=300"})


@routes.post(
    "/pki/ocsp/{ca}", scope=None, gives=str, accepts="application/ocsp-request", media_type="application/ocsp-response"
)
async def answer_ocsp(exchange: Exchange, ca: str, body: bytes) -> Answer:
    """Answer an OCSP request (RFC 6960) about a certificate of this CA, or of an issuing CA that it succeeded."""
    said = await respond(exchange.db, _ca(exchange, ca), body)
    return Answer(said, media_type="application/ocsp-response")
