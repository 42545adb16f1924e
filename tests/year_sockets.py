"""The year of tests/year.py with real sockets: TLS with client certificates at our real listener, and WebSockets of a
client that nobody here wrote. The clock is the same, so a window of weeks takes seconds."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import tempfile
from pathlib import Path
from typing import Any

import websockets
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ohmstead import runtime
from ohmstead.gateway.admission import Admission
from ohmstead.gateway.listener import Listener
from ohmstead.gateway.trusted import Trusted
from ohmstead.pki.certificate import to_pem
from ohmstead.pki.server_certificates import Issued, ServerCertificates
from ohmstead.pki.tls import NO_CHECK_TIME
from tests.year import VERSIONS, Box, World

AT_ONCE = 32
"""Handshakes at the same time."""
QUIET = 0.01
"""Seconds without a frame, after which nothing more is expected."""


class Plugged(Box):
    """A station whose line is a socket."""

    async def connect(self) -> None:
        assert isinstance(self.world, Wired)
        assert self.held is not None
        version = websockets.Subprotocol(VERSIONS[self.number % 3])
        context = self.world.context(self.held)
        try:
            line = await websockets.connect(
                f"wss://localhost:{self.world.port}/ocpp/{self.identity}", ssl=context, subprotocols=[version],
                compression=None, ping_interval=None, open_timeout=60, proxy=None,
            )  # fmt: skip
        except websockets.InvalidStatus as refused:
            self.refused = refused.response.status_code
            return
        self.refused, self.session = 0, line
        self.world.listen(self, line)
        self.call("BootNotification", self._boot())

    async def listen(self, line: Any) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in line:
                self.world.stir()
                if self.session is line:
                    self.send(frame)
        if self.session is line:
            self.session = None

    def _text(self, session: Any, frame: bytes) -> None:
        if self.session is session:
            self.world.begin_task(self._tell(session, frame.decode()))

    async def _tell(self, line: Any, text: str) -> None:
        self.world.stir()
        with contextlib.suppress(websockets.ConnectionClosed):
            await line.send(text)

    def leave(self) -> None:
        line, self.session = self.session, None
        if line is not None:
            line.transport.abort()  # no word of goodbye: the line broke


class Wired(World):
    """The fleet behind our real door."""

    kind = Plugged

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.certificates = ServerCertificates(Issued(self.ca, "Ohmstead", ""))
        self.root = to_pem([self.ca.root])
        self.tasks: set[asyncio.Task[None]] = set()
        self.stirred = 0.0
        self.handshakes = 0

    def begin_task(self, work: Any) -> None:
        task = runtime.spawn(work, "station")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def listen(self, box: Plugged, line: Any) -> None:
        runtime.spawn(box.listen(line), "line")

    def stir(self) -> None:
        self.stirred = asyncio.get_running_loop().time()

    def context(self, held: tuple[Any, str]) -> ssl.SSLContext:
        """Of a station that trusts our root, with its own certificate; its clock is ours."""
        key, chain = held
        self.handshakes += 1
        context = ssl.create_default_context(cadata=self.root)
        context.verify_flags |= NO_CHECK_TIME
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            Path(file.name).write_bytes(text + chain.encode())
            context.load_cert_chain(file.name)
        return context

    async def begin(self) -> None:
        await super().begin()
        await self.certificates.renew_if_due()
        trusted = Trusted(self.ca, self.certificates, self.db, rsa_key_exchange=True)
        await trusted.load()
        self.admission = Admission(self.node, self.hub, trusted)
        self.door = Listener(self.admission.decide, name="tls", ping_interval=0, on_refused=self.admission.refused)

        def changed(context: ssl.SSLContext) -> None:
            self.door.hall.ssl_context = context

        self.door.hall.ssl_context = trusted.asking(changed)
        bound = socket.create_server(("127.0.0.1", 0))
        self.port = bound.getsockname()[1]
        self.serving = runtime.spawn(self.door.serve(bound), "door")

    async def end(self) -> None:
        for box in self.boxes:
            box.leave()
        self.door.close()
        await runtime.end(self.serving)
        await super().end()

    async def settle(self) -> None:
        """Until no frame was seen for a moment, and nothing is on its way."""
        loop = asyncio.get_running_loop()
        while self.coming or self._busy() or loop.time() - self.stirred < QUIET:
            coming, self.coming = self.coming, set()
            slots = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(self._come(self.boxes[number], slots) for number in sorted(coming)))
            await asyncio.sleep(QUIET / 4)

    def _busy(self) -> bool:
        return bool(self.hub._tasks or self.tasks)

    async def _come(self, box: Box, slots: asyncio.Semaphore) -> None:
        async with slots:
            box.leave()
            self.stir()
            if not box.away:
                await box.connect()
                self.stir()
