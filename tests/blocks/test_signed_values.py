"""Signed values out of the frames of all versions, checked with keys that `cryptography` makes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ohmstead.blocks.signed_values import signed_values
from tests.acceptance.serving import at
from tests.domain.test_ocmf import PAYLOAD

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = "oca:base16:asn1:" + KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def sealed(payload: str = PAYLOAD, signed: str = PAYLOAD, key: Any = KEY) -> str:
    signature = key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())).hex()
    return f'OCMF|{payload}|{{"SD":"{signature}"}}'


def value(data: str, public_key: str = PUBLIC, method: str = "OCMF") -> dict[str, str]:
    return {"signedMeterData": data, "encodingMethod": method, "signingMethod": "", "publicKey": public_key}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def frame(*signed: Any) -> tuple[str, str]:
    samples = [{"value": 1, "signedMeterValue": one} for one in signed]
    payload = {"meterValue": [{"timestamp": at(1), "sampledValue": samples}]}
    return "TransactionEvent", json.dumps([2, "1", "TransactionEvent", payload])


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (value(b64(sealed())), "valid"),
        (value(sealed()), "valid"),
        (value(b64(sealed(signed="other"))), "invalid"),
        (value(b64(sealed(key=ec.generate_private_key(ec.SECP256R1())))), "invalid"),
        (value(b64(sealed()), public_key=""), "not_checked"),
        (value(b64(sealed()), public_key="MFmrzQ=="), "unreadable"),
        (value("%%%"), "unreadable"),
        (value(b64("no set")), "unreadable"),
        (value("abc", method="EDL"), "not_checked"),
    ],
)
def test_verdicts(given: dict[str, str], verdict: str) -> None:
    (one,) = signed_values([frame(given)])
    assert (one.verdict, one.data) == (verdict, given["signedMeterData"])
    assert (one.reason is None) == (verdict == "valid")


def test_a_key_that_was_sent_once_counts_for_the_rest() -> None:
    found = signed_values([frame(value(b64(sealed()))), frame(value(b64(sealed()), public_key=""))])
    assert [one.verdict for one in found] == ["valid", "valid"]
    assert len({one.key_fingerprint for one in found}) == 1
    assert [reading.value for reading in found[0].readings] == [1500, 2500]


def test_in_1_6() -> None:
    noted = json.dumps(value(b64(sealed())))
    samples = [{"value": noted, "format": "SignedData"}, {"value": sealed(), "format": "SignedData"}, {"value": "5"}]
    payload = {"transactionData": [{"timestamp": at(1), "sampledValue": samples}]}
    found = signed_values([("StopTransaction", json.dumps([2, "1", "StopTransaction", payload]))])
    assert [one.verdict for one in found] == ["valid", "valid"]
