"""Disk full, database gone: what is not stored is not answered, health says why, and all goes on by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ohmstead.store.sqlite import Sqlite
from tests.acceptance.serving import PATIENCE, Csms, event, serving

pytestmark = pytest.mark.anyio
BOTH = pytest.mark.parametrize("kind", ["disk full", "database gone"])


class Trouble:
    """A way for the database of a running server to be gone, and to come back."""

    def __init__(self, csms: Csms, wire: Any) -> None:
        self.csms, self.wire = csms, wire

    async def begin(self) -> None:
        if self.wire is not None:
            return self.wire.cut()
        writer = self._sqlite
        full = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {full}")

    async def end(self) -> None:
        if self.wire is not None:
            return self.wire.mend()
        self._sqlite.execute("PRAGMA max_page_count = 1000000")

    @property
    def _sqlite(self) -> Any:
        db = self.csms.server.db
        assert isinstance(db, Sqlite)
        return db._writer

    async def health(self) -> httpx.Response:
        return await self.csms.api.get("health/ready")


@pytest.fixture
def breaking(request: pytest.FixtureRequest, kind: str) -> Any:
    """The wire to PostgreSQL; None for SQLite."""
    return request.getfixturevalue("wire") if kind == "database gone" else None


@pytest.fixture
async def trouble(breaking: Any, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Trouble]:
    """SQLite on a disk without room, or PostgreSQL behind a wire that breaks."""
    async with serving(tmp_path, database_url=None if breaking is None else breaking.url) as csms:
        one = Trouble(csms, breaking)
        await csms.add_station()
        await csms.add_token("GOOD")
        try:
            yield one
        finally:
            await one.end()


def big(kind: str, seq_no: int, **more: Any) -> dict[str, Any]:
    """An event that finds no room on a disk that is full."""
    return event(kind, seq_no, seq_no, customData={"vendorId": "V", "filler": "x" * 100_000}, **more)


@BOTH
async def test_nothing_is_answered_that_is_not_stored(trouble: Trouble) -> None:
    csms = trouble.csms
    async with csms.station() as station:
        await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=0))
        await trouble.begin()
        frame = json.dumps([2, "unsure", "TransactionEvent", big("Ended", 1, wh=700)])
        await station.socket.send(frame)
        seen = await csms.until(trouble.health, lambda answer: answer.status_code == 503)
        assert seen.json()["reasons"], "and the reason is told"
        assert (await csms.api.get("health/live")).status_code == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(station.socket.recv(), 0.3)
        await trouble.end()
        # it goes on by itself: the answer comes now, if the socket still stands
        answer = json.loads(str(await asyncio.wait_for(station.socket.recv(), PATIENCE)))
        assert answer[:2] == [3, "unsure"]
        await csms.until(trouble.health, lambda answer: answer.status_code == 200)
    one = await csms.transaction()
    assert (one["state"], one["energy_wh"], one["events"], one["complete"]) == ("ended", 700, 2, True)


@BOTH
async def test_a_station_that_gives_up_and_comes_again_loses_nothing(trouble: Trouble) -> None:
    csms = trouble.csms
    ended = big("Ended", 1, wh=700)
    async with csms.station() as station:
        await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=0))
        await trouble.begin()
        await station.socket.send(json.dumps([2, "unsure", "TransactionEvent", ended]))
        await csms.until(trouble.health, lambda answer: answer.status_code == 503)
        station.socket.transport.abort()
    await trouble.end()
    await csms.until(trouble.health, lambda answer: answer.status_code == 200)
    async with csms.station(boot=False) as again:
        await again.call("TransactionEvent", ended)
    one = await csms.transaction()
    assert (one["state"], one["energy_wh"], one["events"], one["findings"]) == ("ended", 700, 2, [])
    feed = [one["type"].rpartition(".")[2] for one in await csms.feed("transaction")]
    assert feed == ["started", "ended"]
