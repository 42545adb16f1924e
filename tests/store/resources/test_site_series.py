from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ohmstead.runtime import from_datetime
from ohmstead.shapes.site_series import SeriesPut, SeriesSlot
from ohmstead.store import energy
from ohmstead.store.resources import site_series

pytestmark = pytest.mark.anyio
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)


def slots(*watts: float) -> list[SeriesSlot]:
    hour = timedelta(hours=1)
    return [SeriesSlot(start=AT + n * hour, end=AT + (n + 1) * hour, power_w=one) for n, one in enumerate(watts)]


async def test_series(db):
    now, site = from_datetime(AT), energy.SiteRow(11, 1, None, "Depot", None, None)
    async with db.transaction() as tx:
        await site_series.put(tx, 1, 11, 0, "pv", SeriesPut(slots=slots(900.0)), now)
        await site_series.put(tx, 1, 11, 0, "pv", SeriesPut(slots=slots(1, 2)[::-1], phases=["L3", "L1"]), now)
        await site_series.put(tx, 1, 11, 5, "battery", SeriesPut(slots=slots(-4.0)), now)
    sun, store = await site_series.of_site(db, 1, 11, now)
    assert (sun.kind, sun.circuit_id, sun.phases, sun.now_w) == ("pv", None, ["L1", "L3"], 1)
    assert [one.power_w for one in sun.slots] == [1, 2]
    assert (store.kind, store.circuit_id, store.now_w) == ("battery", "5", -4)
    known = (await energy.load_site(db, site)).series
    assert {(one.kind, one.circuit, one.phases, one.now(now)) for one in known} == {
        ("pv", 0, (0, 2), 1), ("battery", 5, (0, 1, 2), -4)
    }  # fmt: skip
    async with db.transaction() as tx:
        await site_series.remove_circuit(tx, 1, 11, 5)
        assert not await site_series.remove(tx, 2, 11, 0, "pv")
        assert await site_series.remove(tx, 1, 11, 0, "pv")
    assert await site_series.of_site(db, 1, 11, now) == []
