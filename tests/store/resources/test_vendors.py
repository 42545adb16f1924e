from __future__ import annotations

import pytest

from ohmstead.store.resources import vendors
from ohmstead.store.resources.vendors import Fleet, Help

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
    assert await vendors.fleet(db, 1, None) == [Fleet("V", "M", 3)]
    assert await vendors.helped(db, 1, None) == [Help("V", "M", "adapted_rate_unit", 12, 3)]
    assert await vendors.fleet(db, 1, (10,)) == [Fleet("V", "M", 1)]
    assert await vendors.helped(db, 1, (10,)) == [Help("V", "M", "adapted_rate_unit", 4, 1)]
    assert await vendors.fleet(db, 1, ()) == []
    assert await vendors.fleet(db, 2, None) == []
