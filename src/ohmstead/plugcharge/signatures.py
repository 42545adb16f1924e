"""XML signatures over EXI fragments, as ISO 15118-2 prescribes (7.9.2.4): ECDSA on P-256 with SHA-256.

Each signed element is digested as its EXI fragment; SignedInfo lists the digests and is signed as the fragment of the
xmldsig schema alone. The signature is r and s, 32 bytes each, not DER.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ohmstead.plugcharge.exi import SCHEMAS, ExiError

CANONICAL = "http://www.w3.org/TR/canonical-exi/"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_SIZE = 32
_MESSAGES, _SIGNED_INFO = SCHEMAS["iso15118-2"], SCHEMAS["xmldsig"]

Signed = Sequence[tuple[str, Mapping[str, Any]]]
"""Name and value of each signed element; the value has its Id."""


class BadSignature(Exception):
    """The message is not signed by whom it should be; the text says what is wrong."""


def sign(elements: Signed, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """The Signature of these elements, for the header of their message."""
    references = [
        {
            "URI": f"#{value['Id']}",
            "Transforms": {"Transform": [{"Algorithm": CANONICAL}]},
            "DigestMethod": {"Algorithm": SHA256},
            "DigestValue": _digest(_MESSAGES.fragment(name, value)),
        }
        for name, value in elements
    ]
    info = {
        "CanonicalizationMethod": {"Algorithm": CANONICAL},
        "SignatureMethod": {"Algorithm": ECDSA},
        "Reference": references,
    }
    r, s = decode_dss_signature(key.sign(_SIGNED_INFO.fragment("SignedInfo", info), ec.ECDSA(hashes.SHA256())))
    raw = r.to_bytes(_SIZE, "big") + s.to_bytes(_SIZE, "big")
    return {"SignedInfo": info, "SignatureValue": {"value": base64.b64encode(raw).decode()}}


def verify(header: Mapping[str, Any], elements: Signed, key: object) -> list[str]:
    """Check that `key` signed all of these elements; what was odd about it, in words. Raises BadSignature."""
    signature = header.get("Signature")
    if signature is None:
        raise BadSignature("the message is not signed")
    info = signature["SignedInfo"]
    _check_algorithms(info)
    digests = {one.get("URI", ""): one["DigestValue"] for one in info["Reference"]}
    odd = [text for name, value in elements if (text := _check_digest(name, value, digests))]
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadSignature("the key that should have signed is not on P-256")
    raw = base64.b64decode(signature["SignatureValue"]["value"])
    if len(raw) != 2 * _SIZE:
        raise BadSignature(f"the signature has {len(raw)} bytes instead of {2 * _SIZE}")
    r, s = int.from_bytes(raw[:_SIZE], "big"), int.from_bytes(raw[_SIZE:], "big")
    try:
        der = encode_dss_signature(r, s)
        key.verify(der, _SIGNED_INFO.fragment("SignedInfo", info), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise BadSignature("the signature does not fit the key of the certificate") from None
    return odd


def _check_algorithms(info: Mapping[str, Any]) -> None:
    wanted = {"CanonicalizationMethod": CANONICAL, "SignatureMethod": ECDSA}
    found = {name: info[name].get("Algorithm") for name in wanted}
    found |= {f"DigestMethod of {one.get('URI')}": one["DigestMethod"].get("Algorithm") for one in info["Reference"]}
    for name, algorithm in found.items():
        if algorithm != wanted.get(name, SHA256):
            raise BadSignature(f"{name} is {algorithm}, expected {wanted.get(name, SHA256)}")


def _check_digest(name: str, value: Mapping[str, Any], digests: Mapping[str, str]) -> str | None:
    """Raises BadSignature unless the element's digest is signed; a note where it is that of a stack that overlooks the
    relaxed grammar of eMAID."""
    given = digests.get(f"#{value.get('Id')}")
    if given is None:
        raise BadSignature(f"{name} is not among what is signed")
    try:
        if hmac.compare_digest(given, _digest(_MESSAGES.fragment(name, value))):
            return None
        if name == "eMAID" and given == _digest(_MESSAGES.fragment_as_typed(name, "CertificateInstallationRes", value)):
            return "eMAID was digested with its type instead of the relaxed grammar (EXI 8.5.3)"
    except ExiError as error:
        raise BadSignature(f"{name} cannot be a fragment: {error}") from None
    raise BadSignature(f"{name} is not what was signed")


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
