"""Certificates of stations: ours passes; one that signs for another key, for anybody, or lets anybody in, does not."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.conformance import Case
from ohmstead.conformance.operator import Names
from ohmstead.ocpp.versions import BY_SUBPROTOCOL, Version
from ohmstead.runtime import now, to_datetime
from ohmstead.simulator.connection import Endpoint
from tests.acceptance.serving import Csms
from tests.conformance.serving import SHORT, Bench, Frame, _between, mute, named, of, once, untouched

pytestmark = pytest.mark.anyio
ALL = of("certificates")
PROFILE_3 = ("TC_A_07_CSMS", "TC_A_08_CSMS", "TC_087_CSMS")
CASES = [pair for pair in ALL if pair[0].id not in PROFILE_3]


def made(name: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """A certificate of its own for `key`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins, ends = to_datetime(now() - 3_600_000_000), to_datetime(now() + 3_600_000_000)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, begins, ends)
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.add_extension(names, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


OTHER = made("other", ec.generate_private_key(ec.SECP256R1()))


def other_key(frame: Frame, action: str) -> Frame:
    """The certificate is for another key."""
    if frame[0] == 2 and frame[2] == "CertificateSigned":
        return [2, frame[1], frame[2], frame[3] | {"certificateChain": OTHER}]
    return frame


def lenient(frame: Frame, action: str) -> Frame:
    """Nothing that is to be signed is refused; and a certificate comes at the next call of all."""
    if frame[0] == 3 and action == "SignCertificate":
        return [2, "m1", "CertificateSigned", {"certificateChain": OTHER}]
    return frame


def unstapled(frame: Frame, action: str) -> Frame:
    """The answer about a certificate is that of no certificate."""
    if frame[0] == 3 and action == "GetCertificateStatus":
        return [3, frame[1], {"status": "Accepted", "ocspResult": "MAA="}]
    return frame


SPOILS = {
    **dict.fromkeys(("TC_A_11_CSMS", "TC_A_12_CSMS", "TC_A_13_CSMS", "TC_074_CSMS"), other_key),
    "TC_A_14_CSMS": mute,
    "TC_M_24_CSMS": unstapled,
}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    spoil = SPOILS.get(one.id, lenient)
    found = await bench.play_mutant(one, version, spoil, quiet=spoil is lenient)
    assert found.verdict == "fail", found.reason


# ---------------------------------------------------------------------- security profile 3


async def station_3(csms: Csms, folder: Path, identity: str) -> ssl.SSLContext:
    """A station at profile 3, and what it connects with."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [(NameOID.ORGANIZATION_NAME, "Ohmstead"), (NameOID.COMMON_NAME, f"SN-{identity}")]
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    asked = x509.CertificateSigningRequestBuilder(subject).sign(key, hashes.SHA256())
    await csms.post("stations", {"id": identity, "security_profile": 3, "serial_number": f"SN-{identity}"})
    csr = asked.public_bytes(Encoding.PEM).decode()
    given = await csms.post(f"stations/{identity}/certificates", {"csr": csr})
    context = ssl.create_default_context(cafile=str(Path(csms.server.settings.data_dir) / "pki" / "ca.pem"))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (folder / "client.pem").write_text(private + given["certificate"])
    context.load_cert_chain(folder / "client.pem")
    return context


@asynccontextmanager
async def open_door(upstream: str, context: ssl.SSLContext, folder: Path) -> AsyncIterator[str]:
    """It asks for no certificate, and lets everybody in as the right station."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = made("localhost", key)
    (folder / "door.pem").write_text(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() + own
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder / "door.pem")
    context.load_verify_locations(cadata=own)

    async def handle(station: ServerConnection) -> None:
        assert station.request is not None
        name = station.request.path.rpartition("/")[2]
        async with connect(f"{upstream}/{name}", subprotocols=[station.subprotocol], ssl=context) as csms:  # type: ignore[list-item]
            await _between(station, csms, untouched)

    async with serve(handle, "localhost", 0, subprotocols=list(BY_SUBPROTOCOL), ssl=server_side) as server:  # type: ignore[arg-type]
        yield f"wss://localhost:{server.sockets[0].getsockname()[1]}/ocpp"


async def test_profile_3(bench: Bench, tmp_path: Path) -> None:
    context = await station_3(bench.csms, tmp_path, "CONFORM3")
    url = f"wss://localhost:{bench.csms.server.ports['tls']}/ocpp"
    cases = {one.id: (one, version) for one, version in once(ALL) if one.id in PROFILE_3}
    for one, version in cases.values():
        found = await bench.play(one, version, endpoint=Endpoint(url, "CONFORM3", version, None, context))
        assert found.verdict == "pass", found.reason
        assert (await bench.play(one, version)).verdict == "not_applicable"
    one, version = cases["TC_A_08_CSMS"]
    async with open_door(url, context, tmp_path) as door:
        found = await bench.play(
            one, version, endpoint=Endpoint(door, "CONFORM3", version, None, context), patience=SHORT
        )
        assert found.reason == "the CSMS let the station in, which it must refuse"
    for one, version in (cases["TC_A_07_CSMS"], cases["TC_087_CSMS"]):
        gone = Endpoint("wss://localhost:1/ocpp", "CONFORM3", version, None, context)
        assert (await bench.play(one, version, endpoint=gone)).verdict == "fail"


def test_names_are_the_stations() -> None:
    assert Names(organization="O").common_name == "{station}"
