"""DER controls kept, superseded, started, cleared, swept."""

from __future__ import annotations

import pytest

from ohmstead.store import der_controls
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.der_controls import Control, cleared, doubted, load, put, started, superseded, swept

pytestmark = pytest.mark.anyio


def control(id: str, kind: str = "FreqWatt", *, is_default: bool = False) -> Control:
    return Control(control_id=id, control_type=kind, is_default=is_default, superseded=False, source="set",
                   settings={"priority": 1}, updated_at=1)  # fmt: skip


async def test_what_a_station_has(db: Db) -> None:
    async def store(*rows: Changed) -> list[tuple[str, bool, bool | None]]:
        await db.store([], list(rows))
        return [(one.control_id, one.superseded, one.started) for one in await load(db, 7)]

    await store(put(1, 8, control("a")))
    found = await store(put(1, 7, control("a")), put(1, 7, control("b", "VoltVar", is_default=True)))
    assert found == [("a", False, None), ("b", False, None)]
    assert (await load(db, 7))[0] == control("a")
    assert await store(*superseded(7, ["b", "unknown"], 2), started(7, "a", 2, truth=True)) == [
        ("a", False, True), ("b", True, None),
    ]  # fmt: skip
    await store(put(1, 7, control("a")))
    assert await store(*superseded(7, ["b"], 3, truth=False)) == [("a", False, True), ("b", False, None)]
    assert await store(cleared(7, is_default=True, control_type="FreqWatt", control_id=None)) == [
        ("a", False, True), ("b", False, None),
    ]  # fmt: skip
    assert await store(doubted(7, truth=True), put(1, 7, control("b", "VoltVar")), swept(7)) == [("b", False, None)]
    assert await store(cleared(7, is_default=False, control_type=None, control_id="b")) == []
    assert len(await der_controls.load(db, 8)) == 1
