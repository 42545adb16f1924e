from __future__ import annotations

from typing import Any

import pytest

from ohmstead.shapes.device_model import CustomComponent
from ohmstead.store import custom_components as own
from ohmstead.store.db import Db
from ohmstead.store.resources.custom_components import count

pytestmark = pytest.mark.anyio


async def test_stations_of_each_model(db: Db, seed: Any) -> None:
    for number, model, names in (
        (3, "M", ["AcmeCtrlr"]),
        (4, "M", ["AcmeCtrlr", "Ocpp16.Key"]),
        (5, "N", ["AcmeCtrlr"]),
    ):
        await seed.station(number, vendor="V", model=model)
        await db.store([], await own.changes(db, 1, number, names))

    def found(model: str, stations: int, component: str = "AcmeCtrlr", variable: str | None = None) -> CustomComponent:
        return CustomComponent(vendor="V", model=model, component=component, variable=variable, stations=stations)

    assert await count(db, 1, None) == [found("M", 2), found("M", 1, "Ocpp16", "Key"), found("N", 1)]
    assert await count(db, 1, None, "V", "N") == [found("N", 1)]
    assert await count(db, 1, None, "W") == []
    assert await count(db, 1, (13,)) == [found("M", 1)]
    assert await count(db, 1, ()) == []
    assert await count(db, 2, None) == []
