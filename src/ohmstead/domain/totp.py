"""The one-time password in the QR code of a station (C25), "TOTP algorithm, version 1": HMAC-SHA256, by the secret as
text, over the number of the time interval; characters of base 62 from the offset that the last byte names."""

from __future__ import annotations

import hmac
import string

ALPHABET = string.digits + string.ascii_lowercase + string.ascii_uppercase
VERSION = "v1"


def totp(secret: str, validity_s: int, length: int, at: int) -> str:
    """The password of the interval in which `at` (microseconds since 1970) lies."""
    interval = at // 1_000_000 // validity_s
    digest = hmac.digest(secret.encode(), interval.to_bytes(8, "big"), "sha256")
    begin = digest[-1] & 0x0F
    return "".join(ALPHABET[digest[(begin + n) % len(digest)] % len(ALPHABET)] for n in range(length))


def matches(given: str, secret: str, validity_s: int, length: int, at: int) -> bool:
    """Whether it is the password of this interval, or of the ones beside it: a driver needs time, and clocks differ."""
    right = [totp(secret, validity_s, length, at + n * validity_s * 1_000_000) for n in (0, -1, 1)]
    return any([hmac.compare_digest(given.encode(), one.encode()) for one in right])
