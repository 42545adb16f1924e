"""What the embedded CA says about its revoked certificates; anybody may ask."""

from __future__ import annotations

import asyncio

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.routes import Routes
from ohmstead.pki.certificate import key_sha256
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.responder import respond
from ohmstead.pki.revocation import Revoked
from ohmstead.store.resources import certificates

routes = Routes("Certificates")


def _ca(exchange: Exchange, name: str) -> LocalCa:
    ca = exchange.context.ca
    if ca is None:
        raise Refused("unavailable", "This process has no CA.")
    if name != ca.name:
        raise not_found("certificate authority", name)
    return ca


@routes.get("/pki/crl/{ca}", scope=None, gives=str, media_type="application/pkix-crl")
async def show_crl(exchange: Exchange, ca: str) -> Answer:
    """The CRL of a CA of ours in DER: `embedded` is the embedded one."""
    own = _ca(exchange, ca)
    rows = await certificates.revoked(exchange.db, key_sha256(own.issuing))
    body = await asyncio.to_thread(own.crl, [Revoked(*row) for row in rows], runtime.now())
    return Answer(body, media_type="application/pkix-crl", headers={"Cache-Control": "max-age=300"})


@routes.post(
    "/pki/ocsp/{ca}", scope=None, gives=str, accepts="application/ocsp-request", media_type="application/ocsp-response"
)
async def answer_ocsp(exchange: Exchange, ca: str, body: bytes) -> Answer:
    """Answer an OCSP request (RFC 6960) about a certificate of this CA."""
    said = await respond(exchange.db, _ca(exchange, ca), body)
    return Answer(said, media_type="application/ocsp-response")
