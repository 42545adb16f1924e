"""Rules of webhooks: which events one wants, when a delivery is tried again, and when it is given up; its signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

SECOND = 1_000_000
WAITS = (5, 30, 120, 600, 1800, 3600, 7200)
"""Seconds after the first, second ... failure; later ones wait as long as the last but twice."""
LONGEST_WAIT = 4 * 3600
GIVE_UP = 3 * 24 * 3600 * SECOND
"""After this long since the first attempt a delivery is dead."""


def matches(patterns: Iterable[str], type: str) -> bool:
    """Whether an event of this type is wanted: a pattern is a type, or the beginning of one and `*`."""
    return any(type.startswith(pattern[:-1]) if pattern.endswith("*") else type == pattern for pattern in patterns)


def wait_after(failures: int) -> int:
    """Seconds to wait after so many failures in a row, from 1 on."""
    return WAITS[failures - 1] if failures <= len(WAITS) else LONGEST_WAIT


def next_attempt(failures: int, first_at: int, now: int, asked: int = 0) -> int | None:
    """When a delivery that failed is tried again (microseconds); None: it is given up. `asked` is the receiver's own
    Retry-After in seconds, taken up to LONGEST_WAIT."""
    wait = max(wait_after(failures), min(asked, LONGEST_WAIT))
    return None if now - first_at >= GIVE_UP else now + wait * SECOND


def sign(secret: str, id: str, second: int, body: bytes) -> str:
    """The signature `v1,...` of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body.

    Raises ValueError on what is no secret.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{id}.{second}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
