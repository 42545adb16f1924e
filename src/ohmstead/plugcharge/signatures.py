"""XML signatures over EXI fragments: ISO 15118-2 (7.9.2.4; ECDSA on P-256 with SHA-256) and -20 (P-521 with SHA-512).

Each signed element is digested as its EXI fragment; SignedInfo lists the digests and is signed as the fragment of the
xmldsig schema alone. The signature is r and s, as long as the curve's numbers, not DER. Signed here is -2 only; -20 is
verified, except for Ed448.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ohmstead.plugcharge.exi import SCHEMAS, ExiError

CANONICAL = "http://www.w3.org/TR/canonical-exi/"
_SIGNED_INFO = SCHEMAS["xmldsig"]

Signed = Sequence[tuple[str, Mapping[str, Any]]]
"""Name and value of each signed element; the value has its Id."""


class Suite(NamedTuple):
    """What is signed with what."""

    algorithm: str
    digest: str
    curve: type[ec.EllipticCurve]
    hash: type[hashes.HashAlgorithm]
    size: int
    """Bytes of each of the two numbers."""


P256 = Suite(
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256",
    ec.SECP256R1, hashes.SHA256, 32,
)  # fmt: skip
P521 = Suite(
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512",
    ec.SECP521R1, hashes.SHA512, 66,
)  # fmt: skip
SUITES = {"iso15118-2": (P256,), "iso15118-20": (P521, P256)}
"""By schema; the first one is what it prescribes."""


class BadSignature(Exception):
    """The message is not signed by whom it should be; the text says what is wrong."""


def sign(elements: Signed, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """The Signature of these elements of ISO 15118-2, for the header of their message."""
    references = [
        {
            "URI": f"#{value['Id']}",
            "Transforms": {"Transform": [{"Algorithm": CANONICAL}]},
            "DigestMethod": {"Algorithm": P256.digest},
            "DigestValue": _digest(SCHEMAS["iso15118-2"].fragment(name, value), P256.hash),
        }
        for name, value in elements
    ]
    info = {
        "CanonicalizationMethod": {"Algorithm": CANONICAL},
        "SignatureMethod": {"Algorithm": P256.algorithm},
        "Reference": references,
    }
    r, s = decode_dss_signature(key.sign(_SIGNED_INFO.fragment("SignedInfo", info), ec.ECDSA(hashes.SHA256())))
    raw = r.to_bytes(P256.size, "big") + s.to_bytes(P256.size, "big")
    return {"SignedInfo": info, "SignatureValue": {"value": base64.b64encode(raw).decode()}}


def verify(header: Mapping[str, Any], elements: Signed, key: object, schema: str = "iso15118-2") -> list[str]:
    """Check that `key` signed all of these elements; what was odd about it, in words. Raises BadSignature."""
    signature = header.get("Signature")
    if signature is None:
        raise BadSignature("the message is not signed")
    info = signature["SignedInfo"]
    suite = _suite(info, schema)
    references = {one.get("URI", ""): one for one in info["Reference"]}
    odd = [text for name, value in elements if (text := _check_digest(name, value, references, schema))]
    if suite is not SUITES[schema][0]:
        odd.append("it is signed on P-256, where ISO 15118-20 prescribes P-521 or Ed448")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, suite.curve):
        raise BadSignature(f"the key that should have signed is not on {'P-256' if suite is P256 else 'P-521'}")
    raw = base64.b64decode(signature["SignatureValue"]["value"])
    if len(raw) != 2 * suite.size:
        raise BadSignature(f"the signature has {len(raw)} bytes instead of {2 * suite.size}")
    r, s = int.from_bytes(raw[: suite.size], "big"), int.from_bytes(raw[suite.size :], "big")
    if not any(_fits(key, r, s, data, suite) for data in _signed_infos(info, schema)):
        raise BadSignature("the signature does not fit the key of the certificate")
    return odd


def _suite(info: Mapping[str, Any], schema: str) -> Suite:
    """By its SignatureMethod. Raises BadSignature for what is not known, or not meant."""
    if (said := info["CanonicalizationMethod"].get("Algorithm")) != CANONICAL:
        raise BadSignature(f"CanonicalizationMethod is {said}, expected {CANONICAL}")
    said = info["SignatureMethod"].get("Algorithm")
    for suite in SUITES[schema]:
        if suite.algorithm == said:
            return suite
    raise BadSignature(f"SignatureMethod is {said}, expected {SUITES[schema][0].algorithm}")


def _signed_infos(info: Mapping[str, Any], schema: str) -> Iterator[bytes]:
    """The bytes that may be signed: of the xmldsig schema alone, and for -20, where stacks differ, of its own."""
    yield _SIGNED_INFO.fragment("SignedInfo", info)
    if schema == "iso15118-20":
        yield SCHEMAS[schema].fragment("SignedInfo", info)


def _fits(key: ec.EllipticCurvePublicKey, r: int, s: int, data: bytes, suite: Suite) -> bool:
    try:
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(suite.hash()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _check_digest(
    name: str, value: Mapping[str, Any], references: Mapping[str, Mapping[str, Any]], schema: str
) -> str | None:
    """Raises BadSignature unless the element's digest is signed; a note where it is that of a stack that digests
    another form of it."""
    given = references.get(f"#{value.get('Id')}")
    if given is None:
        raise BadSignature(f"{name} is not among what is signed")
    said, known = given["DigestMethod"].get("Algorithm"), {one.digest: one.hash for one in SUITES[schema]}
    if said not in known:
        raise BadSignature(f"DigestMethod of {given.get('URI')} is {said}, expected {SUITES[schema][0].digest}")
    try:
        for data, note in _forms(name, value, schema):
            if hmac.compare_digest(given["DigestValue"], _digest(data, known[said])):
                return note
    except ExiError as error:
        raise BadSignature(f"{name} cannot be a fragment: {error}") from None
    raise BadSignature(f"{name} is not what was signed")


def _forms(name: str, value: Mapping[str, Any], schema: str) -> Iterator[tuple[bytes, str | None]]:
    """The right form of an element, and those that stacks in the field digest instead, with what to say of them."""
    messages = SCHEMAS[schema]
    yield messages.fragment(name, value), None
    if name == "eMAID":
        typed = messages.fragment_as_typed(name, "CertificateInstallationRes", value)
        yield typed, "eMAID was digested with its type instead of the relaxed grammar (EXI 8.5.3)"
    elif name == "SignedInstallationData":
        yield messages.encode({name: dict(value)}), f"{name} was digested as a document instead of a fragment"


def _digest(data: bytes, hash: type[hashes.HashAlgorithm]) -> str:
    digest = hashes.Hash(hash())
    digest.update(data)
    return base64.b64encode(digest.finalize()).decode()
