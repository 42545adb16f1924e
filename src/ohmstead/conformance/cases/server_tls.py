"""A00: the CSMS's side of TLS: the certificate that it shows, and that a station which can only do TLS 1.1 is not let in
(said by hand: OpenSSL of today does not say it)."""

from __future__ import annotations

import asyncio
import os
import ssl
import struct
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ohmstead.conformance.case import ALL, V2, Broken, NotApplicable, add, case, wanted
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V16

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
    url = _place(talk)
    assert url.hostname is not None
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


def _place(talk: Talk) -> SplitResult:
    url = urlsplit(talk.endpoint.url)
    if url.scheme != "wss" or url.hostname is None:
        raise NotApplicable("this is for TLS: give wss://")
    return url


async def right_certificate(talk: Talk) -> None:
    """A certificate that the station trusts, for the name it dialled, with a key that is long enough."""
    url, tls = _place(talk), talk.endpoint.tls or ssl.create_default_context()
    try:
        async with asyncio.timeout(talk.patience):
            _, writer = await asyncio.open_connection(url.hostname, url.port or 443, ssl=tls)
    except (ssl.SSLError, OSError) as error:
        raise Broken(f"the station does not trust what the CSMS shows: {error}") from None
    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
    one, spoken = x509.load_der_x509_certificate(shown.getpeercert(binary_form=True) or b""), shown.version()
    writer.close()
    wanted(spoken in ("TLSv1.2", "TLSv1.3"), f"TLS must be 1.2 or newer, it is {spoken}")
    key, least = one.public_key(), 224 if isinstance(one.public_key(), ec.EllipticCurvePublicKey) else 2048
    long = isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and key.key_size >= least
    wanted(long, f"the key of the certificate must have {least} bits or more")
    used = one.signature_hash_algorithm
    wanted(used is not None and used.digest_size >= 32, "the certificate must be signed with SHA-256 or better")
    await talk.boots()
    await talk.alive()


_WANTS = "A00.FR.306 A00.FR.307 A00.FR.312 A00.FR.318 A00.FR.502 A00.FR.503 A00.FR.507 A00.FR.510"
add("TC_A_04_CSMS", "The certificate of the CSMS", _WANTS, V2, right_certificate)
add("TC_086_CSMS", "The certificate of the CSMS", "A00.FR.306 A00.FR.312", (V16,), right_certificate)
