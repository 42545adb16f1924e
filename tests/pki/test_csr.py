from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.pki import csr
from ohmstead.pki.issuer import Order
from tests.pki.making import CA, RSA_KEY, name
from tests.pki.making import csr as made


def ordered(text: str | bytes) -> Order:
    return csr.order(text, common_name="SN1", organization="Ohmstead")


def pem(request: x509.CertificateSigningRequest) -> str:
    return request.public_bytes(Encoding.PEM).decode()


REQUEST = made(name("SN1", "Ohmstead"))
DER = REQUEST.public_bytes(Encoding.DER)
BARE = base64.b64encode(DER).decode()


@pytest.mark.parametrize(
    "text",
    [
        pem(REQUEST),
        pem(REQUEST).replace("\n", "\r\n"),
        pem(REQUEST).rstrip("\n"),
        pem(REQUEST).replace(" CERTIFICATE REQUEST", " NEW CERTIFICATE REQUEST"),
        f"Certificate Request:\n  Data: ...\n{pem(REQUEST)}",
        pem(REQUEST).replace("\n", ""),
        BARE,
        "\r\n".join(BARE[i : i + 76] for i in range(0, len(BARE), 76)),
        DER,
    ],
    ids=["pem", "crlf", "no end of line", "new", "text before", "one line", "bare", "bare lines", "der"],
)
def test_every_form(text: str | bytes) -> None:
    order = ordered(text)
    assert order.request == REQUEST
    assert (order.common_name, order.organization) == ("SN1", "Ohmstead")


@pytest.mark.parametrize(
    "key", [RSA_KEY, *(ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))]
)
def test_every_key(key: Any) -> None:
    assert ordered(pem(made(name("SN1"), key))).public_key == key.public_key()


def forged() -> bytes:
    return DER[:-8] + bytes(b ^ 1 for b in DER[-8:])


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("", "unreadable"),
        ("no csr", "unreadable"),
        (b"\x30\x82\x00\x00", "unreadable"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "unreadable"),
        (DER + b"more", "unreadable"),
        ("A" * 20_000, "unreadable"),
        (forged(), "signature"),
        (pem(made(name("SN1"), ed25519.Ed25519PrivateKey.generate(), digest=None)).encode(), "key_type"),
        (pem(made(name("SN1"), rsa.generate_private_key(65537, 1024))), "key_size"),
        (pem(made(name("SN1"), ec.generate_private_key(ec.SECP256K1()))), "key_size"),
        (pem(made(name("SN2"))), "common_name"),
        (pem(made(name("sn1"))), "common_name"),
        (pem(made(name("SN1\0"))), "common_name"),
        (pem(made(name(None, "Ohmstead"))), "common_name"),
        (pem(made(x509.Name([*name("SN1"), *name("SN2")]))), "common_name"),
        (pem(made(name("SN1", "Another"))), "organization"),
        (pem(made(x509.Name([*name("SN1", "Ohmstead"), *name(None, "Another")]))), "organization"),
    ],
)
def test_what_no_ca_gets_to_see(text: str | bytes, check: str) -> None:
    with pytest.raises(csr.BadCsr) as caught:
        ordered(text)
    assert caught.value.check == check
    assert str(caught.value).endswith(".")


def test_what_it_must_be_is_said() -> None:
    with pytest.raises(csr.BadCsr, match=r"The common name is 'SN2'; it must be 'SN1'\."):
        ordered(pem(made(name("SN2"))))
    with pytest.raises(
        csr.BadCsr, match=r"The organization is 'Another'; it must be 'Ohmstead' \(pki.organization\)\."
    ):
        ordered(pem(made(name("SN1", "Another"))))


def test_a_common_name_alone_is_enough() -> None:
    assert ordered(pem(made(name("SN1")))).organization == "Ohmstead"


def test_requested_extensions_are_no_obstacle() -> None:
    assert ordered(pem(made(name("SN1"), extensions=CA))).common_name == "SN1"


def test_other_parts_of_the_subject_are_no_obstacle() -> None:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "NL")
    assert ordered(pem(made(x509.Name([country, *name("SN1", "Ohmstead")])))).common_name == "SN1"


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_a_name_that_is_longer_than_x520_allows() -> None:
    attribute = x509.NameAttribute(NameOID.COMMON_NAME, "S" * 65, _validate=False)
    with pytest.raises(csr.BadCsr) as caught:
        ordered(made(x509.Name([attribute])).public_bytes(Encoding.DER))
    assert caught.value.check == "common_name"


def test_generate() -> None:
    key, request = csr.generate(common_name="SN1", organization="Ohmstead")
    order = ordered(request)
    private = load_pem_private_key(key.encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert order.public_key == private.public_key()
    assert isinstance(order.request.signature_hash_algorithm, hashes.SHA256)


@pytest.mark.filterwarnings("ignore")
@given(st.integers(0, len(DER) - 1), st.integers(1, 255))
def test_a_changed_byte_never_raises_anything_else(place: int, change: int) -> None:
    data = bytearray(DER)
    data[place] ^= change
    try:
        ordered(bytes(data))
    except csr.BadCsr:
        pass


@pytest.mark.filterwarnings("ignore")
@given(st.binary(max_size=300))
def test_junk_never_raises_anything_else(data: bytes) -> None:
    with pytest.raises(csr.BadCsr):
        ordered(data)
