"""The TLS contexts of the door: TLS 1.2 and 1.3, the suites of OCPP, and nothing else.

Both profiles with TLS use one port: the client certificate is asked for, and whether the station needs one is decided
when it has said who it is. A certificate by a foreign CA ends the handshake here; its dates do not, because they are
judged by our own clock and station by station (`pki.trust`), which OpenSSL could not do.
"""

from __future__ import annotations

import contextlib
import secrets
import ssl
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from msgspec import Struct

from ohmstead.pki import keys
from ohmstead.pki.certificate import to_pem
from ohmstead.pki.trust import Trust

FORWARD_SECRET = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",  # A00.FR.318, .421
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
RSA_KEY_EXCHANGE = (
    "AES128-GCM-SHA256",  # A00.FR.318, .421: TLS_RSA_WITH_AES_128_GCM_SHA256, ..._256_GCM_SHA384
    "AES256-GCM-SHA384",
)
"""Without forward secrecy, but OCPP demands that we offer them."""
PARTIAL_CHAIN = 0x80000
"""X509_V_FLAG_PARTIAL_CHAIN: what the operator trusts is trusted, whether it signed itself or not."""
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME."""


class Identity(Struct, frozen=True):
    """A certificate of ours with its key."""

    key: keys.PrivateKey
    chain: tuple[x509.Certificate, ...]
    """Our certificate, then the CAs above it, without the root."""


Chains = Sequence[Sequence[x509.Certificate]]
"""Of certificates of ours, each the first of its chain; without roots."""


class Door(ssl.SSLContext):
    """A context that says of itself that it asks for no certificate, though it does where it was told to.

    aiofastnet decodes the certificate of each peer for `peercert`, by way of a temporary file, and nobody here reads
    that; it does so where `verify_mode` says that certificates are asked for. That costs 0.4 ms, which is half of a
    resumed handshake. OpenSSL has the true mode, and `asks` tells it.
    """

    verify_mode = ssl.CERT_NONE
    _true: Any = ssl.SSLContext.verify_mode

    @property
    def asks(self) -> bool:
        return bool(Door._true.__get__(self) != ssl.CERT_NONE)

    def ask(self) -> None:
        """Ask for a certificate, and do without one too."""
        Door._true.__set__(self, ssl.CERT_OPTIONAL)


def server_context(trust: Trust | None, *, rsa_key_exchange: bool = True) -> Door:
    """A context that asks for a client certificate by `trust` and does without one too; None: it never asks.

    It needs at least one `load` before it serves.
    """
    context = Door(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # level 2: keys and signatures of 112 bits at least, A00.FR.501 to .503
    context.set_ciphers(":".join((*FORWARD_SECRET, *(RSA_KEY_EXCHANGE if rsa_key_exchange else ()))) + ":@SECLEVEL=2")
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if trust is not None:
        context.ask()
        context.verify_flags |= PARTIAL_CHAIN | NO_CHECK_TIME
        context.load_verify_locations(cadata=to_pem((*trust.anchors, *trust.intermediates)))
    return context


LEGACY = ("AES128-SHA", "AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA")
"""Of TLS 1.0 and 1.1, for 1.6 stations that know nothing else: TLS_RSA_WITH_AES_128_CBC_SHA and its like."""


class NoLegacy(Exception):
    """This machine's OpenSSL cannot do TLS 1.0 or 1.1."""


def legacy_context() -> ssl.SSLContext:
    """A context that takes TLS 1.0 and newer and never asks for a client certificate. Its signatures are by SHA-1: only
    a port of its own has it (A00.FR.006), and only stations of OCPP 1.6 come in there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers(":".join((*FORWARD_SECRET, *RSA_KEY_EXCHANGE, *LEGACY)) + ":@SECLEVEL=0")
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def check_legacy(identities: Sequence[Identity]) -> None:
    """Shake hands with ourselves by TLS 1.1. Raises NoLegacy where OpenSSL, or the machine's policy, forbids it."""
    server = legacy_context()
    load(server, identities)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client.minimum_version, client.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    client.set_ciphers("ALL:@SECLEVEL=0")
    wires = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(wires[0], wires[1]), server.wrap_bio(wires[1], wires[0], server_side=True)
    try:
        for _ in range(8):
            for end in ends:
                with contextlib.suppress(ssl.SSLWantReadError):
                    end.do_handshake()
    except ssl.SSLError as error:
        raise NoLegacy(str(error)) from None
    if ends[0].version() not in ("TLSv1", "TLSv1.1"):
        raise NoLegacy("the handshake does not end")


def load(context: ssl.SSLContext, identities: Sequence[Identity]) -> None:
    """Give the context our certificates, one for each kind of key; those it had of that kind are replaced from the next
    handshake on. To be called on the thread that does the handshakes."""
    for one in identities:
        password = secrets.token_hex(16)  # OpenSSL reads files only: what it reads is sealed and gone at once
        with tempfile.NamedTemporaryFile("w", prefix="ohmstead-", suffix=".pem") as file:
            file.write(keys.to_pem(one.key, password.encode()) + to_pem(one.chain))
            file.flush()
            context.load_cert_chain(file.name, password=password)
