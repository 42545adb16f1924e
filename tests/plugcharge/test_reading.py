"""Certificate messages read and verified: of -2 as the simulated vehicle writes them, of -20 signed here by hand."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ohmstead.plugcharge import reading
from ohmstead.plugcharge.exi import SCHEMAS, ExiError
from ohmstead.plugcharge.signatures import CANONICAL, BadSignature
from tests.pki.making import Made, name
from tests.plugcharge.vehicles import vehicle

VECTORS = json.loads((Path(__file__).parent / "exi/vectors.json").read_text())["documents"]
TWENTY = SCHEMAS["iso15118-20"]
KEYS = {"p521": ec.generate_private_key(ec.SECP521R1()), "p256": ec.generate_private_key(ec.SECP256R1())}
SIGNERS = {curve: Made(name("WMIV1234567890ABCD"), key=key) for curve, key in KEYS.items()}
ASKED = base64.b64decode(vehicle().ask())


def of_20(kind: str, curve: str = "p521", *, signed_info: str = "xmldsig", as_document: bool = False) -> bytes:
    """A message of -20, signed as ISO 15118-20 says, or as stacks do it that differ."""
    which = "CertificateInstallationReq" if kind == "Req" else "CertificateInstallationRes"
    message = json.loads(json.dumps(next(one["message"] for one in VECTORS if which in one["message"])))
    body, bits = message[which], 512 if curve == "p521" else 256
    chain = body["OEMProvisioningCertificateChain" if kind == "Req" else "CPSCertificateChain"]
    chain["Certificate"] = base64.b64encode(SIGNERS[curve].x509.public_bytes(Encoding.DER)).decode()
    del chain["SubCertificates"]
    element = "OEMProvisioningCertificateChain" if kind == "Req" else "SignedInstallationData"
    value = body[element]
    data = TWENTY.encode({element: value}) if as_document else TWENTY.fragment(element, value)
    info = {
        "CanonicalizationMethod": {"Algorithm": CANONICAL},
        "SignatureMethod": {"Algorithm": f"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha{bits}"},
        "Reference": [
            {
                "URI": "#" + value["Id"],
                "Transforms": {"Transform": [{"Algorithm": CANONICAL}]},
                "DigestMethod": {"Algorithm": f"http://www.w3.org/2001/04/xmlenc#sha{bits}"},
                "DigestValue": base64.b64encode(hashlib.new(f"sha{bits}", data).digest()).decode(),
            }
        ],
    }
    hashed = hashes.SHA512() if bits == 512 else hashes.SHA256()
    r, s = decode_dss_signature(KEYS[curve].sign(SCHEMAS[signed_info].fragment("SignedInfo", info), ec.ECDSA(hashed)))
    size = 66 if bits == 512 else 32
    raw = base64.b64encode(r.to_bytes(size, "big") + s.to_bytes(size, "big")).decode()
    body["Header"]["Signature"] = {"SignedInfo": info, "SignatureValue": {"value": raw}}
    return TWENTY.encode(message)


@pytest.mark.parametrize("kind", ["Req", "Res"])
@pytest.mark.parametrize("signed_info", ["xmldsig", "iso15118-20"])
def test_both_messages_of_20_are_verified(kind: str, signed_info: str) -> None:
    message = reading.read("iso15118-20", of_20(kind, signed_info=signed_info))
    assert message.verify() == []
    assert message.signer() == [SIGNERS["p521"].x509]


def test_what_stacks_do_otherwise_is_believed_and_named() -> None:
    assert "as a document" in reading.read("iso15118-20", of_20("Res", as_document=True)).verify()[0]
    assert "on P-256" in reading.read("iso15118-20", of_20("Req", "p256")).verify()[0]


def changed(exi: bytes, *way: str, value: Any) -> reading.Message:
    message = SCHEMAS["iso15118-20"].decode(exi)
    place: Any = next(iter(message.values()))
    for step in way[:-1]:
        place = place[int(step) if step.isdigit() else step]
    place[way[-1]] = value
    return reading.read("iso15118-20", TWENTY.encode(message))


INFO = ("Header", "Signature", "SignedInfo")


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (("SignedInstallationData", "DHPublicKey"), "AAAA", "is not what was signed"),
        (("Header", "Signature", "SignatureValue", "value"), "A" * 176, "does not fit the key"),
        (("Header", "Signature", "SignatureValue", "value"), "A" * 86 + "==", "64 bytes instead of 132"),
        ((*INFO, "SignatureMethod", "Algorithm"), "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", "eddsa-ed448"),
        ((*INFO, "Reference", "0", "DigestMethod", "Algorithm"), "sha1", "DigestMethod of #id1 is sha1"),
        ((*INFO, "Reference", "0", "URI"), "#other", "is not among what is signed"),
    ],
)
def test_what_is_not_signed_is_named(way: tuple[str, ...], value: str, said: str) -> None:
    message = changed(of_20("Res"), *way, value=value)
    with pytest.raises(BadSignature, match=said):
        message.verify()


def test_what_is_no_message() -> None:
    data = next(one for one in VECTORS if "SignedInstallationData" in one["message"])
    with pytest.raises(ExiError, match="is no message"):
        reading.read("iso15118-20", base64.b64decode(data["exi"]))
    with pytest.raises(ExiError, match="cannot be read"):
        reading.read("iso15118-2", base64.b64decode(VECTORS[0]["exi"])).signer()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_message_that_was_tampered_with_is_verified_by_nobody(data: st.DataObject) -> None:
    """A byte of a signed request changed anywhere: refused with a reason, never another exception, never believed
    with another content."""
    raw = bytearray(ASKED)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        message = reading.read("iso15118-2", bytes(raw))
        message.verify()
    except (ExiError, BadSignature):
        return
    assert message.body == reading.read("iso15118-2", ASKED).body  # what changed is not signed: the session's id
