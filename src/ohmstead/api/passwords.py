"""Passwords of people: guessable, so their hash is slow (scrypt); off the loop, because it is slow."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets

N, R, P = 1 << 15, 8, 1
"""Cost: some 60 ms and 32 MiB for each try."""
MEMORY = 64 << 20


async def hashed(password: str) -> str:
    """The text to keep: its parameters, salt and hash."""
    salt = secrets.token_bytes(16)
    return f"scrypt${N}${R}${P}${salt.hex()}${await asyncio.to_thread(_scrypt, password, salt, N, R, P)}"


async def matches(password: str, kept: str | None) -> bool:
    """Whether it is the one. Where nobody has this name (None) it takes as long, and is never right."""
    _, n, r, p, salt, wanted = (kept or f"scrypt${N}${R}${P}${'00' * 16}$").split("$")
    found = await asyncio.to_thread(_scrypt, password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, wanted)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=MEMORY, dklen=32).hex()
