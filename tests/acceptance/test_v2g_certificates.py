"""A station gets the certificate that vehicles are shown, and the OCSP answer that it staples; openssl is the judge."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead.issuer_settings import V2gIssuerSettings
from tests.acceptance.serving import Csms, serving
from tests.acceptance.test_certificate_status import hash_data, judged
from tests.acceptance.test_certificates import csr, key, signed

pytestmark = pytest.mark.anyio


def openssl(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    embedded = V2gIssuerSettings(kind="embedded")
    async with serving(tmp_path_factory.mktemp("data"), more={"v2g_issuer": embedded}) as one:
        yield one


async def test_from_a_request_to_what_is_stapled(csms: Csms, tmp_path: Path) -> None:
    await csms.add_station("SECC", serial_number="SN-SECC")
    async with csms.station("SECC", "2.1") as station:
        words = {"certificateType": "V2GCertificate", "requestId": 5}
        assert await station.call("SignCertificate", {"csr": csr(key(), "SN-SECC"), **words}) == {"status": "Accepted"}
        payload = await signed(station)
        chain = payload.pop("certificateChain")
        assert payload == words
        root = Path(csms.server.settings.data_dir) / "pki" / "plugcharge" / "v2g-root.pem"
        leaf, *above = (
            one.public_bytes(Encoding.PEM).decode() for one in x509.load_pem_x509_certificates(chain.encode())
        )
        (tmp_path / "leaf.pem").write_text(leaf)
        (tmp_path / "above.pem").write_text("".join(above))
        verified = openssl(
            tmp_path, "verify", "-x509_strict", "-CAfile", str(root), "-untrusted", "above.pem", "leaf.pem"
        )
        assert verified == "leaf.pem: OK\n"
        (made,) = (await csms.get("certificates", station_id="SECC"))["data"]
        assert made["use"] == "v2g"
        url = openssl(tmp_path, "x509", "-in", "leaf.pem", "-noout", "-ocsp_uri").strip()
        asked = hash_data(leaf, above[0], tmp_path) | {"responderURL": url}
        for state in ("good", "revoked"):
            told = await station.call("GetCertificateStatus", {"ocspRequestData": asked})
            shown = judged(told["ocspResult"], tmp_path)
            assert "Response verify OK" in shown
            assert f"leaf: {state}" in shown
            await csms.post(f"certificates/{made['id']}/revoke", {"reason": "superseded"})
    crl = await csms.api.get("pki/crl/embedded_v2g")
    (tmp_path / "issuing.pem").write_text(above[0])
    (tmp_path / "crl").write_bytes(crl.content)
    shown = openssl(tmp_path, *"crl -inform DER -in crl -CAfile issuing.pem -noout -text".split())
    assert "verify OK" in shown
    assert "Superseded" in shown


async def test_a_station_of_1_6_gets_one_inside_of_data_transfer(csms: Csms) -> None:
    """Of the dialect has2be: our first try is answered UnknownVendorId, and the second one fits."""
    await csms.add_station("OLD", serial_number="SN-OLD")
    async with csms.station("OLD", "1.6") as station:
        data = json.dumps({"csr": csr(key(), "SN-OLD"), "typeOfCertificate": "V2GCertificate"})
        answer = await station.call(
            "DataTransfer", {"vendorId": "iso15118", "messageId": "SignCertificate", "data": data}
        )
        assert answer == {"status": "Accepted", "data": '{"status":"Accepted"}'}
        first = await station.next_call()
        assert first[2:4] == ["DataTransfer", first[3]]
        assert first[3]["vendorId"] == "org.openchargealliance.iso15118pnc"
        await station.answer(first, {"status": "UnknownVendorId"})
        second = await station.next_call()
        assert (second[3]["vendorId"], second[3]["messageId"]) == ("iso15118", "CertificateSigned")
        leaf = x509.load_der_x509_certificate(first_of(bytes.fromhex(json.loads(second[3]["data"])["cert"])))
        await station.answer(second, {"status": "Accepted", "data": '{"status":"Accepted"}'})
        one = await csms.until(lambda: made_for(csms, "OLD"), lambda seen: seen["state"] == "installed")
        assert int(one["serial_number"], 16) == leaf.serial_number


async def made_for(csms: Csms, station: str) -> Any:
    (one,) = (await csms.get("certificates", station_id=station))["data"]
    return one


def first_of(ders: bytes) -> bytes:
    return ders[: 4 + int.from_bytes(ders[2:4], "big")]
