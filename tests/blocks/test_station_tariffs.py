"""Which default tariffs a station has, from its answers."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.store.station_tariffs import of_station
from tests.blocks.staging import SQLITE, Stage

pytestmark = [pytest.mark.anyio, SQLITE]


def given(id: str, evse_id: int = 0) -> dict[str, Any]:
    return {"evseId": evse_id, "tariff": {"tariffId": id, "currency": "EUR"}}


async def test_set_told_and_cleared(stage: Stage) -> None:
    async def learns(action: str, payload: Any, answer: Any) -> dict[int, str]:
        await stage.learn(action, payload, answer, "2.1")
        return await of_station(stage.db, 1)

    ok = {"status": "Accepted"}
    assert await learns("SetDefaultTariff", given("a.1", 2), ok) == {2: "a.1"}
    assert await learns("SetDefaultTariff", given("b.1"), ok) == {0: "b.1"}, "that of all takes the place of each"
    assert await learns("SetDefaultTariff", given("c.1"), {"status": "Rejected"}) == {0: "b.1"}
    assert await learns("SetDefaultTariff", given("c.1"), None) == {0: "b.1"}
    told = [
        {"tariffId": "d.1", "tariffKind": "DefaultTariff", "evseIds": [1, 3]},
        {"tariffId": "x", "tariffKind": "DriverTariff"},
    ]
    assert await learns("GetTariffs", {"evseId": 2}, {"status": "NoTariff"}) == {0: "b.1"}, "of one EVSE only"
    found = await learns("GetTariffs", {"evseId": 0}, {**ok, "tariffAssignments": told})
    assert found == {1: "d.1", 3: "d.1"}
    results = {"clearTariffsResult": [{"status": "Accepted", "tariffId": "d.1"}]}
    assert await learns("ClearTariffs", {"tariffIds": ["d.1"]}, results) == {}
    await learns("SetDefaultTariff", given("a.1"), ok)
    assert await learns("GetTariffs", {"evseId": 0}, {"status": "NoTariff"}) == {}
