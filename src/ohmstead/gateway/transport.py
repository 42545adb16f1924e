"""Text frames after the upgrade: the interface, and what its two implementations share.

`Transport` is what a session sees of its socket, `Receiver` what a transport sees of its session. There are two
implementations, over picows (`transport_picows`, the default) and over websockets' sans-I/O protocol
(`transport_websockets`), run by the same tests, so that the fate of one small library is not ours.

How a connection ends is one fact, `ending`, and the first cause wins: the peer's close frame, our close frame, an
error in the frames, or none of these (1006). `Receiver.closed` reports it, exactly once, after the TCP connection is
gone. A connection has no task and no timer: `tick`, called by the listener's one ticker, sends the pings, finds dead
peers and ends close handshakes that take too long.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from ohmstead.gateway.deflate import Deflate
from ohmstead.runtime import log, monotonic


class Transport(Protocol):
    """One open WebSocket, as a session uses it. After its end every method does nothing."""

    def send(self, frame: bytes) -> None:
        """Send one text message; compressed when that was agreed and the message is over 200 bytes."""

    def close(self, code: int, reason: str) -> None:
        """Send a close frame, wait for the peer's (bounded), then close the TCP connection."""

    def abort(self) -> None:
        """Cut the TCP connection at once."""

    def ping(self) -> None:
        """Send a ping now; `Receiver.pong` tells when it is answered."""

    def pause_reading(self) -> None:
        """Take no more messages from the peer for now; what has been read already still arrives."""

    def resume_reading(self) -> None:
        """Go on reading."""


class Receiver(Protocol):
    """What a session gives to a transport; an exception in `opened`, `text` or `pong` closes the socket (1011)."""

    def opened(self, transport: Transport) -> None:
        """The upgrade is done. Not called when the peer goes before that."""

    def text(self, data: bytes) -> None:
        """One whole message: inflated, valid UTF-8, at most `max_message` bytes."""

    def pong(self) -> None:
        """The answer to the last `Transport.ping`."""

    def closed(self, code: int, reason: str) -> None:
        """The end, exactly once, whoever caused it. `code` is the WebSocket close code, 1006 if there was none."""


class Limits(Struct, frozen=True):
    """What one connection may cost; times in seconds."""

    max_message: int = 1 << 20
    """Bytes of one message, as sent and inflated: more closes with 1009."""
    max_unsent: int = 4 << 20
    """Bytes that may wait for a peer that does not read: more cuts the connection."""
    ping_interval: float = 60.0
    """Silence after which we ping; 0 = never."""
    pong_timeout: float = 20.0
    """How long a ping may stay without any sign of life."""
    close_timeout: float = 5.0
    """How long a close handshake may take."""


class Upgrade(Struct, frozen=True):
    """An admitted request: what the answer to it says, and what followed it."""

    key: str
    subprotocol: str | None
    deflate: Deflate | None
    tail: bytes = b""
    """Bytes that came after the head of the request."""


Open = Callable[[asyncio.Transport, Receiver, Upgrade, Limits, Callable[["Connection"], None]], "Connection"]
"""Upgrade a connection whose request head was read: answers 101, and calls the last argument at its end."""


class Connection:
    """What both implementations share; they declare STATE as their slots."""

    if not TYPE_CHECKING:  # mypy does not know slots that only subclasses declare
        __slots__ = ()

    _tcp: asyncio.Transport
    receiver: Receiver
    limits: Limits
    ending: tuple[int, str] | None
    _gone: Callable[[Connection], None]
    _due: float
    _heard: bool
    _pinged: bool
    _choked: bool
    _pings: int

    def _begin(self, tcp: asyncio.Transport, receiver: Receiver, limits: Limits, gone: Any) -> None:
        self._tcp, self.receiver, self.limits, self._gone = tcp, receiver, limits, gone
        self.ending = None
        self._heard = self._pinged = self._choked = False
        self._pings = 0
        self._due = monotonic() + limits.ping_interval if limits.ping_interval else math.inf

    # ---- what an implementation provides ----

    def _write_text(self, frame: bytes) -> None:
        raise NotImplementedError

    def _write_ping(self, payload: bytes) -> None:
        raise NotImplementedError

    def _write_close(self, code: int, reason: str) -> None:
        raise NotImplementedError

    # ---- Transport ----

    def send(self, frame: bytes) -> None:
        if self.ending is None:
            self._write_text(frame)
            if self._choked:
                self._check_unsent()

    def close(self, code: int, reason: str) -> None:
        if self.ending is None:
            reason = shortened(reason)
            self._ends(code, reason)
            self._write_close(code, reason)

    def abort(self) -> None:
        self._cut("aborted")

    def ping(self) -> None:
        if self.ending is None:
            self._pings += 1
            self._write_ping(b"%d" % self._pings)

    def pause_reading(self) -> None:
        if not self._tcp.is_closing():
            self._tcp.pause_reading()

    def resume_reading(self) -> None:
        if not self._tcp.is_closing():
            self._tcp.resume_reading()

    # ---- what happens to it ----

    def tick(self, now: float) -> None:
        """Do what is due at `now` (of `runtime.monotonic`); costs next to nothing while nothing is."""
        if now < self._due:
            return
        if self.ending is not None:
            self._cut("")
        elif self._heard or not self._tcp.is_reading():
            self._heard = self._pinged = False
            self._due = now + self.limits.ping_interval
        elif self._pinged:
            self._cut(f"no answer to a ping within {self.limits.pong_timeout:g} s")
        else:
            self._pinged = True
            self._due = now + self.limits.pong_timeout
            self._write_ping(b"")

    def _guard(self, work: Callable[..., None], *arguments: Any) -> None:
        """Call the receiver; its mistake costs its own connection only."""
        try:
            work(*arguments)
        except Exception as error:
            log.exception("receiver failed", error=repr(error))
            self.close(1011, "internal error")

    def _deliver(self, data: bytes) -> None:
        """One whole message from the peer."""
        try:
            data.decode()
        except UnicodeDecodeError:
            self.close(1007, "not valid UTF-8")
            return
        self._guard(self.receiver.text, data)

    def _ponged(self, payload: bytes) -> None:
        if self._pings and payload == b"%d" % self._pings:
            self._guard(self.receiver.pong)

    def pause_writing(self) -> None:
        """asyncio's word that much waits to be sent."""
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False

    def _check_unsent(self) -> None:
        if self._tcp.get_write_buffer_size() > self.limits.max_unsent:
            self._cut("it does not read what we send")

    # ---- the end ----

    def _ends(self, code: int, reason: str) -> None:
        """The cause of the end, if it is the first one; from now on the clock of the close handshake runs."""
        if self.ending is None:
            self.ending = (int(code), reason)
        self._due = monotonic() + self.limits.close_timeout

    def _cut(self, reason: str) -> None:
        if self.ending is None:
            self.ending = (1006, reason)
        self._due = math.inf
        self._tcp.abort()

    def _lost(self, error: BaseException | None) -> None:
        """The TCP connection is gone."""
        if self.ending is None:
            self.ending = (1006, str(error) if error else "the connection was lost")
        self._due = math.inf
        self._gone(self)
        try:
            self.receiver.closed(*self.ending)
        except Exception as problem:
            log.exception("receiver failed at the end", error=repr(problem))


STATE = ("_choked", "_due", "_gone", "_heard", "_pinged", "_pings", "_tcp", "ending", "limits", "receiver")
"""The slots of a Connection. It declares none itself because a class of the picows library is a base beside it."""


def shortened(reason: str) -> str:
    """`reason` in the 123 bytes that a close frame has for it (RFC 6455, 5.5)."""
    return reason.encode()[:123].decode(errors="ignore")


def half_close(tcp: asyncio.Transport) -> None:
    """End our direction and let the peer end his: a close() while he still sends would make the kernel answer with a
    reset, which can destroy the close frame or HTTP answer that he has not read yet."""
    if tcp.is_closing():
        return
    if not tcp.can_write_eof():
        tcp.close()
        return
    try:
        tcp.write_eof()
    except OSError:  # reset by the peer, which we have not read yet
        tcp.abort()
