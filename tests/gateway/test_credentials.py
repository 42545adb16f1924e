"""What a station proves itself by: its password, or the certificate that it shows."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace
from sqlalchemy import update

from ohmstead.gateway import credentials
from ohmstead.gateway.credentials import Denied, Shown
from ohmstead.gateway.handshake import Request
from ohmstead.gateway.trusted import Trusted
from ohmstead.pki.certificate import describe, from_pem, key_sha256
from ohmstead.pki.csr import order
from ohmstead.pki.local_ca import LocalCa, open_ca
from ohmstead.pki.server_certificates import Issued, ServerCertificates
from ohmstead.store.resources import certificates
from ohmstead.store.sessions import Passwords
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates as table
from tests.blocks.staging import station
from tests.gateway.test_trusted import add as add_authority
from tests.pki.making import DAY, NOW, Made, ca, csr, name
from tests.pki.making import station as certificate_of
from tests.playbook import Playbook


def request(authorization: str | None = None, offer: str = "ocpp2.0.1", **more: Any) -> Request:
    headers = {"sec-websocket-protocol": offer}
    if authorization is not None:
        headers["authorization"] = authorization
    return Request("GET", "/ocpp/CS1", headers, "192.0.2.1:5000", **more)


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


# ---------------------------------------------------------------------- what is answered


@pytest.mark.parametrize(
    ("denied", "said", "headers"),
    [
        (Denied(401, "code", "why", "No."), "No.", {}),
        (Denied(403, "code", "why"), "why", {}),
        (Denied(403, "code", "why", ""), "", {}),
        (Denied(503, "code", "why", "busy"), "busy", {"Retry-After": "10"}),
        (Denied(503, "code", "why", headers={"Retry-After": "3"}), "why", {"Retry-After": "3"}),
    ],
)
def test_what_the_client_is_told(denied: Denied, said: str, headers: dict[str, str]) -> None:
    assert (denied.said, denied.headers, denied.reason, str(denied)) == (said, headers, "why", "why")


# ---------------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    ("authorization", "secret"),
    [
        (basic(b"CS1:password"), b"password"),
        (basic(b"CS1:pass:word:"), b"pass:word:"),
        (basic(b"CS1:"), b""),
        (basic(b"CS1:\x00\xff"), b"\x00\xff"),
        (basic(b"CS1:password").replace("Basic ", "bASIC   "), b"password"),
    ],
)
def test_the_password_that_comes_with_the_identity(authorization: str, secret: bytes) -> None:
    assert credentials.password(request(authorization), "CS1") == secret


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "no_credentials"),
        ("", "no_credentials"),
        ("Bearer abc", "no_credentials"),
        ("Basic", "bad_credentials"),
        ("Basic Q1Mx!OnB3", "bad_credentials"),
        ("Basic Q1MxOnB", "bad_credentials"),
        ("Basic Q1MxOn\xfc", "bad_credentials"),
        (basic(b"CS1"), "bad_credentials"),
        (basic(b"CS2:password"), "wrong_user"),  # A00.FR.204
        (basic(b"cs1:password"), "wrong_user"),
        (basic(b":password"), "wrong_user"),
        (basic(b"CS1 :password"), "wrong_user"),
    ],
)
def test_credentials_that_are_none(authorization: str | None, code: str) -> None:
    with pytest.raises(Denied) as denied:
        credentials.password(request(authorization), "CS1")
    assert (denied.value.status, denied.value.code, denied.value.said) == (401, code, "Unauthorized.")


@pytest.mark.parametrize(
    ("given", "stored", "offer", "fits"),
    [
        (b"00aB", b"00aB", "ocpp2.0.1", True),
        (b"00aB", b"00ab", "ocpp2.0.1", False),
        (b"\x00\xab", b"00ab", "ocpp2.0.1", False),
        (b"\x00\xab", b"00ab", "ocpp1.6", True),
        (b"\x00\xab", b"00AB", "ocpp1.6", True),
        (b"\x00\xab", b"00AB", "OCPP1.6", True),
        (b"\x00\xab", b"00ab", "ocpp2.0.1, ocpp1.6", True),
        (b"00AB", b"00AB", "ocpp1.6", True),
        (b"\x00\xac", b"00ab", "ocpp1.6", False),
        (b"00ab", b"\x00\xab", "ocpp1.6", False),
        (b"", b"x", "ocpp1.6", False),
    ],
)
def test_text_in_2_and_the_bytes_of_a_hex_key_in_1_6(given: bytes, stored: bytes, offer: str, fits: bool) -> None:
    passwords = Passwords(b"k" * 32)
    kept = passwords.hash("CS1", stored)
    assert credentials.fits(passwords, request(offer=offer), "CS1", given, kept) is fits
    assert not credentials.fits(passwords, request(offer=offer), "CS2", given, kept)
    assert not credentials.fits(passwords, request(offer=offer), "CS1", given, None)


# ---------------------------------------------------------------------- certificates


class Vault:
    """A gateway that trusts its own CA, and for tenant 1 `theirs`; it is today."""

    def __init__(self, book: Playbook, local_ca: LocalCa, trusted: Trusted, theirs: Made) -> None:
        self.book, self.local_ca, self.trusted, self.theirs = book, local_ca, trusted, theirs
        self.station = station(security_profile=3, serial_number="SN1", allow_expired_certificate=0)

    async def own(self) -> bytes:
        """A certificate by the embedded CA, in DER."""
        request = csr(name("SN1")).public_bytes(Encoding.DER)
        issued = await self.local_ca.issue(order(request, common_name="SN1", organization="Ohmstead"))
        return from_pem(issued.chain)[0].public_bytes(Encoding.DER)

    async def keep(self, der: bytes, authority: x509.Certificate, tenant_id: int = 1, **fields: Any) -> None:
        """It is in the table, of this tenant's station of the same number."""
        one = describe(x509.load_der_x509_certificate(der))
        async with self.book.db.transaction() as tx:
            await certificates.add(
                tx, tenant_id, tenant_id, tenant_id, one, authority=key_sha256(authority), chain="", csr_sha256="",
                issued_by="x", now=NOW,
            )  # fmt: skip
            if fields:
                await tx.execute(Statement(update(table).where(table.c.id == tenant_id).values(**fields)))

    async def judge(self, der: bytes | None, **fields: Any) -> Shown:
        asked = request(certificate=der, tls=True)
        return await credentials.certificate(self.book.node, self.trusted, asked, replace(self.station, **fields))

    async def refusal(self, der: bytes | None, **fields: Any) -> str:
        with pytest.raises(Denied) as denied:
            await self.judge(der, **fields)
        assert (denied.value.status, denied.value.said) == (403, "Forbidden.")
        return denied.value.code


@pytest.fixture
async def vault(book: Playbook, tmp_path: Path) -> Vault:
    book.clock.at = NOW
    local_ca = open_ca(tmp_path / "pki", bytes(32), "Ohmstead", ["localhost"])
    trusted = Trusted(local_ca, ServerCertificates(Issued(local_ca, "Ohmstead", "")), book.db, rsa_key_exchange=True)
    theirs = ca("Theirs")
    await add_authority(book.db, 1, 1, theirs.pem)
    await trusted.load()
    return Vault(book, local_ca, trusted, theirs)


@pytest.mark.anyio
async def test_without_a_certificate_or_where_nobody_asks_for_one(vault: Vault) -> None:
    assert await vault.refusal(None) == "no_certificate"  # A00.FR.407
    shown = request(certificate=await vault.own(), tls=True)
    with pytest.raises(Denied, match="no client certificate"):
        await credentials.certificate(vault.book.node, None, shown, vault.station)


@pytest.mark.anyio
@pytest.mark.parametrize(("fields", "is_new"), [(None, True), ({}, True), ({"seen_at": NOW}, False)])
async def test_the_right_one_opens_the_door(vault: Vault, fields: dict[str, Any] | None, is_new: bool) -> None:
    own = await vault.own()
    if fields is not None:
        await vault.keep(own, vault.local_ca.issuing, **fields)
    shown = await vault.judge(own)
    assert (shown.accepted.authority, shown.accepted.renewal_only) == (vault.trusted.own_key, False)
    assert shown.accepted.certificate.common_names == ("SN1",)
    assert shown.is_new is is_new


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("der", "fields", "code"),
    [
        (b"no certificate", {}, "unreadable_certificate"),
        (certificate_of(None).der, {}, "untrusted_certificate"),
        (None, {"serial_number": "SN2"}, "wrong_common_name"),
        (None, {"certificate_cn": "identity"}, "wrong_common_name"),
        (None, {"tenant_id": 2}, "untrusted_certificate"),
    ],
)
async def test_another_one_does_not(vault: Vault, der: bytes | None, fields: dict[str, Any], code: str) -> None:
    assert await vault.refusal(der or certificate_of(vault.theirs).der, **fields) == code


@pytest.mark.anyio
async def test_an_expired_one_opens_it_as_long_as_that_is_allowed(vault: Vault) -> None:  # A00.FR.429
    expired = certificate_of(vault.theirs, begins=NOW - 9 * DAY, ends=NOW - 2 * DAY).der
    assert await vault.refusal(expired) == "expired_certificate"
    assert await vault.refusal(expired, allow_expired_certificate=1) == "expired_certificate"
    shown = await vault.judge(expired, allow_expired_certificate=3)
    assert shown.accepted.renewal_only
    vault.book.clock.advance(86_400 * 2)
    assert await vault.refusal(expired, allow_expired_certificate=3) == "expired_certificate"


@pytest.mark.anyio
async def test_under_a_former_key_only_what_is_known_counts(vault: Vault) -> None:
    """Whoever stole the key of an issuing CA can sign with it what is in no book of ours."""
    own = await vault.own()
    vault.trusted.former_keys = frozenset({key_sha256(vault.local_ca.issuing)})
    assert await vault.refusal(own) == "unknown_certificate"
    await vault.keep(own, vault.local_ca.issuing)
    assert (await vault.judge(own)).accepted.certificate.common_names == ("SN1",)


@pytest.mark.anyio
@pytest.mark.parametrize("by_us", [True, False])
async def test_one_that_was_revoked(vault: Vault, by_us: bool) -> None:
    der = await vault.own() if by_us else certificate_of(vault.theirs).der
    authority = vault.local_ca.issuing if by_us else vault.theirs.x509
    await vault.judge(der)
    await vault.keep(der, authority, seen_at=NOW, revoked_at=NOW)
    assert await vault.refusal(der) == "revoked_certificate"


@pytest.mark.anyio
async def test_a_serial_number_of_another_authority_is_another_certificate(vault: Vault) -> None:
    own = await vault.own()
    await vault.keep(own, vault.theirs.x509, seen_at=NOW, revoked_at=NOW)
    assert (await vault.judge(own)).is_new


@pytest.mark.anyio
async def test_what_we_issued_for_another_tenant(vault: Vault) -> None:
    own, theirs = await vault.own(), certificate_of(vault.theirs).der
    await vault.keep(own, vault.local_ca.issuing, tenant_id=2, seen_at=NOW)
    assert await vault.refusal(own) == "foreign_certificate"
    await vault.keep(theirs, vault.theirs.x509, tenant_id=3, seen_at=NOW, revoked_at=NOW)
    assert (await vault.judge(theirs)).is_new  # two tenants may trust one authority, and each revokes for itself
