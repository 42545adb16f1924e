"""Certificates, by a station that nobody here wrote: its own keys and requests, `ssl` and `websockets`, and `openssl`
as the judge."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from tests.acceptance.serving import SUBPROTOCOLS, Csms, Station, serving
from tests.pki import making

pytestmark = pytest.mark.anyio

TLS = {"tls_bind": "127.0.0.1:0"}


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path_factory.mktemp("certificates"), gateway=TLS) as one:
        yield one


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def csr(own: Any, name: str, organization: str = "Ohmstead") -> str:
    subject = [
        x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)
    ]  # fmt: skip
    wants = x509.BasicConstraints(ca=True, path_length=None)  # what it asks for beside its name is not given
    builder = x509.CertificateSigningRequestBuilder(x509.Name(subject)).add_extension(wants, critical=True)
    return builder.sign(own, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


class Device:
    """A station with its files."""

    def __init__(self, csms: Csms, folder: Path, identity: str) -> None:
        self.csms, self.folder, self.identity = csms, folder, identity
        self.own, self.chain = key(), ""

    async def registered(self, **fields: Any) -> None:
        """At profile 3, with a certificate by the API from its own request."""
        body = {"id": self.identity, "security_profile": 3, "serial_number": f"SN-{self.identity}", **fields}
        await self.csms.post("stations", body)
        made = await self.csms.post(f"stations/{self.identity}/certificates", {"csr": self.csr()})
        self.chain = made["certificate"]

    def csr(self, own: Any = None) -> str:
        return csr(own or self.own, f"SN-{self.identity}")

    def context(self) -> ssl.SSLContext:
        root = Path(self.csms.server.settings.data_dir) / "pki" / "ca.pem"
        context = ssl.create_default_context(cafile=str(root))
        pem = self.own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        file = self.folder / f"{self.identity}.pem"
        file.write_text(pem + self.chain)
        context.load_cert_chain(file)
        return context

    @asynccontextmanager
    async def connected(self, version: str = "2.0.1", *, boot: bool = True) -> AsyncIterator[Station]:
        url = f"wss://localhost:{self.csms.server.ports['tls']}/ocpp/{self.identity}"
        protocol = websockets.Subprotocol(SUBPROTOCOLS[version])
        async with websockets.connect(url, ssl=self.context(), subprotocols=[protocol], max_size=None) as socket:
            station = Station(socket)
            if boot:
                told = {"model": "M", "vendorName": "V", "serialNumber": f"SN-{self.identity}"}
                old = {
                    "chargePointModel": "M",
                    "chargePointVendor": "V",
                    "chargePointSerialNumber": told["serialNumber"],
                }
                words = old if version == "1.6" else {"reason": "PowerUp", "chargingStation": told}
                assert (await station.call("BootNotification", words))["status"] == "Accepted"
            yield station

    async def certificates(self) -> list[dict[str, Any]]:
        """Newest first."""
        found: list[dict[str, Any]] = (await self.csms.get("certificates", station_id=self.identity))["data"]
        return found

    async def in_states(self, *states: str) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = await self.csms.until(
            self.certificates, lambda found: tuple(one["state"] for one in found) == states
        )
        return seen


@pytest.fixture
async def device(csms: Csms, tmp_path: Path, request: pytest.FixtureRequest) -> Device:
    device = Device(csms, tmp_path, f"PKI{abs(hash(request.node.name)) % 10**9}")
    await device.registered()
    return device


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def public(own: Any) -> bytes:
    der: bytes = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def of_certificate(payload: dict[str, Any]) -> bytes:
    """The key in the first certificate of a CertificateSigned."""
    leaf = x509.load_pem_x509_certificates(payload["certificateChain"].encode())[0]
    return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


async def signed(station: Station, answer: str = "Accepted") -> dict[str, Any]:
    """The CertificateSigned that comes, answered."""
    call = await station.next_call()
    assert call[2] == "CertificateSigned", call
    await station.answer(call, {"status": answer})
    payload: dict[str, Any] = call[3]
    return payload


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_station_renews_end_to_end(csms: Csms, device: Device, tmp_path: Path, version: str) -> None:
    """S23, TC_A_11: a new key, the new certificate, the reconnect; the old one is refused from then on."""
    fresh = key()
    words: dict[str, Any] = {"csr": device.csr(fresh)}
    if version != "1.6":
        words["certificateType"] = "ChargingStationCertificate"
    if version == "2.1":
        words["requestId"] = 77  # S25
    async with device.connected(version) as station:
        assert await station.call("SignCertificate", words) == {"status": "Accepted"}
        payload = await signed(station)
        chain = payload.pop("certificateChain")
        assert payload == {name: value for name, value in words.items() if name != "csr"}
        await device.in_states("installed", "seen")
        leaf, *above = x509.load_pem_x509_certificates(chain.encode())
        assert public(fresh) == leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert all(one.subject != one.issuer for one in above)
        root = Path(csms.server.settings.data_dir) / "pki" / "ca.pem"
        (tmp_path / "leaf.pem").write_text(chain)
        (tmp_path / "above.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in above))
        openssl("verify", "-x509_strict", "-CAfile", root, "-untrusted", tmp_path / "above.pem", tmp_path / "leaf.pem")
    before = (device.own, device.chain)
    async with device.connected(version):  # until it comes with the new one, the old one is good
        pass
    device.own, device.chain = fresh, chain
    async with device.connected(version, boot=False) as station:  # seen, but it has said nothing yet
        await device.in_states("seen", "seen")
        await station.call("Heartbeat", {})
        await device.in_states("seen", "retired")
    device.own, device.chain = before
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with device.connected(version):
            pass
    assert refused.value.response.status_code == 403
    await csms.until(
        lambda: csms.get("refusals", station_id=device.identity),
        lambda page: [one["code"] for one in page["data"]] == ["retired_certificate"],
    )
    told = [one for one in await csms.feed("certificate") if one["data"]["station_id"] == device.identity]
    kinds = [one["type"].removeprefix("ohmstead.certificate.") for one in told]
    assert kinds == ["issued", "seen", "issued", "installed", "seen"]


async def test_a_local_controller_connects_for_its_stations(csms: Csms, device: Device, tmp_path: Path) -> None:
    """With its own certificate; theirs are left alone, and all of them go when it is revoked."""
    behind = Device(csms, tmp_path, f"{device.identity}B")
    await behind.registered()
    own, behind.own, behind.chain = behind.certificates, device.own, device.chain
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with behind.connected():
            pass
    changed = await csms.api.patch(f"stations/{behind.identity}", json={"gateway_cn": f"SN-{device.identity}"})
    assert changed.json()["gateway_cn"] == f"SN-{device.identity}"
    async with behind.connected() as station, device.connected() as controller:
        assert await station.call("Heartbeat", {})
        assert [one["state"] for one in await own()] == ["issued"]
        (shown,) = await device.in_states("seen")
        await csms.post(f"certificates/{shown['id']}/revoke", {"reason": "key_compromise"})
        for one in (station, controller):
            await one.socket.wait_closed()
            assert one.socket.close_reason == "its certificate was revoked"
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with behind.connected():
            pass


async def test_a_certificate_that_nobody_here_issued(csms: Csms, device: Device, tmp_path: Path) -> None:
    """By an authority that is trusted: it opens the door, and somebody should look."""
    other = making.ca(f"Other {device.identity}")
    body = {"name": "Other", "certificate": other.pem, "uses": ["station"]}
    await csms.post("certificate-authorities", body)
    strange = making.station(other, f"SN-{device.identity}")

    async def alerts() -> list[str]:
        return [one["code"] for one in (await csms.get("alerts", station_id=device.identity))["data"]]

    async with device.connected():
        assert await alerts() == []
    device.own, device.chain = strange.key, strange.pem
    await csms.until(lambda: _comes_in(device), bool)
    assert await csms.until(alerts, bool) == ["certificate_unexpected"]


async def _comes_in(device: Device) -> bool:
    try:
        async with device.connected():
            return True
    except (websockets.InvalidStatus, OSError):  # the authority is not read yet
        return False


async def test_an_operator_renews(csms: Csms, device: Device) -> None:
    """S23: the trigger comes at once, and the rest follows from it."""
    async with device.connected() as station:
        (before,) = await device.certificates()
        asked = await csms.post(f"certificates/{before['id']}/renew", {})
        assert asked["renewal"]["state"] == "asked"
        call = await station.next_call()
        assert call[2:] == ["TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}]
        await station.answer(call, {"status": "Accepted"})
        fresh = key()
        words = {"csr": device.csr(fresh), "certificateType": "ChargingStationCertificate"}
        assert (await station.call("SignCertificate", words))["status"] == "Accepted"
        payload = await signed(station)
        await device.in_states("installed", "seen")
    device.own, device.chain = fresh, payload["certificateChain"]
    async with device.connected():
        await device.in_states("seen", "retired")


async def test_requests_that_are_not_signed(device: Device) -> None:
    """S24: another's name, a weak key, a signature that is not its own, garbage."""
    good = device.csr(key())
    broken = "".join(
        line if number != 3 else line[:10] + ("A" if line[10] != "A" else "B") + line[11:]
        for number, line in enumerate(good.splitlines(keepends=True))
    )
    weak = csr(rsa.generate_private_key(65537, 1024), f"SN-{device.identity}")
    async with device.connected() as station:
        for bad in (csr(key(), "SN-OTHER"), csr(key(), f"SN-{device.identity}", "Other"), weak, broken, "garbage"):
            answer = await station.call("SignCertificate", {"csr": bad})
            assert answer["status"] == "Rejected", bad
            assert answer["statusInfo"]["reasonCode"] == "InvalidCSR"
        await station.call("Heartbeat", {})
    assert len(await device.certificates()) == 1


async def test_the_same_request_gives_the_same_certificate(device: Device) -> None:
    """Retries and doubled waits are absorbed; an omitted type is answered without one."""
    request = device.csr(key())
    forms = [request, request.replace("\n", "\r\n"), "".join(request.splitlines()[1:-1])]
    async with device.connected() as station:
        chains = []
        for form in forms:
            assert (await station.call("SignCertificate", {"csr": form}))["status"] == "Accepted"
            payload = await signed(station)
            assert payload.keys() == {"certificateChain"}
            chains.append(payload["certificateChain"])
    assert len(set(chains)) == 1
    assert len(await device.in_states("installed", "seen")) == 2


async def test_a_newer_request_replaces_an_older(csms: Csms, device: Device) -> None:
    """S26: whatever comes, the last thing that comes fits the newest key."""
    first, second = key(), key()
    async with device.connected() as station:
        await station.call("SignCertificate", {"csr": device.csr(first)})
        await station.call("SignCertificate", {"csr": device.csr(second)})
        leaf = x509.load_pem_x509_certificate(b"") if False else None
        while leaf is None or public(second) != leaf.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        ):
            payload = await signed(station)
            leaf = x509.load_pem_x509_certificates(payload["certificateChain"].encode())[0]


async def test_a_certificate_that_the_station_does_not_take(csms: Csms, device: Device) -> None:
    """S27, TC_A_14: the operator sees it, the old one is good, nothing is tried again by itself."""
    async with device.connected() as station:
        await station.call("SignCertificate", {"csr": device.csr(key())})
        await signed(station, "Rejected")
        failed = (await device.in_states("failed", "seen"))[0]
        assert failed["reason"] == "The station answered CertificateSigned with Rejected."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await station.next_call()
    async with device.connected():
        pass
    alerts = [one for one in (await csms.get("alerts"))["data"] if one["station_id"] == device.identity]
    assert [one["code"] for one in alerts] == ["certificate_failed"]


async def test_a_chain_that_is_too_long_is_not_sent(csms: Csms, device: Device) -> None:
    """S28, A02.FR.16."""
    async with device.connected() as station:
        asked = {"type": "get_variables", "variables": [
            {"component": "SecurityCtrlr", "variable": "MaxCertificateChainSize"}
        ]}  # fmt: skip
        await csms.command(device.identity, asked)
        call = await station.next_call()
        result = {**call[3]["getVariableData"][0], "attributeStatus": "Accepted", "attributeValue": "100"}
        await station.answer(call, {"getVariableResult": [result]})
        await station.call("SignCertificate", {"csr": device.csr(key())})
        shown = await csms.until(
            lambda: csms.get("commands", station_id=device.identity, limit=5),
            lambda page: any(one["type"] == "certificate_signed" and one["state"] == "error" for one in page["data"]),
        )
        (one,) = [one for one in shown["data"] if one["type"] == "certificate_signed"]
        assert "the station takes 100" in one["reason"]
        assert one["calls"] == []
