"""Certificates of stations towards vehicles, below our V2G root."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ohmstead.pki.certificate import from_pem
from ohmstead.pki.issuer import CannotIssue
from ohmstead.plugcharge.contract_ca import open_contract_ca
from ohmstead.plugcharge.secc_ca import open_secc_ca
from tests.pki.external.servers import order
from tests.pki.making import RSA_KEY, csr, name
from tests.plugcharge.vehicles import fits

KEY = b"s" * 32


@pytest.mark.anyio
async def test_a_chain_that_vehicles_take(tmp_path: Path) -> None:
    above = open_contract_ca(tmp_path, KEY)
    first, ca = (open_secc_ca(tmp_path, KEY, above, "https://csms.example.com") for _ in range(2))
    assert first.issuing == ca.issuing
    issued = await ca.issue(order("DE*ABC*E123456"))
    chain = [*from_pem(issued.chain), above.v2g.root.certificate]
    for one, by in itertools.pairwise(chain):
        one.verify_directly_issued_by(by)
        assert fits(one)
    leaf = chain[0]
    assert leaf.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)[0].value == "CPO"
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access[0].access_location.value == "https://csms.example.com/api/v1/pki/ocsp/embedded_v2g"


@pytest.mark.anyio
async def test_what_it_does_not_do(tmp_path: Path) -> None:
    above = open_contract_ca(tmp_path, KEY)
    ca = open_secc_ca(tmp_path, KEY, above, "http://x")
    request = csr(name("SN1", "Ohmstead"), RSA_KEY).public_bytes(Encoding.PEM).decode()
    with pytest.raises(CannotIssue):
        await ca.issue(order(request=request))
    with pytest.raises(ValueError, match="password"):
        open_secc_ca(tmp_path, b"x" * 32, above, "http://x")
    (tmp_path / "cpo-sub2.pem").write_text((tmp_path / "cpo-sub1.pem").read_text())
    with pytest.raises(ValueError, match=r"key of cpo-sub2\.pem"):
        open_secc_ca(tmp_path, KEY, above, "http://x")
