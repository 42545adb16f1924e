"""Files on disk: whole or not at all, digested, bounded."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ohmstead.api.disk import Cut, Disk

pytestmark = pytest.mark.anyio


async def _blocks(*blocks: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
    await asyncio.sleep(pause)


async def test_a_file_is_what_came(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    got = await disk.receive(1, _blocks(b"abc", b"def"), 6, 9, 9)
    assert (got.size, got.sha256) == (6, hashlib.sha256(b"abcdef").hexdigest())
    assert got.md5 == hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
    assert b"".join([block async for block in disk.read(1, 2, 5)]) == b"cde"
    assert disk.is_unchanged(1, 6, got.changed_at)
    disk.path(1).write_bytes(b"abcdeX")
    assert not disk.is_unchanged(1, 6, got.changed_at - 1)
    assert not disk.is_unchanged(1, 7, got.changed_at)
    disk.remove(1)
    assert not disk.is_unchanged(1, 6, got.changed_at)


@pytest.mark.parametrize(("most", "idle", "status"), [(5, 9.0, 413), (99, 0.01, 408)])
async def test_what_is_too_much_or_never_ends_leaves_nothing(
    tmp_path: Path, most: int, idle: float, status: int
) -> None:
    with pytest.raises(Cut) as cut:
        await Disk(tmp_path).receive(1, _blocks(b"abc", b"def", pause=5), most, 9, idle)
    assert cut.value.status == status
    assert not os.listdir(tmp_path)
