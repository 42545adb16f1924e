"""Short texts sealed under the server key, which lies beside the database and not in it.

An answer that holds a password is kept for its repeat (`Idempotency-Key`), and a command that carries one until its
station comes; but never in clear: who reads the database alone cannot read it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

import msgspec

from ohmstead.ocpp.masking import masked

SEALED = "sealed"
"""Member of a command's body; none that anybody asks for is called so."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def seal(key: bytes, text: str) -> str:
    """`text` made unreadable without `key`: nonce, tag, and the text under HMAC-SHA256 in counter mode; base64."""
    nonce, plain = secrets.token_bytes(16), text.encode()
    hidden = _mask(key, nonce, plain)
    return base64.b64encode(nonce + _tag(key, nonce + hidden) + hidden).decode()


def unseal(key: bytes, sealed: str) -> str:
    """The text of `seal`. Raises ValueError when it was sealed under another key, or changed."""
    raw = base64.b64decode(sealed)
    nonce, tag, hidden = raw[:16], raw[16:48], raw[48:]
    if not hmac.compare_digest(tag, _tag(key, nonce + hidden)):
        raise ValueError("sealed under another key, or changed")
    return _mask(key, nonce, hidden).decode()


def closed(key: bytes, body: str) -> str:
    """The JSON object of a command as it is kept: passwords in it masked, and all of it sealed beside them. One that
    holds none stays as it is."""
    shown = masked(body)
    return body if shown == body else _encode({**_decode(shown), SEALED: seal(key, body)}).decode()


def opened(key: bytes, body: str) -> str:
    """The text of `closed` as it was. Raises ValueError as `unseal` does."""
    sealed = _decode(body).get(SEALED) if f'"{SEALED}"' in body else None
    return body if sealed is None else unseal(key, sealed)


def _tag(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, b"tag" + data, hashlib.sha256)


def _mask(key: bytes, nonce: bytes, data: bytes) -> bytes:
    blocks = range(-(-len(data) // 32))
    stream = b"".join(hmac.digest(key, b"mask" + nonce + n.to_bytes(4, "big"), hashlib.sha256) for n in blocks)
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
