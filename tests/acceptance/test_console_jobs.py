"""The main jobs of an operator, walked in a real browser against a real server, most of them by the keyboard alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from playwright.async_api import Page, expect

from ohmstead import runtime
from tests.acceptance.browser import accessible, address, go_by_keys, press, sign_in, sign_in_by_keys
from tests.acceptance.serving import KEY, Csms, Refused, Station, event, serving
from tests.acceptance.test_certificates import csr, key
from tests.acceptance.test_renewals import MAKER, TLS, foreign, keep, states

pytestmark = [pytest.mark.anyio, pytest.mark.system]


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
    charging = {"chargingState": "Charging"} | more.pop("info", {})
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
            await sign_in_by_keys(browser_page, csms, path=f"/sites/{site}")
            await press(browser_page, "Set limit…")
            await expect(browser_page.get_by_label("At most")).to_be_focused()
            await browser_page.keyboard.type("6.9")
            await press(browser_page, "Set limit")
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


async def test_find_the_faulty_station_and_reset_it(csms: Csms, known: str, browser_page: Page) -> None:
    main, keys = browser_page.get_by_role("main"), browser_page.keyboard
    async with csms.station(known) as station:
        status = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1}
        await station.call("StatusNotification", status)
        await sign_in_by_keys(browser_page, csms)
        await press(browser_page, "Faulted")
        await press(browser_page, known)
        await press(browser_page, "Reset…")
        await expect(browser_page.get_by_role("button", name="Keep it running")).to_be_focused()
        await keys.press("Escape")
        await expect(browser_page.get_by_role("dialog")).to_have_count(0)
        await expect(browser_page.get_by_role("button", name="Reset…")).to_be_focused()
        await keys.press("Enter")
        await press(browser_page, "Reset 1 station")
        assert (await until_asked(station, "Reset"))["type"] == "OnIdle"
        await press(browser_page, "Watch it")
        await expect(main).to_contain_text("Accepted")


async def test_see_why_a_transaction_has_a_gap(csms: Csms, known: str, browser_page: Page) -> None:
    async with csms.station(known) as station:
        await station.call("TransactionEvent", event("Started", 0, 0, f"gap-{known}", evse=1, wh=0))
        await station.call("TransactionEvent", event("Ended", 3, 60, f"gap-{known}", wh=900))
    await sign_in_by_keys(browser_page, csms)
    await go_by_keys(browser_page, "Transactions")
    await press(browser_page, f"gap-{known}")
    await expect(browser_page.get_by_role("main")).to_contain_text("seqNo 2 never came")
    await accessible(browser_page, dark=True)


async def test_start_a_charge_and_stop_it(csms: Csms, known: str, browser_page: Page) -> None:
    main, token = browser_page.get_by_role("main"), {"idToken": "JOB-1", "type": "Central"}
    await csms.add_token("JOB-1", type="Central")
    async with csms.station(known) as station:
        free = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
        await station.call("StatusNotification", free)
        await sign_in_by_keys(browser_page, csms)
        await go_by_keys(browser_page, known)
        await press(browser_page, "Start…")
        await expect(browser_page.get_by_label("Token")).to_be_focused()
        await browser_page.keyboard.type("JOB-1")
        await press(browser_page, "Start charging")
        asked = await until_asked(station, "RequestStartTransaction")
        begun = {"transactionId": f"job-{known}", "remoteStartId": asked["remoteStartId"]}
        await draws(station, 0, 11_000, "Started", evse=1, token=token, info=begun)
        await go_by_keys(browser_page, "Transactions")
        await press(browser_page, f"job-{known}")
        await press(browser_page, "Stop…")
        await press(browser_page, "Stop 1 transaction")
        assert (await until_asked(station, "RequestStopTransaction"))["transactionId"] == f"job-{known}"
        ended = {"transactionId": f"job-{known}", "stoppedReason": "Remote"}
        await draws(station, 1, 0, "Ended", info=ended)
        await expect(main).to_contain_text("Remote")
        await expect(browser_page.get_by_role("button", name="Stop…")).to_have_count(0)


async def test_renew_a_certificate(csms: Csms, browser_page: Page) -> None:
    await csms.post("stations", {"id": "RENEW1", "security_profile": 3, "serial_number": "RENEW1"})
    await csms.post("stations/RENEW1/certificates", {"generate_key": True})
    await sign_in_by_keys(browser_page, csms, path="/stations/RENEW1/certificates")
    await press(browser_page, "charging station")
    await expect(browser_page.get_by_role("button", name="Renew…")).to_be_visible()
    await accessible(browser_page)
    await press(browser_page, "Renew…")
    await press(browser_page, "Renew 1 certificate")
    await press(browser_page, "Watch it")
    await expect(browser_page.get_by_role("table", name="Commands")).to_contain_text("renew", ignore_case=True)


async def test_renew_a_certificate_up_to_the_handshake(tmp_path: Path, browser_page: Page) -> None:
    """Asked for in the console; the station makes a key, gets a certificate, comes back with it, and is seen so."""
    async with serving(tmp_path, gateway=TLS, more=MAKER) as csms:
        await csms.post("stations", {"id": "FOREIGN", "security_profile": 3, "serial_number": "SN-FOREIGN"})
        first = key()
        made = await csms.post("stations/FOREIGN/certificates", {"csr": csr(first, "SN-FOREIGN")})
        await sign_in(browser_page, csms, path="/stations/FOREIGN/certificates")
        table = browser_page.get_by_role("table", name="Certificates")
        async with foreign(csms, keep(tmp_path / "former.pem", first, made["certificate"])) as station:
            await table.get_by_role("link").first.click()
            await browser_page.get_by_role("button", name="Renew…").click()
            await browser_page.get_by_role("button", name="Renew 1 certificate").click()
            chain = await asyncio.wait_for(station.chain, 10)
        fresh = x509.load_pem_x509_certificate(chain.encode())
        async with foreign(csms, keep(tmp_path / "fresh.pem", station.fresh, chain)):
            [newest, _] = await states(csms, "FOREIGN", "seen", "retired")
            assert int(newest["serial_number"], 16) == fresh.serial_number
            await browser_page.goto(address(csms, "/stations/FOREIGN/certificates"))
            serial = browser_page.get_by_role("cell", name=newest["serial_number"][:16], exact=True)
            row = table.get_by_role("row").filter(has=serial)
            await expect(row).to_contain_text("seen")
            await expect(table.get_by_role("cell", name="retired", exact=True)).to_have_count(1)
            await row.get_by_role("link").first.click()
            await expect(browser_page.get_by_role("main")).not_to_contain_text("never")  # it came in with it


async def test_find_the_malformed_message(csms: Csms, known: str, browser_page: Page) -> None:
    async with csms.station(known) as station:
        bad = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Broken", "evseId": 1, "connectorId": 1}
        with pytest.raises(Refused):
            await station.call("StatusNotification", bad)
        await sign_in_by_keys(browser_page, csms, path=f"/stations/{known}/messages")
        await press(browser_page, "Refused or odd")
        await press(browser_page, "StatusNotification")
        await expect(browser_page.get_by_role("note")).to_contain_text("connectorStatus")
        await expect(browser_page.locator(".l.err")).to_contain_text("Broken")
        await accessible(browser_page)


async def test_begin_a_campaign(csms: Csms, browser_page: Page) -> None:
    await csms.add_station("CAMP1")
    await sign_in(browser_page, csms, path="/campaigns")
    await browser_page.get_by_role("button", name="Begin a campaign…").click()
    await browser_page.get_by_label("What", exact=True).select_option("command")
    await browser_page.get_by_label("Or these stations").fill("CAMP1")
    await browser_page.get_by_label("Or these stations").blur()
    await expect(browser_page.get_by_text("1 station named.")).to_be_visible()
    await accessible(browser_page)
    await browser_page.get_by_role("button", name="Begin it").click()
    main = browser_page.get_by_role("main")
    await expect(main.get_by_role("row").filter(has_text="CAMP1")).to_be_visible()
    await expect(main).to_contain_text("Heartbeat")


async def test_a_form_says_what_is_wrong_with_a_field(csms: Csms, known: str, browser_page: Page) -> None:
    await sign_in(browser_page, csms, path="/reservations")
    await browser_page.get_by_role("button", name="Reserve…").click()
    box = browser_page.get_by_role("dialog")
    await box.get_by_label("Station id").fill("nobody")
    await box.get_by_label("Token", exact=True).fill("JOB-2")
    await box.get_by_label("Expires at").fill("2099-01-01T00:00")
    await box.get_by_role("button", name="Reserve", exact=True).click()
    await expect(box.get_by_role("alert")).to_contain_text("nobody")
    await expect(box.get_by_label("Token", exact=True)).to_have_value("JOB-2")
    await accessible(browser_page)
    await box.get_by_label("Station id").fill(known)
    await box.get_by_role("button", name="Reserve", exact=True).click()
    await expect(browser_page.get_by_role("row").filter(has_text="JOB-2")).to_contain_text(known)


# ---------------------------------------------------------------------- when things go wrong


async def test_what_was_typed_stays(csms: Csms, known: str, browser_page: Page) -> None:
    """Somebody else changes the thing meanwhile, the session ends in between, and the server cannot be reached."""
    await sign_in(browser_page, csms, path=f"/stations/{known}")
    serial, save = browser_page.get_by_label("Serial number"), browser_page.get_by_role("button", name="Save")
    edit = browser_page.get_by_role("button", name="Edit…")
    await edit.click()
    await serial.fill("typed")
    await browser_page.route("**/api/v1/stations/*", lambda route: route.abort())
    await save.click()
    await expect(browser_page.get_by_role("alert")).to_contain_text("Nothing was changed")
    await browser_page.unroute("**/api/v1/stations/*")
    await csms.patch(f"stations/{known}", {"strictness": "strict"})
    await save.click()
    await expect(browser_page.get_by_role("alert")).to_contain_text("Somebody else changed it")
    await expect(serial).to_have_value("typed")
    await browser_page.keyboard.press("Escape")
    await edit.click()  # what is there now is edited
    await serial.fill("again")
    await browser_page.context.clear_cookies()
    await save.click()
    again = browser_page.get_by_role("dialog", name="Sign in again")
    await again.get_by_label("Password or API key").fill(KEY)
    await again.get_by_role("button", name="Sign in", exact=True).click()
    await expect(again).to_have_count(0)
    await expect(serial).to_have_value("again")
    await save.click()
    await expect(browser_page.get_by_role("main")).to_contain_text("again")


async def test_a_list_that_cannot_be_had_says_so(csms: Csms, browser_page: Page) -> None:
    await sign_in(browser_page, csms, path="/tokens")
    refused = {"type": "/x", "title": "Too busy", "status": 503, "detail": "Ask again soon.", "request_id": "r-1"}
    await browser_page.route("**/api/v1/tariffs*", lambda route: route.fulfill(status=503, json=refused))
    await browser_page.get_by_role("link", name="Tariffs", exact=True).first.click()
    broken = browser_page.get_by_role("alert")
    await expect(broken).to_contain_text("Ask again soon.")
    await browser_page.unroute("**/api/v1/tariffs*")
    await broken.get_by_role("button", name="Try again").click()
    await expect(browser_page.get_by_role("main")).to_contain_text("No tariff yet")
