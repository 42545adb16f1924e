"""The fixture as another project has it: a station comes, is asked, and its mistakes fail the test."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.conformance.case import Broken
from ohmstead.conformance.pytest_plugin import csms as csms
from ohmstead.simulator import Station

pytestmark = pytest.mark.anyio


async def test_a_station_is_asked(csms: Any) -> None:
    async with csms("2.0.1", identity="CS1", patience=5) as desk:
        async with Station("CS1", url=desk.url, version="2.0.1") as station:
            station.controller.life.boot()
            await desk.meet()
            assert (await desk.calls("GetBaseReport", {"requestId": 1, "reportBase": "SummaryInventory"}))["status"]
            station.faults.answers["ClearCache"] = "silence"
            desk.patience = 0.2
            with pytest.raises(TimeoutError):
                await desk.calls("ClearCache", {})
            with pytest.raises(Broken, match=r"NotifyDisplayMessages did not come within 0\.2 s"):
                await desk.hears_of("NotifyDisplayMessages")
        assert {one.action for one in desk.heard} >= {"BootNotification"}
