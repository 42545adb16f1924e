"""Open alerts on disk: one for a station and a subject."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.alerts import Alert, Cause, acknowledged, cleared, raised
from ohmstead.store.alerts import load_open, written
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio


def alert(id: int = 1, **fields: Any) -> Alert:
    known = {"subject": "s", "source": "monitor", "code": "c", "severity": 5, "text": "t", "at": 100}
    return raised(None, Cause(**(known | {"detail": {"evse_id": 1}} | fields)), id, 1000).alert


async def put(db: Db, one: Alert, station: int = 1, *, new: bool = True) -> None:
    async with db.transaction() as tx:
        await tx.execute_all(written(1, station, one, new=new))


async def test_what_is_written_is_read(db: Db) -> None:
    one = alert(latched=True)
    await put(db, one)
    assert await load_open(db, 1, 1) == {"s": one}
    assert await load_open(db, 1, 2) == await load_open(db, 2, 1) == {}


async def test_the_same_subject_has_one_row_while_it_is_open(db: Db, store: Any) -> None:
    await put(db, alert())
    await put(db, replace(acknowledged(alert(2), 500, "me"), count=2, last_at=200))
    (row,) = await store.rows(db, "alerts")
    assert (row["id"], row["count"], row["last_at"], row["acknowledged_by"]) == (1, 2, 200, "me")
    await put(db, alert(3), station=2)
    await put(db, alert(4, subject="other"))
    assert len(await store.rows(db, "alerts")) == 3


async def test_after_its_end_another_one_opens(db: Db, store: Any) -> None:
    await put(db, alert())
    await put(db, cleared(alert(), 500, "station"), new=False)
    assert await load_open(db, 1, 1) == {}
    await put(db, replace(alert(), count=2), new=False)  # it ended while that was on its way
    assert await load_open(db, 1, 1) == {}
    await put(db, alert(2))
    assert [row["state"] for row in await store.rows(db, "alerts")] == ["resolved", "firing"]


async def test_one_that_begins_and_ends_in_one_commit_is_kept(db: Db, store: Any) -> None:
    await put(db, cleared(alert(), 500, "station"))
    (row,) = await store.rows(db, "alerts")
    assert (row["state"], row["resolved_by"]) == ("resolved", "station")


async def test_one_that_is_known_is_counted(db: Db, store: Any) -> None:
    await put(db, alert())
    await put(db, replace(alert(), count=2, last_at=200, severity=3), new=False)
    (row,) = await store.rows(db, "alerts")
    assert (row["count"], row["first_at"], row["last_at"], row["severity"]) == (2, 100, 200, 3)
