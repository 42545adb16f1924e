"""TLS: ours is right; one that goes on with what is too old, or shows what nobody trusts, is caught."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ohmstead.conformance import Case
from ohmstead.conformance.cases.server_tls import client_hello
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.connection import Endpoint
from tests.conformance.cases.test_certificates import made
from tests.conformance.serving import IDENTITY, PASSWORD, Bench, named, of, once

pytestmark = pytest.mark.anyio
CASES = of("server_tls")


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play(one, version)).verdict == "not_applicable"
    context = ssl.create_default_context(cafile=str(Path(bench.csms.server.settings.data_dir) / "pki" / "ca.pem"))
    url = f"wss://localhost:{bench.csms.server.ports['tls']}/ocpp"
    await bench.csms.api.patch(f"stations/{IDENTITY}", json={"security_profile": 2})
    try:
        found = await bench.play(one, version, endpoint=Endpoint(url, IDENTITY, version, PASSWORD, context))
    finally:
        await bench.csms.api.patch(f"stations/{IDENTITY}", json={"security_profile": 1, "force": True})
    assert found.verdict == "pass", found.reason


async def test_a_server_that_goes_on_is_caught(bench: Bench) -> None:
    heard: list[bytes] = []

    async def go_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A ServerHello of TLS 1.1."""
        heard.append(await reader.readexactly(5))
        writer.write(bytes.fromhex("16030200310200002d0302") + bytes(40))
        await writer.drain()
        writer.close()

    one, version = next(pair for pair in CASES if pair[0].id == "TC_A_06_CSMS")
    async with await asyncio.start_server(go_on, "127.0.0.1", 0) as server:
        url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
        found = await bench.play(one, version, url=url)
    assert (found.verdict, found.reason) == ("fail", "the CSMS goes on with a station that knows TLS 1.1 at most")
    assert heard == [client_hello("127.0.0.1")[:5]]


@pytest.mark.parametrize("of_whom", ["another name", "a short key"])
async def test_a_server_whose_certificate_is_not_right_is_caught(bench: Bench, tmp_path: Path, of_whom: str) -> None:
    short = rsa.generate_private_key(65537, 1024)
    key = short if of_whom == "a short key" else ec.generate_private_key(ec.SECP256R1())
    own = made("elsewhere" if of_whom == "another name" else "localhost", key)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "server.pem").write_text(private + own)
    theirs, mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=own)
    theirs.set_ciphers("DEFAULT:@SECLEVEL=0")
    mine.set_ciphers("DEFAULT:@SECLEVEL=0")
    theirs.load_cert_chain(tmp_path / "server.pem")

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    for one, version in once(CASES):
        if one.id != "TC_A_06_CSMS":
            async with await asyncio.start_server(listen, "127.0.0.1", 0, ssl=theirs) as server:
                url = f"wss://localhost:{server.sockets[0].getsockname()[1]}/ocpp"
                found = await bench.play(one, version, endpoint=Endpoint(url, IDENTITY, version, PASSWORD, mine))
            assert found.verdict == "fail"
            assert ("trust" if of_whom == "another name" else "2048 bits") in str(found.reason)
