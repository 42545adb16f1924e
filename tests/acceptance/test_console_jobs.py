"""The main jobs of an operator, walked in a real browser against a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from ohmstead import runtime
from tests.acceptance.browser import accessible, sign_in
from tests.acceptance.serving import Station, event, serving

pytestmark = pytest.mark.anyio


async def until_asked(station: Station, action: str) -> dict[str, Any]:
    """Answers what it is asked with Accepted until it is asked for `action`; that call's payload."""
    while True:
        call = await station.next_call()
        await station.answer(call, {"status": "Accepted"})
        if call[2] == action:
            payload: dict[str, Any] = call[3]
            return payload


async def draws(station: Station, seq_no: int, watts: float, kind: str = "Updated", **more: Any) -> None:
    """A TransactionEvent of now that measured so much."""
    now = runtime.rfc3339(runtime.now())
    power = {"value": watts, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}
    values = [{"timestamp": now, "sampledValue": [power]}]
    charging = {"chargingState": "Charging"}
    told = event(kind, seq_no, info=charging, **more)
    await station.call("TransactionEvent", told | {"timestamp": now, "meterValue": values})


async def test_set_a_site_limit_and_watch_it_obeyed(tmp_path: Path, browser_page: Page) -> None:
    async with serving(tmp_path, unasked_calls=("limits",)) as csms:
        site = (await csms.post("sites", {"name": "Depot"}))["id"]
        await csms.add_station("L1", site_id=site)
        await csms.post(
            f"sites/{site}/circuits", {"name": "F1", "limit_a": 32, "evses": [{"station_id": "L1", "evse_id": 1}]}
        )
        async with csms.station("L1") as station:
            await draws(station, 0, 11_000, "Started", evse=1)
            await sign_in(browser_page, csms, path=f"/sites/{site}")
            await browser_page.get_by_role("button", name="Set limit…").click()
            await browser_page.get_by_label("At most").fill("6.9")
            await browser_page.get_by_role("button", name="Set limit", exact=True).click()
            while True:
                asked = await until_asked(station, "SetChargingProfile")
                [period] = asked["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
                if period["limit"] == 10:
                    break
            await draws(station, 1, 6_800)
            now = browser_page.get_by_role("row").filter(has_text="L1 / 1")
            await expect(now).to_contain_text("obeyed", timeout=15_000)
            await expect(browser_page.get_by_role("main")).to_contain_text("limit 6.9 kW")
            await accessible(browser_page)
