"""Files sealed under a passphrase, block by block: of any length, in little memory.

    head      "ohmstead-sealed1", the binary logarithm of scrypt's N (1 byte), salt (16), nonce (7)
    blocks    1 MiB each, the last one shorter, perhaps empty; behind each its tag of AES-256-GCM (16)

The key is scrypt's (N, r = 8, p = 1) of passphrase and salt. The nonce of a block is that of the head, its number (4
bytes) and whether it is the last one (1 byte), and the head is authenticated with it: blocks that are changed,
exchanged, cut off or added do not open. (The STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár.)
"""

from __future__ import annotations

import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC, SALT, NONCE, TAG = b"ohmstead-sealed1", 16, 7, 16
BLOCK = 1 << 20
COST, MOST = 17, 20
"""Binary logarithms of scrypt's N: what is used (a third of a second, 128 MiB), and what a file may ask for."""


class Unsealable(Exception):
    """A file cannot be opened; the message says why."""


class Sealer:
    """Takes bytes and writes them sealed into `file`; only what was closed is whole."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        self._head = MAGIC + bytes([COST]) + os.urandom(SALT + NONCE)
        self._cipher, self._file, self._number = _cipher(self._head, passphrase), file, 0
        self._waiting = bytearray()
        file.write(self._head)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) >= BLOCK:
            self._put(bytes(self._waiting[:BLOCK]), last=False)
            del self._waiting[:BLOCK]
        return len(data)

    def close(self) -> None:
        """Write the last block."""
        self._put(bytes(self._waiting), last=True)

    def _put(self, plain: bytes, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._head, self._number, last), plain, self._head))
        self._number += 1


class Opener:
    """What was sealed into `file`, piece by piece. Raises Unsealable, at once or when it comes to what is wrong."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        self._head = file.read(len(MAGIC) + 1 + SALT + NONCE)
        if not self._head.startswith(MAGIC) or self._head[len(MAGIC)] > MOST:
            raise Unsealable("is no sealed file")
        self._cipher, self._file, self._number = _cipher(self._head, passphrase), file, 0
        self._waiting, self._over = bytearray(), False

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        while len(self._waiting) < size and not self._over:
            self._waiting += self._next()
        found = bytes(self._waiting[:size])
        del self._waiting[:size]
        return found

    def _next(self) -> bytes:
        sealed = self._file.read(BLOCK + TAG)
        self._over = len(sealed) < BLOCK + TAG
        try:
            plain = self._cipher.decrypt(_nonce(self._head, self._number, self._over), sealed, self._head)
        except InvalidTag:
            raise Unsealable("is not opened by this passphrase, or is not what was written") from None
        self._number += 1
        return plain


def _cipher(head: bytes, passphrase: str) -> AESGCM:
    salt, cost = head[len(MAGIC) + 1 : -NONCE], head[len(MAGIC)]
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(passphrase.encode()))


def _nonce(head: bytes, number: int, last: bool) -> bytes:
    return head[-NONCE:] + number.to_bytes(4) + bytes([last])
