"""The default transport: picows parses and masks the frames in C, the rest of RFC 6455 and 7692 is here.

picows decides an upgrade synchronously and without the peer's address or certificate. So its server is not used: a
`WSProtocol` is put on a connection that was already admitted and is fed a small request of our own, which it answers
with the headers that we give it. This drives the protocol object directly, hence the pin to a minor version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport
from picows import WSUpgradeResponse as Response
from picows import WSUpgradeResponseWithListener as ResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from ohmstead.gateway.deflate import WORTHWHILE, BadDeflate, Deflate, TooLarge, inflate
from ohmstead.gateway.transport import STATE, Connection, Limits, Receiver, Upgrade, half_close
from ohmstead.runtime import log

TEXT, BINARY, CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
PING, PONG, CLOSE = WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE
REQUEST = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n"
)
READ_BUFFER = 2048
"""Bytes that an idle connection keeps for reading; grows with the messages that come."""


def open_picows(
    tcp: asyncio.Transport, receiver: Receiver, upgrade: Upgrade, limits: Limits, gone: Callable[[Connection], None]
) -> Connection:
    """Answer 101 and deliver frames from now on (`transport.Open`)."""
    connection = PicowsConnection(tcp, receiver, upgrade.deflate, limits, gone)
    headers = {}
    if upgrade.subprotocol is not None:
        headers["Sec-WebSocket-Protocol"] = upgrade.subprotocol
    if upgrade.deflate is not None:
        headers["Sec-WebSocket-Extensions"] = upgrade.deflate.header
    answer = ResponseWithListener(Response.create_101_response(headers), connection)
    line = Line(tcp, connection)
    frames = line.frames = WSProtocol(
        None,  # host
        None,  # path
        False,  # we are the server
        lambda _request: answer,
        line,  # its logger
        True,  # an exception of the listener disconnects
        None,  # no timer for the upgrade: its request is fed below
        False,  # no task for pings: the listener's ticker sends them
        20,
        20,
        1,
        False,  # pings are answered here, where what waits to be sent is watched
        limits.max_message,
        None,
        READ_BUFFER,
    )
    tcp.set_protocol(frames)
    frames.connection_made(line)
    tcp.resume_reading()
    _feed(frames, REQUEST % upgrade.key.encode() + upgrade.tail)
    return connection


def _feed(frames: Any, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        room = frames.get_buffer(-1)
        size = min(len(room), len(rest))
        room[:size] = rest[:size]
        rest = rest[size:]
        frames.buffer_updated(size)


class PicowsConnection(Connection, WSListener):
    """A `Connection` that is also the listener of picows' protocol object."""

    __slots__ = (*STATE, "_compressed", "_deflate", "_parts", "_socket")

    def __init__(
        self, tcp: asyncio.Transport, receiver: Receiver, deflate: Deflate | None, limits: Limits, gone: Any
    ) -> None:
        self._begin(tcp, receiver, limits, gone)
        self._deflate = deflate
        self._parts: bytearray | None = None
        """The fragments so far of a message that is not finished."""
        self._compressed = False

    # ---- WSListener ----

    def on_ws_connected(self, socket: WSTransport) -> None:
        self._socket: Any = socket  # its stub does not know that close codes are integers
        self._guard(self.receiver.opened, self)

    def on_ws_frame(self, socket: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        self._heard = True
        if self.ending is not None and kind != CLOSE:
            return
        if frame.rsv2 or frame.rsv3 or (frame.rsv1 and (kind not in (TEXT, BINARY) or self._deflate is None)):
            self.close(1002, "a reserved bit is set")
        elif kind == TEXT:
            self._text(frame)
        elif kind == CONTINUATION:
            self._continued(frame)
        elif kind == PING:
            socket.send_pong(frame.get_payload_as_bytes())
            if self._choked:
                self._check_unsent()
        elif kind == PONG:
            self._ponged(frame.get_payload_as_bytes())
        elif kind == CLOSE:
            self._closed_by_peer(frame)
        else:
            self.close(1003, "OCPP messages are text")

    def on_ws_disconnected(self, socket: WSTransport) -> None:
        self._lost(None)

    def _text(self, frame: WSFrame) -> None:
        if self._parts is not None:
            self.close(1002, "a new message inside a fragmented one")
        elif frame.fin and not frame.rsv1:
            self._deliver(frame.get_payload_as_bytes())
        else:
            self._parts, self._compressed = bytearray(frame.get_payload_as_bytes()), bool(frame.rsv1)
            if frame.fin:
                self._assembled()

    def _continued(self, frame: WSFrame) -> None:
        if self._parts is None:
            self.close(1002, "a continuation of nothing")
        elif len(self._parts) + frame.payload_size > self.limits.max_message:
            self._parts = None
            self.close(1009, f"a message is larger than {self.limits.max_message} bytes")
        else:
            self._parts += frame.get_payload_as_bytes()
            if frame.fin:
                self._assembled()

    def _assembled(self) -> None:
        parts, self._parts = self._parts, None
        assert parts is not None
        if not self._compressed:
            self._deliver(bytes(parts))
            return
        try:
            message = inflate(parts, self.limits.max_message)
        except TooLarge as error:
            self.close(1009, str(error))
        except BadDeflate:
            self.close(1007, "the message does not inflate")
        else:
            self._deliver(message)

    def _closed_by_peer(self, frame: Any) -> None:
        code = int(frame.get_close_code()) if frame.payload_size else 1005
        if code > 4999:  # picows has judged the others
            self.close(1002, "a close code that does not exist")
        elif self.ending is None:
            self._socket.send_close(1000 if code == 1005 else code)
        self._ends(code, frame.get_close_reason() or "")
        self._tcp.close()

    # ---- Connection ----

    def _write_text(self, frame: bytes) -> None:
        if self._deflate is not None and len(frame) > WORTHWHILE:
            self._socket.send(TEXT, self._deflate.compress(frame), rsv1=True)
        else:
            self._socket.send(TEXT, frame)

    def _write_ping(self, payload: bytes) -> None:
        self._socket.send_ping(payload)

    def _write_close(self, code: int, reason: str) -> None:
        self._socket.send_close(code, reason)


class Line:
    """What picows takes for its TCP transport and for its logger: both, because it tells of an error in the frames to
    its logger first, then sends a close frame with the right code, and hangs up a little later."""

    __slots__ = ("_connection", "_tcp", "frames", "get_extra_info", "get_write_buffer_size", "write", "writelines")

    def __init__(self, tcp: asyncio.Transport, connection: PicowsConnection) -> None:
        self._tcp, self._connection = tcp, connection
        self.frames: Any = None
        self.get_extra_info = tcp.get_extra_info
        self.get_write_buffer_size = tcp.get_write_buffer_size
        self.write = tcp.write
        self.writelines = tcp.writelines

    def close(self) -> None:
        """picows hangs up after an error in the frames: no byte of the rest may reach its growing buffer."""
        shake = self.frames.transport.close_handshake
        if shake is not None and shake.sent is not None:
            self._connection._ends(int(shake.sent.code), shake.sent.reason)
        if not self._tcp.is_closing():
            self._tcp.set_protocol(Discard(self.frames))
            self._tcp.resume_reading()
            half_close(self._tcp)

    def abort(self) -> None:
        self._tcp.abort()

    def isEnabledFor(self, level: int) -> bool:
        return False

    def info(self, text: str, *arguments: object) -> None: ...

    debug = info

    def error(self, text: str, *arguments: object) -> None:
        self._tcp.pause_reading()  # until `close`

    def exception(self, text: str, *arguments: object) -> None:
        log.exception("picows failed", what=text % arguments)
        self._tcp.pause_reading()


class Discard(asyncio.Protocol):
    """Reads to the end for nothing, so that the peer gets to read our close frame; then tells `frames`."""

    def __init__(self, frames: Any) -> None:
        self._frames = frames

    def connection_lost(self, error: BaseException | None) -> None:
        self._frames.connection_lost(error)
