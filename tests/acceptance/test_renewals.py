"""A station comes to security profile 3 and renews there by itself: one that nobody here wrote (the `ocpp` package over
`websockets` and `ssl`), and ours."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ocpp.v201
import ocpp.v201.call
import ocpp.v201.call_result
import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from ocpp.routing import after, on

from ohmstead import runtime
from ohmstead.settings import Pki
from ohmstead.simulator import CannotConnect, Keys, Station
from tests.acceptance.serving import PASSWORD, Csms, serving
from tests.acceptance.test_certificates import csr, key
from tests.simulator.test_certificates import CA, certificate

pytestmark = [pytest.mark.anyio, pytest.mark.system]
TLS: dict[str, Any] = {"tls_bind": "127.0.0.1:0"}
MAKER = {"pki": Pki(factory_organizations=("Maker",))}
call, result = ocpp.v201.call, ocpp.v201.call_result


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path_factory.mktemp("renewals"), gateway=TLS, more=MAKER) as one:
        yield one


def wss(csms: Csms) -> str:
    return f"wss://localhost:{csms.server.ports['tls']}/ocpp"


def root(csms: Csms) -> Path:
    return csms.server.data_dir / "pki" / "ca.pem"


async def states(csms: Csms, identity: str, *wanted: str) -> list[dict[str, Any]]:
    """The certificates of a station, newest first, once they are in these states."""

    async def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await csms.get("certificates", station_id=identity))["data"]
        return found

    seen: list[dict[str, Any]] = await csms.until(look, lambda all: tuple(one["state"] for one in all) == wanted)
    return seen


# ---------------------------------------------------------------------- a station that nobody here wrote


class Foreign(ocpp.v201.ChargePoint):
    """It makes a new key when it is asked for a signing request, and takes the certificate for it."""

    fresh: Any = None
    chain: asyncio.Future[str]

    @on("TriggerMessage")
    async def triggered(self, requested_message: str, **_: Any) -> Any:
        known = requested_message == "SignChargingStationCertificate"
        return result.TriggerMessage(status="Accepted" if known else "NotImplemented")

    @after("TriggerMessage")
    async def ask(self, requested_message: str, **_: Any) -> None:
        self.fresh = key()
        request = call.SignCertificate(
            csr=csr(self.fresh, f"SN-{self.id}"), certificate_type="ChargingStationCertificate"
        )
        assert (await self.call(request)).status == "Accepted"

    @on("CertificateSigned")
    async def signed(self, certificate_chain: str, **_: Any) -> Any:
        self.chain.set_result(certificate_chain)
        return result.CertificateSigned(status="Accepted")


@contextlib.asynccontextmanager
async def foreign(csms: Csms, own: Path) -> AsyncIterator[Foreign]:
    context = ssl.create_default_context(cafile=root(csms))
    context.load_cert_chain(own)
    protocol = websockets.Subprotocol("ocpp2.0.1")
    async with websockets.connect(f"{wss(csms)}/FOREIGN", ssl=context, subprotocols=[protocol]) as socket:
        station = Foreign("FOREIGN", socket)
        station.chain = asyncio.get_running_loop().create_future()
        listening = runtime.spawn(station.start(), "the ocpp package")
        try:
            told = call.BootNotification(
                {"model": "M", "vendor_name": "V", "serial_number": "SN-FOREIGN"}, reason="PowerUp"
            )
            assert (await station.call(told)).status == "Accepted"
            yield station
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def keep(path: Path, own: Any, chain: str) -> Path:
    path.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + chain.encode())
    return path


async def test_a_station_that_nobody_here_wrote_renews(csms: Csms, tmp_path: Path) -> None:
    """A new key, the reconnect with it, and the former certificate is refused from then on."""
    await csms.post("stations", {"id": "FOREIGN", "security_profile": 3, "serial_number": "SN-FOREIGN"})
    first = key()
    made = await csms.post("stations/FOREIGN/certificates", {"csr": csr(first, "SN-FOREIGN")})
    former = keep(tmp_path / "former.pem", first, made["certificate"])
    async with foreign(csms, former) as station:
        await csms.post(f"certificates/{made['id']}/renew", {})
        chain = await asyncio.wait_for(station.chain, 10)
        await states(csms, "FOREIGN", "installed", "seen")
    fresh = keep(tmp_path / "fresh.pem", station.fresh, chain)
    async with foreign(csms, fresh):
        await states(csms, "FOREIGN", "seen", "retired")
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with foreign(csms, former):
            pass


# ---------------------------------------------------------------------- ours


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_simulated_station_goes_to_profile_3_and_renews(csms: Csms, tmp_path: Path, version: str) -> None:
    """Password first, then a key of its own, the upgrade, a renewal."""
    name = f"SIM{version[0]}"
    await csms.add_station(name, security_profile=2, certificate_cn="identity")
    keys = Keys(root(csms), folder=tmp_path)
    station = Station(name, url=wss(csms), version=version, password=PASSWORD, keys=keys, secure_url=wss(csms))
    station.controller.life.downtime_s = 0.1

    async def shown() -> dict[str, Any]:
        found: dict[str, Any] = await csms.get(f"stations/{name}")
        return found

    async with station:
        await station.boot()
        trigger = "SignChargePointCertificate" if version == "1.6" else "SignChargingStationCertificate"
        await csms.command(name, {"type": "trigger", "message": trigger})
        await states(csms, name, "installed")
        await csms.post(f"stations/{name}/security-profile", {"security_profile": 3, "url": wss(csms)})
        await csms.until(shown, lambda one: one["security_profile"] == 3)
        (first,) = await states(csms, name, "seen")
        await csms.post(f"certificates/{first['id']}/renew", {})
        await states(csms, name, "seen", "retired")
    again = Station(name, url=wss(csms), version=version, keys=keys)
    async with again:  # switched off and on: it has its certificate on disk
        assert await again.boot() == "Accepted"


async def test_a_new_root_comes_and_the_old_one_goes(csms: Csms) -> None:
    """The rollover of a root at a station, with the overlap: nothing is deleted before the new one is there, and what
    it needs to trust us stays."""
    await csms.add_station("ROOTS", security_profile=2)
    old, new = (certificate(name, CA.public_key(), name, CA) for name in ("Old", "New"))
    ours = root(csms).read_text()
    keys = Keys(root(csms))
    async with Station("ROOTS", url=wss(csms), version="2.0.1", password=PASSWORD, keys=keys) as station:
        await station.boot()

        async def ask(state: str, *roots: str, **more: bool) -> Any:
            made = await csms.command("ROOTS", {"type": "set_roots", "roots": list(roots), **more})
            return (await csms.command_in(made["id"], state))["reason"]

        await ask("accepted", old)
        assert sorted(station.controller.certificates.trusted) == sorted([ours, old])
        assert "which we show at our TLS ports" in await ask("rejected", new, remove_others=True)
        await ask("accepted", new, ours, remove_others=True)
        assert sorted(station.controller.certificates.trusted) == sorted([ours, new])
    shown = (await csms.get("stations/ROOTS/installed-certificates"))["data"]
    assert [one["certificate_type"] for one in shown] == ["CSMSRootCertificate"] * 2


async def test_a_factory_certificate_is_replaced_at_once(csms: Csms, tmp_path: Path) -> None:
    """A00.FR.804 to .807: let in Pending, asked for a signing request, and refused with it from then on."""
    maker = key()
    await csms.post("certificate-authorities", {
        "name": "Maker", "certificate": factory_certificate(maker, maker, "Maker CA"), "uses": ["station"]
    })  # fmt: skip
    await csms.post("stations", {"id": "BORN", "security_profile": 3, "serial_number": "BORN"})
    own, born = key(), tmp_path / "born.pem"
    keep(born, own, factory_certificate(own, maker, "BORN"))
    keys = Keys(root(csms), cert=born, key=born, folder=tmp_path / "kept")

    async def trusted() -> bool:
        return len(csms.server.listeners) > 0 and "Maker" in str(await csms.get("certificate-authorities"))

    await csms.until(trusted, bool)
    station = Station("BORN", url=wss(csms), version="2.0.1", keys=keys)
    station.controller.life.downtime_s = 0.1
    station.controller.variables["OCPPCommCtrlr.RetryBackOffWaitMinimum"].value = "0"
    async with station:
        assert await station.boot() == "Pending"
        await states(csms, "BORN", "seen", "retired")
        await station.until(lambda: station.controller.life.registration == "accepted", within=10)
    with pytest.raises(CannotConnect, match="403"):
        await Station("BORN", url=wss(csms), version="2.0.1", keys=Keys(root(csms), cert=born, key=born)).connect()


def factory_certificate(own: Any, signer: Any, name: str) -> str:
    def named(text: str) -> x509.Name:
        return x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, text), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker")]
        )

    begins = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(
        named("Maker CA"), named(name), own.public_key(), x509.random_serial_number(), begins,
        begins + timedelta(days=3650),
    ).add_extension(x509.BasicConstraints(ca=own is signer, path_length=None), critical=True)  # fmt: skip
    return made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
