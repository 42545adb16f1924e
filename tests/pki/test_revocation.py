"""CRLs and OCSP answers of the embedded CA (`openssl` judges them in tests/api/resources/test_revocation.py)."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ohmstead import runtime
from ohmstead.pki import csr
from ohmstead.pki.certificate import from_pem
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.revocation import Revoked, asked


def test_a_crl(local_ca: LocalCa) -> None:
    now = runtime.now()
    found = x509.load_der_x509_crl(local_ca.crl([Revoked("1f", now, "superseded"), Revoked("20", now)], now))
    assert found.is_signature_valid(local_ca.issuing.public_key())  # type: ignore[arg-type]
    assert [one.serial_number for one in found] == [0x1F, 0x20]
    assert found.get_revoked_certificate_by_serial_number(0x21) is None


@pytest.mark.anyio
async def test_an_answer(local_ca: LocalCa) -> None:
    request = csr.generate(common_name="SN1", organization="Ohmstead")[1]
    issued = await local_ca.issue(csr.order(request, common_name="SN1", organization="Ohmstead"))
    leaf = from_pem(issued.chain)[0]
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, local_ca.issuing, hashes.SHA256())
    one = asked(builder.build().public_bytes(Encoding.DER), local_ca.issuing)
    assert one is not None
    assert one.serial_number == issued.certificate.serial_number
    now, states = runtime.now(), []
    for known, revoked in ((True, None), (True, Revoked(one.serial_number, now)), (False, None)):
        said = ocsp.load_der_ocsp_response(local_ca.ocsp(one, known=known, revoked=revoked, now=now))
        states.append(said.certificate_status.name)
    assert states == ["GOOD", "REVOKED", "UNKNOWN"]
    assert asked(builder.build().public_bytes(Encoding.DER), local_ca.root) is None
    assert asked(b"garbage", local_ca.root) is None
