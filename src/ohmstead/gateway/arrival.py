"""One connection on its way in, from accept to the upgrade or a refusal.

The upgrade is ours. WebSocket libraries decide it synchronously and know neither the peer's address nor its
certificate at that point; here a coroutine decides, with both in hand, and only then a library gets the connection:

    first byte -> TLS, under a permit -> head -> decide, under a permit -> 101 or a refusal

When thousands of stations come back at once, the permits keep the CPU with those that are let in now while the others
wait without cost. A peer that says nothing, or slowly says its head, holds no permit; a slow TLS handshake does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiofastnet

from ohmstead.gateway.deflate import agree
from ohmstead.gateway.handshake import (
    Admitted,
    Decide,
    Door,
    Refusal,
    Refused,
    Request,
    answer,
    check_upgrade,
    parse,
)
from ohmstead.gateway.transport import Connection, Limits, Open, Receiver, Upgrade, half_close
from ohmstead.gateway.turns import Turns
from ohmstead.runtime import log, rng

HEAD_TIMEOUT = 10.0
"""Seconds for the first byte, for TLS, and for the whole head, each."""
DECIDE_TIMEOUT = 30.0
LINGER = 2.0
"""Seconds that a refused peer has to read its answer."""
TLS: dict[str, Any] = {
    "ssl_handshake_timeout": HEAD_TIMEOUT,
    "ssl_shutdown_timeout": LINGER,
    "ssl_incoming_bio_size": 17 * 1024,
    "ssl_outgoing_bio_size": 17 * 1024,
}
"""The buffers hold one TLS record, instead of the sixteen that they have by default."""
TLS_HELLO = b"\x16"
TLS_ALERT = b"\x15\x03\x03\x00\x02\x02"
"""A fatal alert, but for its last byte: its number."""
HANDSHAKE_FAILURE = 40
ALERTS = {
    "UNSUPPORTED_PROTOCOL": 70,  # protocol_version
    "VERSION_TOO_LOW": 70,
    "WRONG_SSL_VERSION": 70,
    "INAPPROPRIATE_FALLBACK": 86,
    "CERTIFICATE_VERIFY_FAILED": 48,  # unknown_ca: no other fault of a certificate ends a handshake here
}
"""OpenSSL's reason -> the number of the alert."""

OnRefused = Callable[[Request | None, str, int, str], None]
"""(the request if its head was read, ip:port, the HTTP status or 0 where none could be answered, the reason)"""


class Hall:
    """What all arrivals at one listener share."""

    def __init__(
        self,
        name: str,
        decide: Decide,
        ssl_context: ssl.SSLContext | None,
        limits: Limits,
        permits: int,
        on_refused: OnRefused | None,
        open_transport: Open,
    ) -> None:
        self.name = name
        self.decide = decide
        self.ssl_context = ssl_context
        self.limits = limits
        self.tls_permits = asyncio.Semaphore(permits)
        self.decide_turns = Turns(permits)
        self.on_refused = on_refused
        self.open_transport = open_transport
        self.connections: set[Connection] = set()
        self.closing = False
        """Nobody is let in any more."""

    def refused(self, request: Request | None, peer: str, status: int, reason: str) -> None:
        """Tell who wants to know."""
        if self.on_refused is not None:
            try:
                self.on_refused(request, peer, status, reason)
            except Exception as error:
                log.exception("on_refused failed", error=repr(error))


class Arrival:
    """The way in of one accepted socket."""

    __slots__ = ("conn", "door", "hall", "owned", "peer", "request")

    def __init__(self, hall: Hall, conn: socket.socket, peer: str) -> None:
        self.hall, self.conn, self.peer = hall, conn, peer
        self.owned = True
        """`conn` is ours to close: no transport has it."""
        self.door: Door | None = None
        self.request: Request | None = None

    async def run(self) -> None:
        """Let the connection in or refuse it; nothing that goes wrong here reaches anybody else."""
        try:
            if await self._connected():
                assert self.door is not None
                self.request = await self._read(self.door)
                self._upgrade(self.door, self.request, await self._decided(self.door, self.request))
        except Refusal as refusal:
            await self._refuse(refusal.refused)
        except OSError as error:
            await self._refuse(Refused(0, str(error)))
        except Exception as error:
            log.exception("the door failed", listener=self.hall.name, peer=self.peer, error=repr(error))
            await self._refuse(Refused(503, "internal error", later()))
        finally:
            if self.owned:
                self.conn.close()
            elif self.door is not None and self.door.tcp.get_protocol() is self.door:
                self.door.tcp.abort()

    async def _connected(self) -> bool:
        """Make `door` from the socket, with TLS where this port has it. False: it went away without a word."""
        first = await first_byte(self.conn)
        context = self.hall.ssl_context
        if not first:
            return False
        if context is None:
            if first == TLS_HELLO:
                reject_tls(self.conn)
                raise Refusal(0, "a TLS hello: this is the plain port, the station must use ws:// or the TLS port")
            await self._connect(None)
        elif first == TLS_HELLO:
            async with self.hall.tls_permits:
                await self._connect(context)
        else:
            await self._connect(None)
            raise Refusal(400, "This is the TLS port: use wss://.")
        return True

    async def _connect(self, context: ssl.SSLContext | None) -> None:
        door = Door()
        loop: Any = asyncio.get_running_loop()
        tls: dict[str, Any] = {}
        if context is not None:
            loop, tls = QuietLoop(loop), TLS | {"ssl": context}
        with self.conn.dup() if context is not None else contextlib.nullcontext() as line:
            self.owned = False
            try:
                await aiofastnet.connect_accepted_socket(loop, lambda: door, self.conn, **tls)
            except OSError as error:  # ssl.SSLError is one
                if line is not None:
                    send_alert(line, error)
                raise Refusal(0, tls_reason(error)) from None
        self.door = door

    async def _read(self, door: Door) -> Request:
        try:
            async with asyncio.timeout(HEAD_TIMEOUT):
                head = await door.head()
        except TimeoutError:
            raise Refusal(408, f"The request was not complete within {HEAD_TIMEOUT:g} s.") from None
        method, target, headers = parse(head)
        tls = door.tcp.get_extra_info("ssl_object")
        certificate = tls.getpeercert(True) if tls is not None else None
        chain = sent_chain(tls) if certificate is not None else ()
        request = Request(method, target, headers, self.peer, certificate, tls is not None, self.hall.name, chain)
        self.request = request
        check_upgrade(method, headers)
        return request

    async def _decided(self, door: Door, request: Request) -> Admitted:
        async with self.hall.decide_turns.of(request.target):
            if self.hall.closing:
                raise Refusal(503, "The server restarts.", later())
            if door.lost:
                raise Refusal(0, "it went away while it waited for its turn")
            try:
                async with asyncio.timeout(DECIDE_TIMEOUT):
                    decision = await self.hall.decide(request)
            except Exception as error:
                log.exception("the decision failed", listener=self.hall.name, peer=self.peer, error=repr(error))
                decision = Refused(503, "internal error", later())
        if isinstance(decision, Refused):
            raise Refusal(decision.status, decision.reason, decision.headers)
        return decision

    def _upgrade(self, door: Door, request: Request, admitted: Admitted) -> None:
        receiver = admitted.receiver
        if door.lost or door.tcp.is_closing():
            tell_closed(receiver, "it went away before it was let in")
            return
        deflate = agree(request.headers.get("sec-websocket-extensions", ""))
        upgrade = Upgrade(request.headers["sec-websocket-key"], admitted.subprotocol, deflate, door.tail())
        hall = self.hall
        try:
            connection = hall.open_transport(door.tcp, receiver, upgrade, hall.limits, hall.connections.discard)
        except Exception:
            if door.tcp.get_protocol() is door:
                tell_closed(receiver, "internal error")
            else:
                door.tcp.abort()
            raise
        hall.connections.add(connection)

    async def _refuse(self, refused: Refused) -> None:
        self.hall.refused(self.request, self.peer, refused.status, refused.reason)
        door = self.door
        if not refused.status or door is None or door.lost or door.tcp.get_protocol() is not door:
            return
        door.tcp.write(answer(refused))
        half_close(door.tcp)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                await door.gone()


def later() -> dict[str, str]:
    """A time to come back that differs for each."""
    return {"Retry-After": str(rng.randint(5, 30))}


class QuietLoop:
    """The loop, for aiofastnet's TLS: when a peer goes away during the handshake it gives the loop's exception handler
    a class for an exception, about which asyncio prints fifty lines. `Arrival` reports failed handshakes itself."""

    __slots__ = ("_loop",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """All but failed handshakes."""
        if context.get("message") != "SSL handshake failed":
            self._loop.call_exception_handler(context)


async def turn_away(conn: socket.socket) -> None:
    """Answer 503 on a plain socket for which there is no room, without reading what it asks."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LINGER):
            await loop.sock_recv(conn, 65536)
            await loop.sock_sendall(
                conn, answer(Refused(503, "Too many stations are connecting; try again later.", later()))
            )
            conn.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(conn, 65536):
                pass
    except OSError:
        return
    finally:
        conn.close()


async def first_byte(conn: socket.socket) -> bytes:
    """Look at the first byte without taking it; b"" at the end of the stream. Raises Refusal when none comes."""
    loop = asyncio.get_running_loop()
    try:
        return conn.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        pass
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(conn, ready.cancel)  # level-triggered: cancelling twice does no harm
    try:
        done, _ = await asyncio.wait((ready,), timeout=HEAD_TIMEOUT)
    finally:
        loop.remove_reader(conn)
    if not done:
        raise Refusal(0, f"nothing was sent within {HEAD_TIMEOUT:g} s")
    return conn.recv(1, socket.MSG_PEEK)


def reject_tls(conn: socket.socket) -> None:
    """Tell a TLS client in its own language that there is no TLS here."""
    with contextlib.suppress(OSError):
        conn.recv(65536)  # what is left unread makes the kernel reset the connection
        conn.send(TLS_ALERT + bytes([HANDSHAKE_FAILURE]))


def send_alert(line: socket.socket, error: OSError) -> None:
    """Tell a station why its handshake failed: aiofastnet only hangs up. `line` is a second handle of its socket. In
    TLS 1.3 all but the first message are encrypted; what comes in plain then is just another way to end."""
    if isinstance(error, ssl.SSLError) and error.reason and "_ALERT_" not in error.reason:  # that one was the station's
        with contextlib.suppress(OSError):
            line.send(TLS_ALERT + bytes([ALERTS.get(error.reason, HANDSHAKE_FAILURE)]))


def sent_chain(tls: Any) -> tuple[bytes, ...]:
    """What a station sent after its own certificate, in DER; none when it resumes a session, and where the TLS engine
    cannot tell."""
    asked = getattr(tls, "get_unverified_chain", None)
    return () if asked is None else tuple((asked() or ())[1:])


def tls_reason(error: OSError) -> str:
    """Why TLS failed, for a technician: OpenSSL's reason without its file names."""
    if isinstance(error, ssl.SSLError) and error.reason:
        detail = getattr(error, "verify_message", "")
        return f"TLS: {error.reason.lower().replace('_', ' ')}" + (f" ({detail})" if detail else "")
    if isinstance(error, ConnectionResetError):
        return "TLS: the peer went away during the handshake; perhaps it does not trust our certificate"
    return f"TLS: {error}"


def tell_closed(receiver: Receiver, reason: str) -> None:
    """The end for a receiver that never saw its beginning."""
    try:
        receiver.closed(1006, reason)
    except Exception as error:
        log.exception("receiver failed at the end", error=repr(error))
