"""TLS that is too old: ours says no, and a server that goes on with it is caught."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from ohmstead.conformance import Case
from ohmstead.conformance.cases.old_tls import client_hello
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.connection import Endpoint
from tests.conformance.serving import IDENTITY, PASSWORD, Bench, named, of, once

pytestmark = pytest.mark.anyio
CASES = of("old_tls")


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

    one, version = once(CASES)[0]
    async with await asyncio.start_server(go_on, "127.0.0.1", 0) as server:
        url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
        found = await bench.play(one, version, url=url)
    assert (found.verdict, found.reason) == ("fail", "the CSMS goes on with a station that knows TLS 1.1 at most")
    assert heard == [client_hello("127.0.0.1")[:5]]
