"""A TLS server on loopback with a context of ours, and what it saw of each handshake."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from msgspec import Struct


class Seen(Struct):
    """A handshake as the server saw it: either `error`, or the rest."""

    error: str | None = None
    version: str | None = None
    suite: str | None = None
    compression: str | None = None
    resumed: bool = False
    certificate: bytes | None = None


class TlsServer:
    """Takes one connection after the other, says ok, reads until the peer closes."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._seen: SimpleQueue[Seen] = SimpleQueue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def seen(self) -> Seen:
        """The next handshake."""
        return self._seen.get(timeout=20)

    def _run(self) -> None:
        while True:
            conn, _ = self._socket.accept()
            conn.settimeout(20)
            if self._greet(conn):
                return

    def _greet(self, conn: socket.socket) -> bool:
        """Speak to one client; was it the last?"""
        with conn:
            if not conn.recv(1, socket.MSG_PEEK):
                return True
            try:
                with self.context.wrap_socket(conn, server_side=True) as tls:
                    self._seen.put(_look(tls))
                    tls.send(b"ok\n")
                    while tls.recv(100):
                        pass
            except ssl.SSLError as error:
                self._seen.put(Seen(error=f"{error.reason}: {getattr(error, 'verify_message', '')}"))
            except OSError as error:
                self._seen.put(Seen(error=str(error)))
        return False

    def stop(self) -> None:
        """End the thread by a connection that says nothing."""
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(20)
        self._socket.close()


def _look(tls: ssl.SSLSocket) -> Seen:
    cipher = tls.cipher()
    assert cipher is not None
    return Seen(
        version=tls.version(),
        suite=cipher[0],
        compression=tls.compression(),
        resumed=bool(tls.session_reused),
        certificate=tls.getpeercert(True),
    )


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[TlsServer]:
    server = TlsServer(context)
    try:
        yield server
    finally:
        server.stop()


def connect(
    context: ssl.SSLContext, server: TlsServer, session: ssl.SSLSession | None = None, name: str = "localhost"
) -> tuple[Seen, ssl.SSLSession | None, bytes | None]:
    """Connect once: what the server saw, the session, and the server's certificate in DER."""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock,
        context.wrap_socket(sock, server_hostname=name, session=session) as tls,
    ):
        assert tls.recv(10) == b"ok\n"
        return server.seen(), tls.session, tls.getpeercert(True)
