"""A00: a station that can only do TLS 1.1 is not let in. Said by hand: OpenSSL of today does not say it."""

from __future__ import annotations

import asyncio
import os
import struct
from urllib.parse import urlsplit

from ohmstead.conformance.case import ALL, NotApplicable, case, wanted
from ohmstead.conformance.talk import Talk

TLS_1_1 = b"\x03\x02"
ALERT, HANDSHAKE, SERVER_HELLO = 21, 22, 2
_SUITES = bytes.fromhex("c009c00ac013c014002f0035")
"""With AES and SHA-1, as stations of that time have them."""


def client_hello(host: str) -> bytes:
    """The first record of a client that knows nothing later than TLS 1.1 (RFC 4346 7.4.1.2)."""
    name = host.encode("idna")
    server_name = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = b"".join(
        struct.pack(">HH", kind, len(data)) + data
        for kind, data in ((0, server_name), (10, b"\x00\x04\x00\x17\x00\x18"), (11, b"\x01\x00"))
    )
    body = TLS_1_1 + os.urandom(32) + b"\x00" + struct.pack(">H", len(_SUITES)) + _SUITES + b"\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    hello = b"\x01" + len(body).to_bytes(3, "big") + body
    return bytes((HANDSHAKE,)) + b"\x03\x01" + struct.pack(">H", len(hello)) + hello


@case("TC_A_06_CSMS", "TLS of a version that is too low", "A00.FR.314 A00.FR.409", ALL)
async def too_low(talk: Talk) -> None:
    url = urlsplit(talk.endpoint.url)
    if url.scheme != "wss" or url.hostname is None:
        raise NotApplicable("this is for TLS: give wss://")
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 443)
    try:
        writer.write(client_hello(url.hostname))
        async with asyncio.timeout(talk.patience):
            head = await reader.read(6)
    except ConnectionError:
        head = b""
    finally:
        writer.close()
    taken = len(head) == 6 and (head[0], head[5]) == (HANDSHAKE, SERVER_HELLO)
    wanted(not taken, "the CSMS goes on with a station that knows TLS 1.1 at most")
    if head and head[0] != ALERT:
        talk.lacks.append("a version that is too low should be answered with an alert")
    await talk.boots()
