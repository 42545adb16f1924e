from __future__ import annotations

from typing import Any

import pytest

from ohmstead.shapes.device_model import CustomComponent
from ohmstead.store import custom_components as own
from ohmstead.store.db import Db
from ohmstead.store.resources.custom_components import COMPONENTS, form

pytestmark = pytest.mark.anyio


async def test_stations_of_each_model(db: Db, seed: Any) -> None:
    for number, model, names in (
        (3, "M", ["AcmeCtrlr"]),
        (4, "M", ["AcmeCtrlr", "Ocpp16.Key"]),
        (5, "N", ["AcmeCtrlr"]),
    ):
        await seed.station(number, vendor="V", model=model)
        await db.store([], await own.changes(db, 1, number, names))

    async def count(tenant: int, sites: Any, vendor: str | None = None, model: str | None = None) -> Any:
        """Page by page, one at a time."""
        rows, cursor = [], None
        while True:
            page = await COMPONENTS.page(
                db, tenant, sites, order="name", limit=1, cursor=cursor, vendor=vendor, model=model
            )
            rows += page.rows
            if (cursor := page.cursor) is None:
                return [form(row) for row in rows]

    def found(model: str, stations: int, component: str = "AcmeCtrlr", variable: str | None = None) -> CustomComponent:
        return CustomComponent(vendor="V", model=model, component=component, variable=variable, stations=stations)

    assert await count(1, None) == [found("M", 2), found("M", 1, "Ocpp16", "Key"), found("N", 1)]
    assert await count(1, None, "V", "N") == [found("N", 1)]
    assert await count(1, None, "W") == []
    assert await count(1, (13,)) == [found("M", 1)]
    assert await count(1, ()) == []
    assert await count(2, None) == []
