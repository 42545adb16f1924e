"""A TCP connection that can be cut: stands before a server, on a port of its own."""

from __future__ import annotations

import asyncio


class Cable:
    """`cut` breaks what is open and takes nothing new; `freeze` keeps it and carries nothing; `mend` ends both."""

    def __init__(self, port: int) -> None:
        self._far = port
        self._open: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.up = True
        self.port = 0

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1")
        self.port = self._listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        self.up = False
        self._flowing.set()
        for end in list(self._open):
            end.transport.abort()

    def freeze(self) -> None:
        self._flowing.clear()

    def mend(self) -> None:
        self.up = True
        self._flowing.set()

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if not self.up:
            back.transport.abort()
            return
        try:
            far, forth = await asyncio.open_connection("127.0.0.1", self._far)
        except OSError:
            back.transport.abort()
            return
        self._open |= {back, forth}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(near, forth))
                group.create_task(self._pump(far, back))
        except* (OSError, EOFError):
            pass
        finally:
            for end in (back, forth):
                self._open.discard(end)
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flowing.wait()
            to.write(data)
            await to.drain()
        raise EOFError
