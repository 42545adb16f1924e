"""The bytes of files on disk: taken in a stream, counted, digested, and there as a whole or not at all.

Several processes share the folder or each has its own: with `role` split, put `<data_dir>/files` on a shared disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ohmstead import runtime

BLOCK = 256 * 1024
LEAVE_FREE = 100 * 1024 * 1024
"""Bytes of the disk that no upload may take: the database needs them."""


class Cut(Exception):
    """A file that is not taken: `status` of the answer, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Received(NamedTuple):
    """A file that lies on the disk."""

    size: int
    sha256: str
    md5: str
    changed_at: int
    """As the disk has it; microseconds."""


class Disk:
    """The folder of the files, by number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, id: int) -> Path:
        return self._folder / str(id)

    async def receive(self, id: int, blocks: AsyncIterator[bytes], most: int, seconds: float, idle: float) -> Received:
        """Take a file in. Raises Cut when it has more bytes than `most`, lasts longer than `seconds`, or pauses for
        `idle`; then nothing is left of it."""
        part = self._folder / f"{id}.part"
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                size, sha256, md5 = await self._take(file, blocks, most, seconds, idle)
                await asyncio.to_thread(os.fsync, file.fileno())
            part.rename(self.path(id))
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return Received(size, sha256, md5, self.path(id).stat().st_mtime_ns // 1000)

    async def _take(
        self, file: BinaryIO, blocks: AsyncIterator[bytes], most: int, seconds: float, idle: float
    ) -> tuple[int, str, str]:
        size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        most = min(most, shutil.disk_usage(self._folder).free - LEAVE_FREE)
        end = runtime.monotonic() + seconds
        while True:
            left = min(idle, end - runtime.monotonic())
            try:
                async with asyncio.timeout(max(left, 0)):
                    block = await anext(blocks, b"")
            except TimeoutError:
                raise Cut(408, f"no end came within {idle:g} s of silence, or {seconds:g} s in all") from None
            if not block:
                return size, sha256.hexdigest(), md5.hexdigest()
            size += len(block)
            if size > most:
                raise Cut(413, f"more than {max(most, 0)} bytes are not taken")
            for digest in (sha256, md5):
                digest.update(block)
            file.write(block)

    def is_unchanged(self, id: int, size: int, changed_at: int) -> bool:
        """Whether the bytes are still those that were taken in, as far as the disk knows."""
        try:
            found = self.path(id).stat()
        except FileNotFoundError:
            return False
        return (found.st_size, found.st_mtime_ns // 1000) == (size, changed_at)

    async def read(self, id: int, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` until before `end`."""
        with self.path(id).open("rb") as file:
            file.seek(start)
            while start < end:
                block = await asyncio.to_thread(file.read, min(BLOCK, end - start))
                if not block:
                    return
                start += len(block)
                yield block

    def remove(self, id: int) -> None:
        self.path(id).unlink(missing_ok=True)
