"""Numbers: never twice, over nodes, restarts and many who ask at once."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.store.ids import Ids

pytestmark = pytest.mark.anyio


async def take(ids: Ids, many: int) -> list[int]:
    return [await ids.take() for _ in range(many)]


async def test_numbers_count_up_from_one(db):
    assert await take(Ids(db, "x", 3), 7) == [1, 2, 3, 4, 5, 6, 7]
    assert await Ids(db, "y", 3).take() == 1


async def test_numbers_never_repeat_over_nodes_and_restarts(database):
    seen: list[int] = []
    for _ in range(3):
        nodes = [await database.open(node=f"n{n}") for n in range(1 if database.is_sqlite else 2)]
        counters = [Ids(db, "x", 5) for db in nodes]
        for taken in await asyncio.gather(*(take(ids, 4) for ids in counters for _ in range(3))):
            seen += taken
        for db in nodes:
            await database.close(db)
    assert len(set(seen)) == len(seen)


async def test_a_block_serves_all_who_wait_for_it(db, monkeypatch):
    blocks = []
    block = db.block

    async def counted(name: str, size: int) -> int:
        blocks.append(name)
        await asyncio.sleep(0)
        return await block(name, size)

    monkeypatch.setattr(db, "block", counted)
    ids = Ids(db, "x", 100)
    assert sorted(await asyncio.gather(*(ids.take() for _ in range(150)))) == list(range(1, 151))
    assert len(blocks) == 2


async def test_a_failure_is_told_and_the_next_one_tries_again(db, monkeypatch):
    ids = Ids(db, "x", 2)
    with monkeypatch.context() as patch:

        async def gone(name: str, size: int) -> int:
            raise OSError("gone")

        patch.setattr(db, "block", gone)
        results = await asyncio.gather(ids.take(), ids.take(), return_exceptions=True)
    assert all(isinstance(result, OSError) for result in results)
    assert await ids.take() == 1
