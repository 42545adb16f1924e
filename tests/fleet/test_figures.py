"""What /metrics shows of the whole fleet."""

from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.fleet.figures import FRESH, FleetFigures
from ohmstead.runtime import FakeClock
from ohmstead.store.db import Db

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def test_only_fresh_counts_are_shown(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    one = FleetFigures()
    assert list(one.collect()) == []
    await one.count(db, clock.at)
    shown = {sample.name: sample.value for metric in one.collect() for sample in metric.samples}
    assert shown == {
        "ohmstead_open_commands": 0.0,
        "ohmstead_certificates_expiring": 0.0,
        "ohmstead_forwarded": 0.0,
        "ohmstead_fleet_counted_seconds": clock.at / 1e6,
    }
    clock.advance(FRESH)
    assert list(one.collect()) == [], "another has the lead now"
