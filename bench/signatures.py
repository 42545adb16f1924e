"""Signed messages per second in one thread, ours beside the bare primitive of `cryptography`: one JSON object.

signatures.py [SECONDS for each figure]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from msgspec import Raw

from ohmstead.ocpp import signing

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
PAYLOAD = json.dumps(
    {
        "eventType": "Updated", "timestamp": "2025-03-01T10:00:00.000Z", "triggerReason": "MeterValuePeriodic",
        "seqNo": 7, "transactionInfo": {"transactionId": "b1f0", "chargingState": "Charging"},
        "meterValue": [{"timestamp": "2025-03-01T10:00:00.000Z", "sampledValue": [{"value": 4711.0}]}],
    }
).encode()  # fmt: skip


def pem_of(key: Any) -> tuple[str, str]:
    name, now = x509.Name([]), datetime.now(UTC)  # noqa: TID251
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(1))
    certificate = dated.sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode()
    return text, certificate.public_bytes(pem).decode()


def per_second(work: Callable[[], object]) -> float:
    done, begin = 0, time.perf_counter()
    while (spent := time.perf_counter() - begin) < SECONDS:
        for _ in range(50):
            work()
        done += 50
    return done / spent


def figures(algorithm: str, key: Any, *bare: Any) -> dict[str, float]:
    """Ours is all that is done to a message: JSON, header and its checks, base64, signature."""
    private, certificate = pem_of(key)
    ours, public, known = signing.SigningKey(private, certificate), key.public_key(), signing.public_key(certificate)
    jws, signature = Raw(ours.sign("TransactionEvent", signing.CALL, PAYLOAD)), key.sign(PAYLOAD, *bare)

    def verify() -> None:
        assert signing.open_(jws, "TransactionEvent", signing.CALL).signed_by(known)

    return {
        f"{algorithm} verify": per_second(verify),
        f"{algorithm} verify, bare": per_second(lambda: public.verify(signature, PAYLOAD, *bare)),
        f"{algorithm} sign": per_second(lambda: ours.sign("TransactionEvent", signing.CALL, PAYLOAD)),
        f"{algorithm} sign, bare": per_second(lambda: key.sign(PAYLOAD, *bare)),
    }


if __name__ == "__main__":
    sha256 = hashes.SHA256()
    found = figures("ES256", ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(sha256))
    found |= figures("RS256", rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), sha256)
    print(json.dumps({name: round(rate) for name, rate in found.items()}))
