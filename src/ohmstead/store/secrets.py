"""Short texts sealed under the server key, which lies beside the database and not in it.

An answer that holds a password is kept for its repeat (`Idempotency-Key`), but never in clear: who reads the database
alone cannot read it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


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


def _tag(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, b"tag" + data, hashlib.sha256)


def _mask(key: bytes, nonce: bytes, data: bytes) -> bytes:
    blocks = range(-(-len(data) // 32))
    stream = b"".join(hmac.digest(key, b"mask" + nonce + n.to_bytes(4, "big"), hashlib.sha256) for n in blocks)
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
