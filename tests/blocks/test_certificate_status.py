"""GetCertificateStatus and GetCertificateChainStatus (the acceptance test asks a responder of openssl's)."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from ohmstead import runtime
from ohmstead.pki.certificate import describe
from ohmstead.pki.inquiry import Inquiry
from ohmstead.pki.status import hash_data
from ohmstead.settings import Pki
from ohmstead.store.resources import certificates
from tests.blocks.staging import SQLITE, Stage
from tests.pki.answering import REVOKED, answer, crl, http
from tests.pki.making import Made, ca, station

pytestmark = [pytest.mark.anyio, SQLITE]
ROOT = ca("Root")
SUB = ca("Sub", ROOT)
LEAF = station(SUB)
OCSP, CRL, DOWN = "http://127.0.0.1/ocsp", "http://127.0.0.1/crl", "http://127.0.0.1/down"


def said(one: Made, **more: str) -> dict[str, str]:
    assert one.issuer is not None
    hashed = hash_data(one.x509, one.issuer.x509)
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": hashed.issuer_name_hash.upper(),
        "issuerKeyHash": hashed.issuer_key_hash,
        "serialNumber": hashed.serial_number.upper(),
        **more,
    }


@pytest.fixture
async def asking(stage: Stage, clock: runtime.FakeClock) -> Stage:
    async def others(request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/ocsp":
                return http(200, answer(LEAF, REVOKED))
            case "/crl":
                return http(200, crl(ROOT))
        return http(503)

    clock.at = runtime.Clock().now()
    client = httpx.AsyncClient(transport=httpx.MockTransport(others))
    stage.inquiry = Inquiry(Pki(ocsp_allow_private=("127.0.0.1",)), stage.db, (), client)
    return stage


async def status(stage: Stage, one: Made, url: str, version: str = "2.0.1") -> Any:
    return await stage.say("GetCertificateStatus", {"ocspRequestData": said(one, responderURL=url)}, version)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_the_answer_of_the_responder_goes_out(asking: Stage, version: str) -> None:
    told = await status(asking, LEAF, OCSP, version)
    assert told["status"] == "Accepted"
    assert base64.b64decode(told["ocspResult"]).startswith(b"\x30")


@pytest.mark.parametrize("url", [DOWN, CRL, "http://10.1.2.3/", "https://169.254.169.254/ocsp"])
async def test_what_is_no_answer(asking: Stage, url: str) -> None:
    told = await status(asking, LEAF, url)
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Failed", "NoOcspAnswer")
    assert "ocspResult" not in told


async def test_a_chain(asking: Stage) -> None:
    async def chain() -> list[tuple[str, str]]:
        asked = [
            {"certificateHashData": said(LEAF), "source": "OCSP", "urls": [DOWN, OCSP]},
            {"certificateHashData": said(SUB), "source": "CRL", "urls": [CRL]},
            {"certificateHashData": said(SUB), "source": "OCSP", "urls": [OCSP]},
        ]
        told = await asking.say("GetCertificateChainStatus", {"certificateStatusRequests": asked}, "2.1")
        return [(one["source"], one["status"]) for one in told["certificateStatus"]]

    # nobody here knows their authorities: what they say cannot be verified
    assert await chain() == [("OCSP", "Failed"), ("CRL", "Failed"), ("OCSP", "Failed")]
    await trust(asking, SUB, ROOT)
    assert await chain() == [("OCSP", "Revoked"), ("CRL", "Good"), ("OCSP", "Failed")]


async def trust(stage: Stage, *authorities: Made) -> None:
    async with stage.db.transaction() as tx:
        for number, one in enumerate(authorities, 50):
            await certificates.add_authority(
                tx, 1, number, describe(one.x509), name=f"CA {number}", pem=one.pem, uses=["oem"], now=runtime.now()
            )
