"""A station whose certificates come from a CA that nobody here wrote: the real cfssl, to the TLS handshake."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead.issuer_settings import IssuerSettings
from tests.acceptance.serving import Csms, serving
from tests.acceptance.test_certificates import TLS, Device, key, signed
from tests.pki import making
from tests.pki.external import servers

pytestmark = pytest.mark.anyio


class Plain(Device):
    """Its requests ask for nothing beside a name: cfssl refuses those that ask to be a CA."""

    def csr(self, own: Any = None) -> str:
        request = making.csr(making.name(f"SN-{self.identity}", "Ohmstead"), own or self.own)
        return request.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    if not servers.has_cfssl():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("cfssl is not installed (Debian: golang-cfssl)")
    with servers.cfssl(tmp_path_factory.mktemp("cfssl")) as url:
        issuer = IssuerSettings(kind="cfssl", url=url)
        async with serving(tmp_path_factory.mktemp("data"), gateway=TLS, more={"issuer": issuer}) as one:
            yield one


async def test_from_an_external_ca_to_the_handshake(csms: Csms, tmp_path: Path) -> None:
    device = Plain(csms, tmp_path, "EXT1")
    await csms.post("stations", {"id": "EXT1", "security_profile": 3, "serial_number": "SN-EXT1"})
    refused = await csms.api.post("stations/EXT1/certificates", json={"csr": device.csr()})
    assert refused.status_code == 409
    assert "is not trusted here" in refused.json()["detail"]
    await csms.post(
        "certificate-authorities", {"name": "Foreign", "certificate": servers.ROOT.pem, "uses": ["station"]}
    )
    device.chain = (await csms.post("stations/EXT1/certificates", {"csr": device.csr()}))["certificate"]
    await csms.until(lambda: csms.get("certificate-authorities"), lambda page: len(page["data"]) == 2)
    fresh = key()
    async with device.connected() as station:
        assert await station.call("SignCertificate", {"csr": device.csr(fresh)}) == {"status": "Accepted"}
        payload = await signed(station)
        await device.in_states("installed", "seen")
    leaf, above = x509.load_pem_x509_certificates(payload["certificateChain"].encode())
    assert (leaf.public_key(), above) == (fresh.public_key(), servers.SUB.x509)
    device.own, device.chain = fresh, payload["certificateChain"]
    async with device.connected() as station:
        await station.call("Heartbeat", {})
        await device.in_states("seen", "retired")
    await csms.post("stations/EXT1/certificates/revoke", {"reason": "key_compromise"})
    told = await csms.until(lambda: csms.get("certificates?station_id=EXT1&state=revoked"), _all_told)
    assert [one["passed_on"]["state"] for one in told["data"]] == ["done"] * len(told["data"])


def _all_told(page: Any) -> bool:
    return len(page["data"]) > 0 and all(one["passed_on"]["state"] != "waiting" for one in page["data"])
