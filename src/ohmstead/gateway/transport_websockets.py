"""The second transport: websockets' sans-I/O protocol, in pure Python. Slower (28 us a message against 8), and there
so that nothing in Ohmstead depends on picows alone; the same tests run on both."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from typing import Any

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, Protocol, Side, State

from ohmstead.gateway.deflate import WORTHWHILE
from ohmstead.gateway.transport import STATE, Connection, Limits, Receiver, Upgrade, half_close

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def open_websockets(
    tcp: asyncio.Transport, receiver: Receiver, upgrade: Upgrade, limits: Limits, gone: Callable[[Connection], None]
) -> Connection:
    """Answer 101 and deliver frames from now on (`transport.Open`)."""
    connection = WebsocketsConnection(tcp, receiver, upgrade, limits, gone)
    accept = b64encode(sha1(upgrade.key.encode() + _GUID).digest()).decode()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
    ]
    if upgrade.subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {upgrade.subprotocol}")
    if upgrade.deflate is not None:
        lines.append(f"Sec-WebSocket-Extensions: {upgrade.deflate.header}")
    tcp.write("\r\n".join([*lines, "", ""]).encode())
    tcp.set_protocol(connection)
    tcp.resume_reading()
    connection.begin(upgrade.tail)
    return connection


class WebsocketsConnection(Connection, asyncio.Protocol):
    """A `Connection` around a sans-I/O protocol object."""

    __slots__ = (*STATE, "__weakref__", "_frames", "_parts")

    def __init__(self, tcp: asyncio.Transport, receiver: Receiver, upgrade: Upgrade, limits: Limits, gone: Any) -> None:
        self._begin(tcp, receiver, limits, gone)
        self._frames = Protocol(Side.SERVER, state=State.OPEN, max_size=limits.max_message)
        if upgrade.deflate is not None:
            self._frames.extensions = [_Deflate(True, True, 15, upgrade.deflate.server_bits or 15)]
        self._parts = bytearray()

    def begin(self, tail: bytes) -> None:
        """The 101 is written: tell the receiver, and read what followed the request."""
        self._guard(self.receiver.opened, self)
        if tail:
            self.data_received(tail)

    # ---- asyncio.Protocol ----

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._frames.receive_data(data)
        for frame in self._frames.events_received():
            if isinstance(frame, Frame):
                self._framed(frame)
        self._flush()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: BaseException | None) -> None:
        self._lost(error)

    def _framed(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            close = self._frames.close_rcvd
            assert close is not None
            self._ends(close.code, close.reason)
        elif self.ending is not None:
            return
        elif frame.opcode is Opcode.BINARY:
            self.close(1003, "OCPP messages are text")
        elif frame.opcode is Opcode.PONG:
            self._ponged(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts += frame.data
            if frame.fin:
                message, self._parts = bytes(self._parts), bytearray()
                self._deliver(message)

    def _flush(self) -> None:
        """Write what the protocol object has to say."""
        for data in self._frames.data_to_send():
            if data is SEND_EOF:
                self._hang_up()
            else:
                self._tcp.write(data)
        if self._choked:
            self._check_unsent()

    def _hang_up(self) -> None:
        sent = self._frames.close_sent
        if sent is not None:
            self._ends(sent.code, sent.reason)
        if self._frames.close_rcvd is not None:
            self._tcp.close()
        else:
            half_close(self._tcp)

    # ---- Connection ----
    # The protocol object reads ahead: it may have closed because of a frame behind the one that is being handled.

    def _write_text(self, frame: bytes) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_text(frame)
            self._flush()

    def _write_ping(self, payload: bytes) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_ping(payload)
            self._flush()

    def _write_close(self, code: int, reason: str) -> None:
        if self._frames.state is State.OPEN:
            self._frames.send_close(code, reason)
            self._flush()


class _Deflate(PerMessageDeflate):
    """Small messages are not worth compressing."""

    def encode(self, frame: Frame) -> Frame:
        return frame if len(frame.data) <= WORTHWHILE else super().encode(frame)
