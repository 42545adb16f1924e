"""Stations found by what they are set to, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.conditions import condition
from ohmstead.domain.device_model import Attribute, Change, Name, Variable
from ohmstead.store.db import Db
from ohmstead.store.device_model import changed
from ohmstead.store.resources import stations
from ohmstead.store.word_values import refresh

pytestmark = pytest.mark.anyio


def variables(current: int, measurands: str, available: str) -> list[Variable]:
    def one(name: Name, value: str) -> Variable:
        return Variable(name, (Attribute(value=value, mutability="ReadWrite"),))

    return [
        one(Name("OCPPCommCtrlr", "HeartbeatInterval"), str(current)),
        one(Name("SampledDataCtrlr", "TxUpdatedMeasurands"), measurands),
        one(Name("EVSE", "Available", evse_id=1), "true"),
        one(Name("EVSE", "Available", evse_id=2), available),
    ]


@pytest.fixture
async def fleet(db: Db, seed: Any) -> Db:
    """CS3: 10, one measurand, both EVSEs; CS4: 20, two measurands, the second EVSE is away; CS5 never came."""
    for number, version in ((3, "2.0.1"), (4, "2.1"), (5, None)):
        await seed.station(number, ocpp_version=version, firmware_version="1.0-RC")
    for number, its in ((3, variables(10, "Voltage", "true")), (4, variables(20, "Voltage,SoC", "false"))):
        changes = [Change(one.name.key, None, one) for one in its]
        await db.store([], await changed(db, 1, number, changes, 10))
    await refresh(db)
    return db


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("connection.heartbeat_interval<20", ["CS3"]),
        ("connection.heartbeat_interval<=20", ["CS3", "CS4"]),
        ("connection.heartbeat_interval>10", ["CS4"]),
        ("connection.heartbeat_interval!=10", ["CS4"]),
        ("connection.heartbeat_interval>=21", []),
        ("evse.available=false", ["CS4"]),
        ("evse.available=true", ["CS3", "CS4"]),
        ("meter.measurands=soc", ["CS4"]),
        ("meter.measurands!=SoC", ["CS3"]),
        ("meter.measurands=S_C", []),
        ("station.firmware_version=1.0-rc", ["CS3", "CS4"]),
        ("station.firmware_version!=1.0-rc", []),
        ("v2x.supported=true", []),
    ],
)
async def test_one_condition(fleet: Db, written: str, wanted: list[str]) -> None:
    assert await found(fleet, written) == wanted


async def test_several_hold_at_once_and_with_other_filters(fleet: Db) -> None:
    assert await found(fleet, "connection.heartbeat_interval<=20", "evse.available=false") == ["CS4"]
    assert await found(fleet, "connection.heartbeat_interval<=20", ocpp_version="2.0.1") == ["CS3"]
    assert await found(fleet, "connection.heartbeat_interval<=20", sites=(14,)) == ["CS4"]


async def test_a_page_goes_on(fleet: Db) -> None:
    asked = {"order": "id", "limit": 1, "conditions": [condition("connection.heartbeat_interval>1")]}
    first = await stations.page(fleet, 1, None, cursor=None, **asked)
    second = await stations.page(fleet, 1, None, cursor=first.cursor, **asked)
    assert [page.rows[0]["identity"] for page in (first, second)] == ["CS3", "CS4"]
    assert second.cursor is None


async def found(db: Db, *written: str, sites: tuple[int, ...] | None = None, **filters: Any) -> list[str]:
    conditions = [condition(one) for one in written]
    page = await stations.page(db, 1, sites, order="id", limit=10, cursor=None, conditions=conditions, **filters)
    return [row["identity"] for row in page.rows]
