"""The CSMS's side of a case that asks a station: it waits for the station to come, answers all that it says, and keeps
it. The station is let in by whatever path ends with its identity."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ohmstead import runtime
from ohmstead.conformance.case import Broken
from ohmstead.conformance.talk import Asked, Talk, Words
from ohmstead.ocpp.versions import V16, Version
from ohmstead.simulator.connection import Endpoint, LineClosed

TRANSACTION_16 = 4711
BOOTS_WITHIN = 3.0
"""Seconds in which a station that has come says its boot."""


class _Line:
    """`Line` over a server's socket."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        try:
            await self._socket.send(frame, text=not binary)
        except ConnectionClosed as closed:
            raise LineClosed(str(closed)) from closed

    async def receive(self) -> bytes:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            raise LineClosed(str(closed)) from closed

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        self._socket.transport.abort()

    def freeze(self, frozen: bool) -> None:
        transport = self._socket.transport
        if not transport.is_closing():
            (transport.pause_reading if frozen else transport.resume_reading)()

    def eat_pings(self, eaten: bool) -> None:
        """No fault of a CSMS's desk."""


class Hall:
    """Where stations arrive."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._arrived: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def _handle(self, socket: ServerConnection) -> None:
        await self._arrived.put(socket)
        await socket.wait_closed()

    async def next(self) -> _Line:
        """The next station that comes, or has come."""
        return _Line(await self._arrived.get())

    @property
    def somebody_waits(self) -> bool:
        return not self._arrived.empty()


@asynccontextmanager
async def hall(host: str, port: int, version: Version, identity: str | None = None) -> AsyncIterator[Hall]:
    """Let stations of this version in, all or one. `port` 0 takes any; passwords are not looked at."""
    place = Hall(port)

    async def handle(socket: ServerConnection) -> None:
        if identity is not None and socket.request is not None:
            name = unquote(socket.request.path.partition("?")[0].rpartition("/")[2])
            if name != identity:
                return await socket.close(1008, f"{name} is not {identity}"[:100])
        await place._handle(socket)

    protocols = [Subprotocol(version.subprotocol)]
    async with serve(handle, host, port, subprotocols=protocols, max_size=2**20, ping_interval=None) as server:
        place.port = server.sockets[0].getsockname()[1]
        yield place


class Desk(Talk):
    """Where one station is served."""

    def __init__(self, place: Hall, version: Version, patience: float) -> None:
        super().__init__(Endpoint("", "", version), None, {}, patience)
        self._hall = place
        self.url = ""
        """Where its station connects, without the identity; empty where nobody said."""
        self.heard: list[Asked] = []
        """What the station said, and was answered."""
        self.interval = 300
        """Seconds between heartbeats, as the next boot is told."""

    async def meet(self) -> None:
        """Serve the station that is here, or wait until it comes (again), and for its boot if there is one: nothing is
        asked of a station before."""
        if self._line is None or self._hall.somebody_waits:
            async with asyncio.timeout(self.patience):
                self._line = await self._hall.next()
            try:
                async with asyncio.timeout(min(BOOTS_WITHIN, self.patience)):
                    await self.hears_of("BootNotification")
            except TimeoutError:
                pass  # it comes back, and needs no boot

    async def hears_of(
        self, action: str, fits: Callable[[Words], bool] = lambda _: True, since: int | None = None
    ) -> Words:
        """What the station says of this kind, from now on or `since` it had said so many things."""
        done = len(self.heard) if since is None else since
        try:
            async with asyncio.timeout(self.patience) as bound:
                while True:
                    for one in self.heard[done:]:
                        if one.action == action and fits(one.payload):
                            return one.payload
                    done = len(self.heard)
                    frame = await self._read(None)
                    if frame[0] == 2:
                        await self._came(self._as_asked(frame))
        except TimeoutError:
            if not bound.expired():
                raise
            raise Broken(f"{action} did not come within {self.patience:g} s") from None

    async def comes_again(self) -> Words:
        """The station goes, comes back and boots; what it says then."""
        try:
            async with asyncio.timeout(self.patience):
                while not self._hall.somebody_waits:
                    try:
                        async with asyncio.timeout(0.2):
                            frame = await self._read(None)
                    except TimeoutError:
                        continue
                    except Broken:
                        break
                    if frame[0] == 2:
                        await self._came(self._as_asked(frame))
                self._line = await self._hall.next()
        except TimeoutError:
            raise Broken(f"the station did not come back within {self.patience:g} s") from None
        return await self.hears_of("BootNotification")

    async def _came(self, asked: Asked) -> None:
        self.heard.append(asked)
        await self.answers(asked, self._answer(asked))

    def _answer(self, asked: Asked) -> Words:
        now = runtime.rfc3339(runtime.now())
        match asked.action:
            case "BootNotification":
                return {"currentTime": now, "interval": self.interval, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": now}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
            case "SignCertificate":
                return {"status": "Rejected"}
        if self.version is V16:
            return _answer_16(asked)
        told = asked.payload
        if asked.action == "Authorize" or (asked.action == "TransactionEvent" and "idToken" in told):
            return {"idTokenInfo": {"status": "Accepted"}}
        return {}


def _answer_16(asked: Asked) -> Words:
    info: Words = {"idTagInfo": {"status": "Accepted"}}
    if asked.action == "StartTransaction":
        return info | {"transactionId": TRANSACTION_16}
    return info if asked.action == "Authorize" else {}
