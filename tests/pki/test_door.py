"""The contexts at the real door, whose TLS is not that of the standard library: what admission gets to see."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ohmstead.gateway.handshake import Refused, Request
from ohmstead.gateway.listener import Listener
from ohmstead.pki import csr
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.server_certificates import Issued, ServerCertificates
from ohmstead.pki.trust import Trust
from tests.pki.making import ca, station

pytestmark = pytest.mark.anyio

HEAD = (
    b"GET /ocpp/CS1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Door:
    """A listener that turns everybody away, and remembers whom and why."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.requests: list[Request] = []
        self.failed: asyncio.Queue[str] = asyncio.Queue()
        self.listener = Listener(self._decide, name="tls", ssl_context=context, on_refused=self._refused)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    async def _decide(self, request: Request) -> Refused:
        self.requests.append(request)
        return Refused(403, "seen")

    def _refused(self, request: Request | None, peer: str, status: int, reason: str) -> None:
        if request is None:
            self.failed.put_nowait(reason)

    async def knock(self, client: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSession | None:
        """One request; the TLS session."""

        def run() -> ssl.SSLSession | None:
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock,
                client.wrap_socket(sock, server_hostname="localhost", session=session) as tls,
            ):
                tls.sendall(HEAD)
                if not tls.recv(1000).startswith(b"HTTP/1.1 403 "):
                    raise ConnectionAbortedError("no answer")
                return tls.session

        return await asyncio.to_thread(run)


@asynccontextmanager
async def door(context: ssl.SSLContext) -> AsyncIterator[Door]:
    one = Door(context)
    serving = asyncio.create_task(one.listener.serve(one.socket))
    try:
        yield one
    finally:
        one.listener.close()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def client(folder: Path, version: ssl.TLSVersion, own: tuple[str, str] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "pki" / "ca.pem"))
    context.minimum_version = context.maximum_version = version
    if own is not None:
        (folder / "own.pem").write_text("".join(own))
        context.load_cert_chain(folder / "own.pem")
    return context


def context(local_ca: LocalCa) -> ssl.SSLContext:
    return ServerCertificates(Issued(local_ca, "Ohmstead", "")).context(Trust([local_ca.root], [local_ca.issuing]))


VERSIONS: Any = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


@VERSIONS
async def test_certificate_none_and_resumed(local_ca: LocalCa, tmp_path: Path, version: ssl.TLSVersion) -> None:
    key, request = csr.generate(common_name="SN1", organization="Ohmstead")
    issued = await local_ca.issue(csr.order(request, common_name="SN1", organization="Ohmstead"))
    with_one = client(tmp_path, version, (issued.chain, key))
    async with door(context(local_ca)) as one:
        session = await one.knock(with_one)
        await one.knock(with_one, session)
        await one.knock(client(tmp_path, version, None))
        shown, resumed, none = (request.certificate for request in one.requests)
    assert shown is not None
    assert shown == resumed
    assert none is None


@VERSIONS
async def test_a_foreign_certificate(local_ca: LocalCa, tmp_path: Path, version: ssl.TLSVersion) -> None:
    own = station(ca("Foreign"))
    foreign = client(tmp_path, version, (own.pem, own.key_pem))
    async with door(context(local_ca)) as one:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await one.knock(foreign)
        async with asyncio.timeout(10):
            assert await one.failed.get() == "TLS: certificate verify failed (unable to get local issuer certificate)"
        assert not one.requests
