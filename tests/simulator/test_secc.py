"""A simulated station towards vehicles: its certificate, and what it staples."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from ohmstead.domain.certificates import DAY
from ohmstead.simulator import secc
from tests.pki.answering import answer
from tests.pki.making import Made, ca
from tests.simulator.conftest import START

URL = "http://ocsp.example/"
CA = ca("CPO Sub-CA", begins=START - DAY, ends=START + 90 * DAY)
ASKS = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(URL))


def certified(bench: Any, trigger: str, extensions: Any) -> Made:
    """The certificate for what the station asks for, brought to it."""
    assert bench.call("TriggerMessage", {"requestedMessage": trigger}) == {"status": "Accepted"}
    bench.run(1)
    words = bench.csms.of("SignCertificate")[-1]
    request = x509.load_pem_x509_csr(words.pop("csr").encode())
    made = Made(request.subject, CA, key=request, extensions=extensions, begins=START - DAY, ends=START + 60 * DAY)
    assert bench.call("CertificateSigned", {"certificateChain": made.pem + CA.pem, **words}) == {"status": "Accepted"}
    bench.run(1)
    return made


@pytest.mark.parametrize(
    ("version", "trigger", "curve"),
    [("2.0.1", "SignV2GCertificate", "secp256r1"), ("2.1", "SignV2G20Certificate", "secp521r1")],
)
def test_it_asks_for_what_it_staples_and_again_each_week(
    bench: Any, version: str, trigger: str, curve: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secc, "WEEK", 60.0)
    one = bench(version).up()
    made = certified(one, trigger, [(x509.AuthorityInformationAccess([ASKS]), False)])
    side = one.controller.secc
    assert side.chain[0].public_key().curve.name == curve
    assert one.controller.certificates.own == []  # its own side is another matter
    (asked,) = one.csms.of("GetCertificateStatus")
    assert asked["ocspRequestData"]["responderURL"] == URL
    assert int(asked["ocspRequestData"]["serialNumber"], 16) == made.x509.serial_number
    assert side.staple is None
    one.csms.staple = base64.b64encode(answer(made, made=START)).decode()
    one.run(61)
    assert len(one.csms.of("GetCertificateStatus")) == 2
    assert side.staple.serial_number == made.x509.serial_number


def test_without_a_responder_there_is_nothing_to_ask(bench: Any) -> None:
    one = bench("2.1").up()
    made = certified(one, "SignV2GCertificate", [])
    assert one.controller.secc.chain[0].public_bytes(Encoding.PEM).decode() == made.pem
    assert one.csms.of("GetCertificateStatus") == []
