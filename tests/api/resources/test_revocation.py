"""CRL and OCSP over HTTP; `openssl` is the judge."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ohmstead.pki.certificate import to_pem
from ohmstead.pki.local_ca import BrokenCa, open_ca, renew_issuing
from tests.pki.conftest import SERVER_KEY

pytestmark = pytest.mark.anyio
ASKS = {"content-type": "application/ocsp-request"}


def openssl(*arguments: object) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


async def test_openssl_believes_both(client: Any, context: Any, tmp_path: Path) -> None:
    await client.post("stations", json={"id": "CS1", "security_profile": 3, "serial_number": "SN1"})
    made = [(await client.post("stations/CS1/certificates", json={"generate_key": True})).json() for _ in range(2)]
    await client.post(f"certificates/{made[0]['id']}/revoke", json={"reason": "key_compromise"})
    root, issuing = tmp_path / "ca.pem", tmp_path / "issuing.pem"
    root.write_text(to_pem([context.ca.root]))
    issuing.write_text(to_pem([context.ca.issuing]))
    answer = await client.get("pki/crl/embedded")
    assert answer.headers["content-type"] == "application/pkix-crl"
    (tmp_path / "crl").write_bytes(answer.content)
    shown = openssl("crl", "-inform", "DER", "-in", tmp_path / "crl", "-CAfile", issuing, "-noout", "-text")
    assert "verify OK" in shown
    assert "Key Compromise" in shown
    assert f"Serial Number: {made[0]['serial_number'].upper()}" in shown.replace(": 0", ": ")
    for one, status in zip(made, ("revoked", "good"), strict=True):
        (tmp_path / "leaf.pem").write_text(one["certificate"])
        about = ("ocsp", "-issuer", issuing, "-cert", tmp_path / "leaf.pem")
        openssl(*about, "-reqout", tmp_path / "request")
        body = (tmp_path / "request").read_bytes()
        said = await client.post(
            "pki/ocsp/embedded", content=body, headers={"content-type": "application/ocsp-request"}
        )
        assert said.headers["content-type"] == "application/ocsp-response"
        (tmp_path / "answer").write_bytes(said.content)
        judged = openssl(
            *about, "-no_nonce", "-respin", tmp_path / "answer", "-CAfile", root, "-verify_other", issuing,
        )  # fmt: skip
        assert "Response verify OK" in judged
        assert f"leaf.pem: {status}" in judged


async def test_openssl_finds_its_part(client: Any, context: Any, tmp_path: Path) -> None:
    """A certificate names the sixteenth of the CRL that would list it, and `openssl` reads no more than that."""
    folder, lists = tmp_path / "named", context.settings.crl_url
    ca = open_ca(folder, SERVER_KEY, "Ohmstead", (), lists)
    object.__setattr__(context, "ca", ca)
    object.__setattr__(context, "issuers", {**context.issuers, "charging_station": ca})
    await client.post("stations", json={"id": "CS1", "security_profile": 3, "serial_number": "SN1"})
    made = [(await client.post("stations/CS1/certificates", json={"generate_key": True})).json() for _ in range(2)]
    await client.post(f"certificates/{made[0]['id']}/revoke", json={"reason": "superseded"})
    (tmp_path / "ca.pem").write_text(to_pem([ca.root, ca.issuing]))
    for one, judged in zip(made, ("certificate revoked", "leaf.pem: OK"), strict=True):
        (tmp_path / "leaf.pem").write_text(one["certificate"])
        shown = openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-ext", "crlDistributionPoints")
        url = shown.partition("URI:")[2].strip()
        assert url.startswith(f"{lists}/embedded-{ca.issuing.serial_number:x}/")
        answer = await client.get(url.partition("/api/v1/")[2])
        (tmp_path / "part").write_bytes(answer.content)
        assert "verify OK" in openssl(
            "crl", "-inform", "DER", "-in", tmp_path / "part", "-CAfile", tmp_path / "ca.pem", "-out", tmp_path / "crl"
        )
        about = ("-crl_check", "-CAfile", tmp_path / "ca.pem", "-CRLfile", tmp_path / "crl", tmp_path / "leaf.pem")
        assert judged in openssl("verify", "-extended_crl", "-x509_strict", *about)
    other = "0" if url[-1] != "0" else "1"
    listed = await client.get(f"pki/crl/embedded/{other}")
    assert (listed.status_code, listed.content != answer.content) == (200, True)
    for wrong in ("embedded/g", "embedded/00", "nobody/0"):
        assert (await client.get(f"pki/crl/{wrong}")).status_code == 404


def serve_with(context: Any, folder: Path) -> None:
    """As after a restart with this CA."""
    object.__setattr__(context, "ca", open_ca(folder, SERVER_KEY, "Ohmstead", ()))
    object.__setattr__(context, "issuers", {**context.issuers, "charging_station": context.ca})


async def test_openssl_believes_the_issuing_ca_of_before(client: Any, context: Any, tmp_path: Path) -> None:
    """Two rollovers: whoever issued a certificate goes on to say how it stands."""
    folder, made, issuers = tmp_path / "authority", [], []
    for number in range(3):
        serve_with(context, folder)
        await client.post("stations", json={"id": f"CS{number}", "security_profile": 3, "serial_number": f"SN{number}"})
        made += [(await client.post(f"stations/CS{number}/certificates", json={"generate_key": True})).json()]
        issuers += [context.ca.issuing]
        if number < 2:
            renew_issuing(folder, SERVER_KEY, "Ohmstead")
    root, issuing = tmp_path / "ca.pem", tmp_path / "issuing.pem"
    root.write_text(to_pem([context.ca.root]))
    await client.post(f"certificates/{made[0]['id']}/revoke", json={"reason": "superseded"})
    for one, issuer, status in zip(made, issuers, ("revoked", "good", "good"), strict=True):
        issuing.write_text(to_pem([issuer]))
        (tmp_path / "leaf.pem").write_text(one["certificate"])
        about = ("ocsp", "-issuer", issuing, "-cert", tmp_path / "leaf.pem")
        openssl(*about, "-reqout", tmp_path / "request")
        said = await client.post("pki/ocsp/embedded", content=(tmp_path / "request").read_bytes(), headers=ASKS)
        (tmp_path / "answer").write_bytes(said.content)
        judged = openssl(*about, "-no_nonce", "-respin", tmp_path / "answer", "-CAfile", root, "-verify_other", issuing)
        assert "Response verify OK" in judged
        assert f"leaf.pem: {status}" in judged
        name = "embedded" if issuer == context.ca.issuing else f"embedded-{issuer.serial_number:x}"
        (tmp_path / "crl").write_bytes((await client.get(f"pki/crl/{name}")).content)
        shown = openssl("crl", "-inform", "DER", "-in", tmp_path / "crl", "-CAfile", issuing, "-noout", "-text")
        assert "verify OK" in shown
        assert ("Superseded" in shown) == (status == "revoked")
    lost, other = (folder / f"former-{one.serial_number:x}.key" for one in issuers[:2])
    lost.write_bytes(other.read_bytes())
    with pytest.raises(BrokenCa, match="is not the key of former-"):
        open_ca(folder, SERVER_KEY, "Ohmstead", ())
    lost.unlink()
    serve_with(context, folder)
    assert len(context.ca.former) == 2
    assert (await client.get(f"pki/crl/embedded-{issuers[0].serial_number:x}")).status_code == 404


async def test_what_is_not_ours(client: Any) -> None:
    assert (await client.get("pki/crl/other")).status_code == 404
    said = await client.post("pki/ocsp/embedded", content=b"garbage", headers=ASKS)
    assert said.content == bytes.fromhex("30030a0106")  # unauthorized
