"""EST as RFC 7030 has it, over mutual TLS."""

from __future__ import annotations

import base64
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import from_pem
from ohmstead.pki.external.est import Est
from ohmstead.pki.external.line import Line
from ohmstead.pki.issuer import CannotIssue, IssuerDown
from tests.pki.external.servers import ROOT, SUB, Asked, Said, order, pkcs7, served, sign
from tests.pki.making import Made, name, station

pytestmark = pytest.mark.anyio


def est(asked: Asked) -> Said:
    if (asked.method, asked.path) == ("GET", "/.well-known/est/cacerts"):
        return 200, pkcs7(ROOT.x509, SUB.x509)
    assert (asked.method, asked.path) == ("POST", "/.well-known/est/simpleenroll")
    assert asked.headers["content-type"] == "application/pkcs10"
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"us:pw").decode()
    assert b"BEGIN" not in asked.body
    return 200, pkcs7(sign(x509.load_der_x509_csr(base64.b64decode(asked.body))))


def issuer(url: str, **more: str) -> Est:
    settings = IssuerSettings(kind="est", url=url, user="us", secret="pw", **more)  # type: ignore[arg-type]
    return Est(settings, Line(settings))


async def test_it_signs_over_mutual_tls(tmp_path: Path) -> None:
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server, client = Made(name("est"), ROOT, extensions=[(names, False)]), station(ROOT, "us")
    for file, one in (("server", server), ("client", client)):
        (tmp_path / file).write_text(one.key_pem + one.pem)
    (tmp_path / "root").write_text(ROOT.pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "root"))
    context.load_cert_chain(tmp_path / "server")
    context.verify_mode = ssl.CERT_REQUIRED
    with served(est, context) as url:
        one = issuer(
            url, trusted_file=str(tmp_path / "root"), client_certificate=str(tmp_path / "client"),
            client_key=str(tmp_path / "client"),
        )  # fmt: skip
        asked = order()
        leaf, *above = from_pem((await one.issue(asked)).chain)
        assert (leaf.public_key(), above) == (asked.public_key, [SUB.x509])
        await one.close()


async def test_a_pool_with_its_own_path_and_a_token(tmp_path: Path) -> None:
    def pool(asked: Asked) -> Said:
        assert asked.path == "/.well-known/est/cpo/simpleenroll/ISO15118-2"
        assert asked.headers["authorization"] == "Bearer t"
        return 200, pkcs7(sign(x509.load_der_x509_csr(base64.b64decode(asked.body))))

    (tmp_path / "chain").write_text(SUB.pem)
    with served(pool) as url:
        settings = IssuerSettings(
            kind="est", url=url, path="/.well-known/est/cpo/simpleenroll/ISO15118-2", secret="t",
            chain_file=str(tmp_path / "chain"),
        )  # fmt: skip
        one = Est(settings, Line(settings))
        assert len(from_pem((await one.issue(order())).chain)) == 2
        await one.close()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ((202, b""), IssuerDown),  # it wants time
        ((400, b"bad name"), CannotIssue),
        ((401, b""), IssuerDown),  # our fault, not the request's
        ((404, b""), IssuerDown),
        ((503, b""), IssuerDown),
        ((200, b"garbage"), IssuerDown),
        ((200, pkcs7(SUB.x509)), CannotIssue),
    ],
)
async def test_what_its_answers_mean(said: Said, error: type[Exception]) -> None:
    with served(lambda asked: (200, pkcs7(ROOT.x509)) if asked.method == "GET" else said) as url:
        one = issuer(url)
        with pytest.raises(error):
            await one.issue(order())
        await one.close()


async def test_nobody_there() -> None:
    one = issuer("http://127.0.0.1:9")
    with pytest.raises(IssuerDown):
        await one.issue(order())
    await one.close()
