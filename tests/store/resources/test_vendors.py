from __future__ import annotations

import pytest

from ohmstead.store.resources import vendors
from ohmstead.store.resources.vendors import Help

pytestmark = pytest.mark.anyio


async def test_kinds_and_what_helped_them_by_site(db, seed):
    for number in (3, 4, 5):
        await seed.row(
            "stations", id=number, identity=f"CS{number}", site_id=10 + number % 2, registration="accepted",
            security_profile=1, vendor="V", model="M", version=1, created_at=0,
        )  # fmt: skip
        await seed.row(
            "findings", station_id=number, code="adapted_rate_unit", action="A", text="", count=number, first_at=0,
            last_at=0,
        )  # fmt: skip
    await seed.row("findings", station_id=3, code="repairedX", action="A", text="", count=1, first_at=0, last_at=0)

    async def kinds(tenant: int, sites: object, **more: object) -> list[tuple[object, ...]]:
        found = await vendors.KINDS.page(db, tenant, sites, order="kind", **{"limit": 9, **more})
        return [(row["vendor"], row["model"], row["stations"]) for row in found.rows]

    await seed.row(
        "stations", id=6, identity="CS6", registration="accepted", security_profile=1, vendor="V", model="A/B",
        version=1, created_at=0,
    )  # fmt: skip
    assert await kinds(1, None) == [("V", "A/B", 1), ("V", "M", 3)]
    assert await kinds(1, None, vendor="V", model="M") == [("V", "M", 3)]
    first = await vendors.KINDS.page(db, 1, None, order="kind", limit=1)
    assert await kinds(1, None, cursor=first.cursor) == [("V", "M", 3)]
    assert await vendors.helped(db, 1, None) == [Help("V", "M", "adapted_rate_unit", 12, 3)]
    assert await kinds(1, (10,)) == [("V", "M", 1)]
    assert await vendors.helped(db, 1, (10,)) == [Help("V", "M", "adapted_rate_unit", 4, 1)]
    assert await kinds(1, ()) == []
    assert await kinds(2, None) == []
