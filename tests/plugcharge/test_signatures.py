"""XML signatures over EXI fragments: what holds, and each way in which it does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ohmstead.plugcharge import signatures
from ohmstead.plugcharge.signatures import BadSignature, sign, verify

KEY = ec.generate_private_key(ec.SECP256R1())
ELEMENTS = [("DHpublickey", {"Id": "id3", "value": "AAAA"}), ("eMAID", {"Id": "id4", "value": "DE8AAC1A2B3C4D"})]


def header() -> dict[str, Any]:
    return {"Signature": sign(ELEMENTS, KEY)}


def test_what_is_signed_is_verified():
    assert verify(header(), ELEMENTS, KEY.public_key()) == []


def test_a_stack_that_overlooks_the_relaxed_grammar_is_believed_and_named(monkeypatch):
    messages = signatures.SCHEMAS["iso15118-2"]

    class Careless:
        def fragment(self, name: str, value: Any) -> bytes:
            if name == "eMAID":
                return messages.fragment_as_typed(name, "CertificateInstallationRes", value)
            return messages.fragment(name, value)

    with monkeypatch.context() as patch:
        patch.setitem(signatures.SCHEMAS, "iso15118-2", Careless())
        careless = header()
    (odd,) = verify(careless, ELEMENTS, KEY.public_key())
    assert "relaxed grammar" in odd


def changed(what: str, value: Any) -> dict[str, Any]:
    one = copy.deepcopy(header())
    place: Any = one["Signature"]
    *way, last = what.split("/")
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return one


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "is not signed"),
        (changed("SignedInfo/SignatureMethod/Algorithm", "rsa"), "SignatureMethod is rsa"),
        (changed("SignedInfo/CanonicalizationMethod/Algorithm", "c14n"), "CanonicalizationMethod"),
        (changed("SignedInfo/Reference/0/DigestMethod/Algorithm", "sha1"), "DigestMethod of #id3 is sha1"),
        (changed("SignedInfo/Reference/0/URI", "#other"), "DHpublickey is not among"),
        (changed("SignedInfo/Reference/1/DigestValue", "AAAA"), "eMAID is not what was signed"),
        (changed("SignatureValue/value", "AAAA"), "3 bytes instead of 64"),
        (changed("SignatureValue/value", "A" * 86 + "=="), "does not fit"),
    ],
)
def test_what_is_not(given, said):
    with pytest.raises(BadSignature, match=said):
        verify(given, ELEMENTS, KEY.public_key())


def test_whose_it_is_not():
    other, large = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(BadSignature, match="does not fit"):
        verify(header(), ELEMENTS, other.public_key())
    with pytest.raises(BadSignature, match="not on P-256"):
        verify(header(), ELEMENTS, large.public_key())
    with pytest.raises(BadSignature, match="cannot be a fragment"):
        verify(header(), [("DHpublickey", {"Id": "id3"})], KEY.public_key())
