"""The real `cfssl serve` signs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import from_pem, key_sha256
from ohmstead.pki.external.cfssl import Cfssl
from ohmstead.pki.external.line import Line, UnusableIssuer
from ohmstead.pki.issuer import CannotIssue, IssuerDown, ToRevoke
from tests.pki.external.servers import KEY, SUB, as_json, order, served

pytestmark = pytest.mark.anyio


def issuer(url: str, **more: str) -> Cfssl:
    settings = IssuerSettings(kind="cfssl", url=url, **more)  # type: ignore[arg-type]
    return Cfssl(settings, Line(settings))


@pytest.mark.parametrize("more", [{}, {"profile": "keyed", "secret": KEY}])
async def test_the_real_one_signs(cfssl_url: str, more: dict[str, str]) -> None:
    one, asked = issuer(cfssl_url, **more), order()
    issued = await one.issue(asked)
    leaf, above = from_pem(issued.chain)
    assert (leaf.public_key(), above) == (asked.public_key, SUB.x509)
    assert (issued.certificate.common_names, issued.certificate.organizations) == (("SN1",), ("Ohmstead",))
    assert (issued.authority, issued.issued_by) == (key_sha256(SUB.x509), "cfssl")
    await one.close()


async def test_the_real_one_revokes(cfssl_url: str, cfssl_folder: Path) -> None:
    one = issuer(cfssl_url)
    issued = await one.issue(order())
    serial = issued.certificate.serial_number
    for _ in range(2):  # told twice, revoked once
        await one.revoke(ToRevoke(serial, issued.chain, "key_compromise"))
    with closing(sqlite3.connect(cfssl_folder / "certs.db")) as db:
        query = "SELECT status, reason FROM certificates WHERE serial_number = ?"
        assert db.execute(query, [str(int(serial, 16))]).fetchall() == [("revoked", 1)]
    with pytest.raises(CannotIssue, match="not found"):
        await one.revoke(ToRevoke("ab", issued.chain, "unspecified"))
    await one.close()


async def test_the_real_one_refuses_a_wrong_key(cfssl_url: str) -> None:
    for more in ({"profile": "keyed"}, {"profile": "keyed", "secret": "00" * 16}):
        one = issuer(cfssl_url, **more)
        with pytest.raises((CannotIssue, IssuerDown)):
            await one.issue(order())
        await one.close()
    with pytest.raises(UnusableIssuer, match="hex"):
        issuer(cfssl_url, secret="not hex")


async def test_what_it_says_about_a_refusal() -> None:
    said = {"success": False, "result": None, "errors": [{"code": 1000, "message": "no such profile"}]}
    with served(lambda asked: (200, as_json(said))) as url:
        one = issuer(url)
        with pytest.raises(CannotIssue, match="no such profile"):
            await one.issue(order())
        await one.close()
