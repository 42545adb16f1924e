"""Default tariffs beside those of a 2.1 station."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.blocks.command import parse
from ohmstead.domain.device_model import Model
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.tariffs import compare, mend
from ohmstead.shapes.desired import DesiredTariff
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store.resources import tariffs
from ohmstead.store.station_tariffs import dropped, put
from tests.fleet.test_layers import PLACE

pytestmark = pytest.mark.anyio
WANTED = [DesiredTariff(tariff_id="day"), DesiredTariff(tariff_id="fast", evse_id=2)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_each_evse_has_the_newest_version(db):
    seen = Seen(PLACE._replace(ocpp_version="2.1"), Model())
    async with db.transaction() as tx:
        for id, version in (("day", 3), ("fast", 1)):
            new = TariffNew(currency="EUR", name="n", elements=[TariffElement(per="kwh", price="0.4")])
            await tariffs.add(tx, 1, id, version, new, 0)
    found = await compare(db, seen, WANTED)
    assert [(one.wanted, one.actual, one.same) for one in found] == [("day.3", None, False), ("fast.1", None, False)]
    assert parse(msgspec.json.encode(mend(WANTED, found[1:]))).evse_id == 2  # type: ignore[union-attr]
    await db.store([], [put(1, 1, 0, "day.2", 0)])
    assert [one.actual for one in await compare(db, seen, WANTED)] == ["day.2", "day.2"]
    await db.store([], [dropped(1), put(1, 1, 1, "day.3", 0), put(1, 1, 2, "fast.1", 0), put(1, 1, 3, "day.3", 0)])
    assert [one.same for one in await compare(db, seen, WANTED)] == [True, True]
    (gone,) = await compare(db, seen, [DesiredTariff(tariff_id="none")])
    assert "no tariff 'none'" in str(gone.blocked)
    assert "1.6 has no tariffs" in str((await compare(db, Seen(PLACE, Model()), WANTED))[0].blocked)
