"""The words of the fleet follow its models."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, update

from ohmstead.domain.device_model import Attribute, Change, Characteristics, Name, Variable
from ohmstead.store import word_values
from ohmstead.store.db import Db
from ohmstead.store.device_model import changed, touched
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations
from ohmstead.store.word_values import refresh, reword

pytestmark = pytest.mark.anyio

CAME = Statement(
    update(stations)
    .where(stations.c.id == bindparam("station"))
    .values(vendor="V", firmware_version=bindparam("firmware"), ocpp_version=bindparam("version"))
)


def interval(value: str) -> Variable:
    return Variable(
        Name("OCPPCommCtrlr", "HeartbeatInterval"),
        (Attribute(value=value, mutability="ReadWrite"),),
        Characteristics("integer", unit="s"),
    )


@pytest.fixture
async def fleet(db: Db, store: Any) -> Db:
    """Three stations, two of which have come."""
    await store.add_stations(db, 1, 2, 3)
    for station, version in ((1, "2.0.1"), (2, "1.6")):
        await db.store([], [(CAME, {"station": station, "firmware": "1.0", "version": version})])
    for station in (1, 2, 3):
        one = interval(str(station * 100))
        await db.store([], await changed(db, 1, station, [Change(one.name.key, None, one)], 10))
    return db


async def words(db: Db, store: Any, station: int) -> dict[str, Any]:
    names = {row["id"]: row["text"].strip('"') for row in await store.rows(db, "terms") if row["kind"] == 3}
    rows = [row for row in await store.rows(db, "word_values") if row["station_id"] == station]
    return {names[row["word_id"]]: row["text"] if row["number"] is None else row["number"] for row in rows}


async def test_words_of_each_version(fleet: Db, store: Any) -> None:
    assert await refresh(fleet) == 3
    for station in (1, 2):
        found = await words(fleet, store, station)
        assert found["connection.heartbeat_interval"] == station * 100
        assert found["station.firmware_version"] == "1.0"
        assert found["security.profile"] == 1
    assert await words(fleet, store, 3) == {}
    assert await refresh(fleet) == 0


async def test_words_follow_what_changes(fleet: Db, store: Any) -> None:
    await refresh(fleet)
    before, after = interval("100"), interval("60")
    await fleet.store([], await changed(fleet, 1, 1, [Change(before.name.key, before, after)], 20))
    await fleet.store([], [(CAME, {"station": 2, "firmware": "2.0", "version": "1.6"}), *touched(2)])
    assert await refresh(fleet) == 2
    assert (await words(fleet, store, 1))["connection.heartbeat_interval"] == 60
    assert (await words(fleet, store, 2))["station.firmware_version"] == "2.0"
    await fleet.store([], await changed(fleet, 1, 1, [Change(after.name.key, after, None)], 30))
    await refresh(fleet)
    assert "connection.heartbeat_interval" not in await words(fleet, store, 1)


async def test_a_newer_vocabulary_is_read_again(fleet: Db, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await refresh(fleet)
    await reword(fleet)
    assert await refresh(fleet) == 0
    monkeypatch.setattr(word_values, "edition", lambda: "another")
    await reword(fleet)
    assert await refresh(fleet) == 3
    await reword(fleet)
    assert await refresh(fleet) == 0


async def test_a_model_that_cannot_be_read_does_not_stop_the_others(
    fleet: Db, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = word_values.load

    async def fails(db: Db, station_id: int) -> Any:
        if station_id == 1:
            raise KeyError("a mistake")
        return await load(db, station_id)

    monkeypatch.setattr(word_values, "load", fails)
    monkeypatch.setattr(word_values, "AT_ONCE", 1)
    assert await refresh(fleet) == 3
    assert await words(fleet, store, 1) == {}
    assert await words(fleet, store, 2)
    assert await refresh(fleet) == 1  # and it is not forgotten
