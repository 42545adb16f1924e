"""L06: OCSP answers for a station to staple. The responder is openssl's, and openssl judges what the station gets."""

from __future__ import annotations

import base64
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.settings import Pki
from tests.acceptance.serving import Csms, serving
from tests.pki.answering import responder
from tests.pki.making import ca, station

pytestmark = pytest.mark.anyio
CA = ca("Foreign Sub-CA")
GOOD, REVOKED = station(CA, "SECC1"), station(CA, "SECC2")


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    pki = Pki(ocsp_allow_private=("127.0.0.0/8",))
    async with serving(tmp_path_factory.mktemp("data"), more={"pki": pki}) as one:
        yield one


@pytest.fixture(scope="module")
def openssl_responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its URL."""
    folder, by = tmp_path_factory.mktemp("ocsp"), responder(CA)
    rows = [("V", "", GOOD), ("R", "251101000000Z", REVOKED)]
    text = "".join(f"{s}\t491231235959Z\t{at}\t{one.x509.serial_number:040X}\tunknown\t/CN=x\n" for s, at, one in rows)
    for name, content in {"ca": CA.pem, "by": by.pem, "key": by.key_pem, "index": text}.items():
        (folder / name).write_text(content)
    command = "openssl ocsp -index index -CA ca -rsigner by -rkey key -port 0 -nmin 60".split()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        line = ""
        while "ACCEPT" not in line:
            line = process.stdout.readline()
            assert line, "openssl ocsp did not start"
        yield f"http://127.0.0.1:{re.findall(r':([0-9]+)', line)[-1]}/"
        process.kill()


def hash_data(leaf: str, issuer: str, folder: Path) -> dict[str, Any]:
    """Of a certificate (both PEM), as openssl says it."""
    (folder / "ca").write_text(issuer)
    (folder / "leaf").write_text(leaf)
    command = "openssl ocsp -sha256 -issuer ca -cert leaf -req_text -no_nonce".split()
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=20).stdout
    name, key, serial = re.findall(r"(?:Name Hash|Key Hash|Serial Number): *\n? *([0-9A-F]+)", text)
    return {"hashAlgorithm": "SHA256", "issuerNameHash": name, "issuerKeyHash": key, "serialNumber": serial}


def judged(answer: str, folder: Path) -> str:
    """What openssl makes of an answer about the `leaf` in this folder."""
    (folder / "answer").write_bytes(base64.b64decode(answer))
    command = "openssl ocsp -sha256 -issuer ca -cert leaf -respin answer -CAfile ca -partial_chain -no_nonce".split()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


async def test_a_station_gets_what_it_can_staple(
    csms: Csms, known: str, openssl_responder: str, tmp_path: Path
) -> None:
    async with csms.station(known) as station:
        for one, state in ((GOOD, "good"), (REVOKED, "revoked")):
            asked = hash_data(one.pem, CA.pem, tmp_path) | {"responderURL": openssl_responder}
            told = await station.call("GetCertificateStatus", {"ocspRequestData": asked})
            assert told["status"] == "Accepted"
            shown = judged(told["ocspResult"], tmp_path)
            assert "Response verify OK" in shown
            assert f"leaf: {state}" in shown


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/"])
async def test_no_answer_is_failed_at_once(csms: Csms, known: str, url: str, tmp_path: Path) -> None:
    async with csms.station(known) as station:
        asked, began = hash_data(GOOD.pem, CA.pem, tmp_path) | {"responderURL": url}, time.monotonic()
        told = await station.call("GetCertificateStatus", {"ocspRequestData": asked})
        assert (told["status"], "ocspResult" in told) == ("Failed", False)
        assert time.monotonic() - began < 3.5


async def test_a_chain_is_believed_once_its_authority_is_known(
    csms: Csms, known: str, openssl_responder: str, tmp_path: Path
) -> None:
    await csms.post("certificate-authorities", {"name": "Foreign", "certificate": CA.pem, "uses": ["v2g"]})
    asked = [
        {"certificateHashData": hash_data(one.pem, CA.pem, tmp_path), "source": "OCSP", "urls": [openssl_responder]}
        for one in (GOOD, REVOKED)
    ]
    async with csms.station(known, "2.1") as station:
        told = await station.call("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    assert [one["status"] for one in told["certificateStatus"]] == ["Good", "Revoked"]


async def test_our_own_certificates_are_answered_without_a_call(csms: Csms, tmp_path: Path) -> None:
    await csms.add_station("OWN", serial_number="SN-OWN")
    made = await csms.post("stations/OWN/certificates", {"generate_key": True})
    leaf, issuer = re.findall(r"-----BEGIN.+?-----END CERTIFICATE-----\n", made["certificate"], re.S)
    asked = hash_data(leaf, issuer, tmp_path) | {"responderURL": "http://169.254.169.254/"}
    async with csms.station("OWN") as station:
        for state in ("good", "revoked"):
            told = await station.call("GetCertificateStatus", {"ocspRequestData": asked})
            shown = judged(told["ocspResult"], tmp_path)
            assert "Response verify OK" in shown
            assert f"leaf: {state}" in shown
            await csms.post(f"certificates/{made['id']}/revoke", {"reason": "key_compromise"})
