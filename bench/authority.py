"""What the embedded CA costs beside bare `cryptography` calls in the same run: certificates, a CRL, OCSP answers.

authority.py [COUNT] [CRL ENTRIES]
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ohmstead import runtime
from ohmstead.pki import csr, revocation
from ohmstead.pki.local_ca import LocalCa, open_ca

NOW = runtime.to_datetime(runtime.now()).replace(microsecond=0)
KEY = ec.generate_private_key(ec.SECP256R1())


def measured(work: Callable[[], Any], count: int) -> float:
    """CPU seconds of one."""
    begun = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - begun) / count


def bare_certificate(ca: LocalCa, pem: bytes) -> bytes:
    request = x509.load_pem_x509_csr(pem)
    assert request.is_signature_valid
    key, usage = request.public_key(), x509.KeyUsage(True, *[False] * 8)
    one = (
        x509.CertificateBuilder(ca.issuing.subject, request.subject, key, x509.random_serial_number(), NOW,
                                NOW + timedelta(days=365))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(KEY, hashes.SHA256())
    )  # fmt: skip
    return one.public_bytes(Encoding.PEM)


def our_certificate(ca: LocalCa, pem: bytes) -> str:
    order = csr.order(pem, common_name="CS1", organization="Ohmstead")
    step = ca.issue(order)
    try:
        step.send(None)
    except StopIteration as done:
        return str(done.value.chain)
    raise RuntimeError("the CA waits for something")


def crls(ca: LocalCa, entries: int) -> dict[str, float]:
    serials = [int.from_bytes(hashlib.sha256(str(n).encode()).digest()[:16], "big") for n in range(entries)]
    rows = [revocation.Revoked(f"{serial:x}", runtime.now(), None) for serial in serials]

    def bare() -> None:
        found = [x509.RevokedCertificateBuilder(serial, NOW).build() for serial in serials]
        builder = x509.CertificateRevocationListBuilder(
            ca.issuing.subject, NOW, NOW + timedelta(days=1), revoked_certificates=found
        )
        builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)

    made = ca.crl(rows, runtime.now())
    listed = x509.load_der_x509_crl(made)
    return {
        "ours": measured(lambda: ca.crl(rows, runtime.now()), 1), "bare": measured(bare, 1),
        "lookup_ms": measured(lambda: listed.get_revoked_certificate_by_serial_number(serials[-1]), 20) * 1e3,
        "bytes": len(made),
    }  # fmt: skip


def answers(ca: LocalCa, pem: bytes, count: int) -> dict[str, float]:
    own = x509.load_pem_x509_certificate(our_certificate(ca, pem).encode())
    request = ocsp.OCSPRequestBuilder().add_certificate(own, ca.issuing, hashes.SHA256()).build()
    data, (signer, _) = request.public_bytes(Encoding.DER), ca.issue_signer(KEY.public_key(), "Ohmstead")

    def bare() -> None:
        one = ocsp.load_der_ocsp_request(data)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            one.issuer_name_hash, one.issuer_key_hash, one.serial_number, one.hash_algorithm, ocsp.OCSPCertStatus.GOOD,
            NOW, NOW + timedelta(hours=1), None, None,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, signer)  # fmt: skip
        builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)

    def ours() -> None:
        one = revocation.asked(data, ca.issuing)
        assert one is not None
        ca.ocsp(one, known=True, revoked=None, now=runtime.now())

    return {"ours": measured(ours, count), "bare": measured(bare, count)}


def main(count: int, entries: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        ca = open_ca(Path(folder) / "pki", b"s" * 32, "Ohmstead", ["localhost"])
    _, pem = csr.generate(common_name="CS1", organization="Ohmstead")
    data = pem.encode()
    issued = {
        "ours": measured(lambda: our_certificate(ca, data), count),
        "bare": measured(lambda: bare_certificate(ca, data), count),
    }
    return {"certificate": issued, "crl": crls(ca, entries), "ocsp": answers(ca, data, count)}


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    print(json.dumps(main(*(given or [2000, 100_000]))))
