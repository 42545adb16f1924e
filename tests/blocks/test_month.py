"""Bills and statements of a month against the books of the stations: to the Wh and to the cent.

Here a small site over the night of 25 hours; `make bench ARGS="--only month"` runs 200 stations for all of October.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from ohmstead import runtime
from tests.blocks.staging import SQLITE, Stage
from tests.month import ZONE
from tests.month_run import compared
from tests.simulated_month import simulated

pytestmark = pytest.mark.anyio


@SQLITE
async def test_the_books_and_the_bills_agree(clock: runtime.FakeClock, stage: Stage) -> None:
    begin = datetime(2026, 10, 24, 12, tzinfo=ZONE)
    found = await compared(stage, clock, begin, stations=3, days=2, flats=2, seed=1)
    assert found["wrong"] == []
    assert found["sessions"] > 8
    assert found["kwh"] > 50


@SQLITE
async def test_simulated_stations_have_the_same_in_their_accounts(clock: runtime.FakeClock, stage: Stage) -> None:
    begin = datetime(2026, 10, 24, 18, tzinfo=ZONE)
    found = await simulated(stage, clock, begin, stations=3, days=1, seed=2)
    assert found["wrong"] == []
    assert found["sessions"] >= 6
    assert found["wh"] > 50_000
