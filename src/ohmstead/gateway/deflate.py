"""permessage-deflate (RFC 7692) without context takeover: no zlib state is kept between messages.

A context costs 54 to 268 KiB per connection, which is several times all that a connection needs otherwise. OCPP 2.x
asks a CSMS to support compression (Part 4, 3.4); it does not ask for context takeover.
"""

from __future__ import annotations

import zlib

from msgspec import Struct

WORTHWHILE = 200
"""Bytes from which on a message is compressed."""
_TAIL = b"\x00\x00\xff\xff"
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS = ("server_max_window_bits", "client_max_window_bits")


class BadDeflate(ValueError):
    """The compressed message is no deflate stream."""


class TooLarge(ValueError):
    """The message would inflate to more than the limit."""


class Deflate(Struct, frozen=True):
    """What was agreed; `server_bits` (9..15) is the window that the peer can hold."""

    server_bits: int | None = None

    @property
    def header(self) -> str:
        """The value of Sec-WebSocket-Extensions in our answer."""
        value = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        return value if self.server_bits is None else f"{value}; server_max_window_bits={self.server_bits}"

    def compress(self, data: bytes) -> bytes:
        """The payload of one frame with RSV1."""
        squeezer = zlib.compressobj(wbits=-(self.server_bits or 15))
        return (squeezer.compress(data) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(data: bytes | bytearray, limit: int) -> bytes:
    """The message of at most `limit` bytes; raises TooLarge before more than that is inflated, or BadDeflate."""
    inflater = zlib.decompressobj(wbits=-15)
    try:
        message = inflater.decompress(bytes(data) + _TAIL, limit + 1)
    except zlib.error as error:
        raise BadDeflate(str(error)) from None
    if len(message) > limit:
        raise TooLarge(f"The message is larger than {limit} bytes.")
    return message


def agree(offers: str) -> Deflate | None:
    """Choose among the offers of a Sec-WebSocket-Extensions header; None when there is none that we can keep."""
    for offer in offers.split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        if name.lower() == "permessage-deflate" and (deflate := _accept(parameters)) is not None:
            return deflate
    return None


def _accept(parameters: list[str]) -> Deflate | None:
    """RFC 7692, 7.1: an offer with an unknown, repeated or wrong parameter is declined."""
    seen: dict[str, str] = {}
    for parameter in parameters:
        name, equals, value = (part.strip() for part in parameter.partition("="))
        value = value.strip('"')
        if name in seen or (name in _FLAGS and equals):
            return None
        if name in _WINDOWS and not (value in _BITS or (name == "client_max_window_bits" and not equals)):
            return None
        if name not in _FLAGS and name not in _WINDOWS:
            return None
        seen[name] = value
    bits = seen.get("server_max_window_bits")
    if bits == "8":  # zlib cannot compress with so small a window
        return None
    return Deflate(None if bits is None else int(bits))


_BITS = frozenset(str(bits) for bits in range(8, 16))
