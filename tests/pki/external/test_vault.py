"""The PKI engine of Vault, as its API documentation has it."""

from __future__ import annotations

import json

import pytest
from cryptography import x509

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import from_pem
from ohmstead.pki.external.line import Line
from ohmstead.pki.external.vault import Vault
from ohmstead.pki.issuer import CannotIssue, IssuerDown, ToRevoke
from tests.pki.external.servers import ROOT, SUB, Asked, Said, as_json, order, pem, served, sign

pytestmark = pytest.mark.anyio


def vault(asked: Asked) -> Said:
    if asked.headers["x-vault-token"] != "hvs.t":
        return 403, as_json({"errors": ["permission denied"]})
    body = json.loads(asked.body)
    if asked.path == "/v1/pki/revoke":
        if body == {"serial_number": "0a:bc"}:
            return 200, as_json({"data": {"revocation_time": 1, "state": "revoked"}})
        return 400, as_json({"errors": ["certificate with serial 0d not found."]})
    assert asked.path == "/v1/pki/sign/stations"
    if body["common_name"] != "SN1":
        return 400, as_json({"errors": ["common name SN2 not allowed by this role"]})
    leaf = sign(x509.load_pem_x509_csr(body["csr"].encode()))
    chain = [pem(SUB.x509), pem(ROOT.x509)]
    return 200, as_json({"data": {"certificate": pem(leaf), "issuing_ca": chain[0], "ca_chain": chain}})


def issuer(url: str, token: str = "hvs.t") -> Vault:
    settings = IssuerSettings(kind="vault", url=url, secret=token)
    return Vault(settings, Line(settings))


async def test_it_signs_and_refuses() -> None:
    with served(vault) as url:
        one, other = issuer(url), issuer(url, "old")
        leaf, *above = from_pem((await one.issue(asked := order())).chain)
        assert (leaf.public_key(), above) == (asked.public_key, [SUB.x509])  # without the root
        with pytest.raises(CannotIssue, match="not allowed by this role"):
            await one.issue(order("SN2"))
        with pytest.raises(IssuerDown, match="permission denied"):
            await other.issue(order())
        await one.close()
        await other.close()


async def test_it_revokes() -> None:
    with served(vault) as url:
        one = issuer(url)
        for _ in range(2):
            await one.revoke(ToRevoke("abc", "", "superseded"))
        with pytest.raises(CannotIssue, match="not found"):
            await one.revoke(ToRevoke("d", "", "superseded"))
        await one.close()


@pytest.mark.parametrize("said", [b"no json", b"[]", b"{}", b'{"data": {"certificate": "nonsense"}}'])
async def test_what_is_no_answer_of_vault(said: bytes) -> None:
    with served(lambda asked: (200, said)) as url:
        one = issuer(url)
        with pytest.raises(IssuerDown):
            await one.issue(order())
        await one.close()
