"""The console in a real browser: sign-in with a key, the fleet as it changes, and text of stations that stays text."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import bindparam, insert, update

from ohmstead import runtime
from ohmstead.domain.certificates import DAY
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, renewals
from tests.acceptance.browser import accessible, address, sign_in
from tests.acceptance.serving import Csms, event

pytestmark = [pytest.mark.anyio, pytest.mark.system]
EVIL = "<img src=x onerror=alert(1)>"
_SEEN = Statement(
    update(certificates)
    .where(certificates.c.id == bindparam("which"))
    .values(state="seen", not_after=bindparam("ends"))
)
"""A station came in with it: this server has no TLS."""
_STUCK = Statement(
    insert(renewals).values(
        certificate_id=bindparam("which"), tenant_id=1, station_id=1, state="failed", reason=EVIL, attempts=8,
        due_at=0, updated_at=0,
    )
)  # fmt: skip


async def test_the_fleet_is_live(csms: Csms, known: str, browser_page: Page) -> None:
    await sign_in(browser_page, csms)
    await expect(browser_page.get_by_role("heading", name="Fleet")).to_be_visible()
    row = browser_page.get_by_role("row").filter(has_text=known)
    await expect(row).to_contain_text("Offline")
    boot: dict[str, Any] = {"reason": "PowerUp", "chargingStation": {"model": EVIL[:20], "vendorName": "Acme"}}
    async with csms.station(known, boot=False) as station:
        await station.call("BootNotification", boot)
        status = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1}
        await station.call("StatusNotification", status)
        await expect(row).to_contain_text("Faulted")
        await expect(row).to_contain_text(EVIL[:20])  # shown, not run
    await expect(row).to_contain_text("Offline")


async def test_a_wrong_key_gets_nowhere(csms: Csms, browser_page: Page) -> None:
    await sign_in(browser_page, csms, "x" * 40)
    await expect(browser_page.get_by_role("alert")).to_be_visible()
    await expect(browser_page.get_by_role("heading", name="Fleet")).to_have_count(0)


ENTRIES = (
    "Fleet", "Transactions", "Alerts", "Reservations", "Campaigns", "Desired state", "Messages", "Commands",
    "Certificates", "Refused", "Quirks", "Vendors", "Uptime", "Test bench", "Sites", "Demand response", "Promises",
    "Tokens", "Contracts", "Tariffs", "Statements", "Payments", "Files", "Webhooks", "Forwarding", "Keys", "Users",
    "Tenants", "Audit", "Health",
)  # fmt: skip
GO = "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }"
BELOW = {
    "/drift": "Drift", "/bench/runs": "Runs", "/bench/personas": "Personas", "/vehicles": "Vehicles",
    "/holders": "Holders", "/demand-response/openadr": "OpenADR", "/site-groups": "Groups of sites",
    "/nowhere": "Not found",
}  # fmt: skip
"""Pages without an entry of their own."""
TABS = (
    "", "connectors", "transactions", "device-model", "messages", "commands", "certificates", "profiles",
    "procedures", "desired", "quirks",
)  # fmt: skip


async def test_every_page_opens_without_an_error(csms: Csms, known: str, browser_page: Page) -> None:
    errors: list[str] = []
    browser_page.on("pageerror", lambda error: errors.append(str(error)))
    browser_page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    async with csms.station(known) as station:
        await station.call("TransactionEvent", event("Started", 0, 0, "gap-1", evse=1, wh=0))
        await station.call("TransactionEvent", event("Ended", 3, 60, "gap-1", wh=900))
    await sign_in(browser_page, csms)
    errors.clear()  # who is not signed in yet is told so by 401
    for name in ENTRIES:
        await browser_page.get_by_role("link", name=name, exact=True).first.click()
        await expect(browser_page.get_by_role("heading", level=1)).to_have_text(name)
        await accessible(browser_page, dark=True)
    await browser_page.get_by_role("link", name="Fleet", exact=True).first.click()
    await browser_page.get_by_role("main").get_by_role("link", name=known).click()
    for tab in TABS:
        await browser_page.get_by_role("navigation", name="Station").get_by_role("link").nth(TABS.index(tab)).click()
        await expect(browser_page).to_have_url(address(csms, f"/stations/{known}/{tab}".rstrip("/")))
        await expect(browser_page.get_by_role("heading", level=1)).to_contain_text(known)
        await accessible(browser_page, dark=True)
    for path, title in BELOW.items():
        await browser_page.evaluate(GO, path)
        await expect(browser_page.get_by_role("heading", level=1)).to_have_text(title)
        await accessible(browser_page, dark=True)
    assert errors == []


async def test_a_campaign_as_it_goes(csms: Csms, browser_page: Page) -> None:
    for identity in ("W1", "W2", "W3"):
        await csms.add_station(identity)
    main = browser_page.get_by_role("main")
    async with csms.station("W1", "1.6") as station:
        values = [{"name": "connection.heartbeat_interval", "value": 77}]
        made = await csms.post("campaigns", {
            "type": "configuration", "select": {"station_ids": ["W1", "W2", "W3"]}, "params": {"values": values},
            "waves": [{"percent": 34}, {"percent": 100}], "stop_at_failures_percent": 100,
        })  # fmt: skip
        call = await station.next_call()
        await sign_in(browser_page, csms)
        await browser_page.get_by_role("link", name="Campaigns").first.click()
        await main.get_by_role("link", name="Configuration").click()
        await expect(main.get_by_role("listitem").filter(has_text="Canary, 34 %")).to_contain_text("1 running")
        await accessible(browser_page)
        await station.answer(call, {"status": "Rejected"})
        await expect(main.get_by_role("listitem").filter(has_text="Canary, 34 %")).to_contain_text("1 failed")
        await expect(browser_page.get_by_label("Where you are")).to_contain_text("Configuration")
        row = main.get_by_role("row").filter(has_text="W1")
        await expect(row).to_contain_text("Failed")
        await expect(row).to_contain_text("HeartbeatInterval: Rejected")
    await main.get_by_role("button", name="Pause").click()
    await main.get_by_role("button", name="Resume").click()
    await main.get_by_role("button", name="Cancel…").click()
    await browser_page.get_by_role("button", name="Skip 2 stations").click()
    await expect(main.get_by_role("row").filter(has_text="W3")).to_contain_text("Skipped")
    assert (await csms.get(f"campaigns/{made['id']}"))["state"] == "cancelled"


async def test_when_certificates_end(csms: Csms, browser_page: Page) -> None:
    site = (await csms.post("sites", {"name": EVIL}))["id"]
    for n, days in enumerate((40, 41, 300)):
        own = {"id": f"TLS{n}", "security_profile": 3, "serial_number": f"SN{n}", "site_id": site if n < 2 else None}
        await csms.post("stations", own)
        made = await csms.post(f"stations/TLS{n}/certificates", {"generate_key": True})
        async with csms.server.db.transaction() as tx:
            await tx.execute(_SEEN, which=int(made["id"]), ends=runtime.now() + days * DAY)
            if n == 0:
                await tx.execute(_STUCK, which=int(made["id"]))
    await sign_in(browser_page, csms)
    await browser_page.get_by_role("link", name="Certificates", exact=True).first.click()
    row = browser_page.get_by_role("row").filter(has=browser_page.get_by_role("rowheader", name=EVIL))
    await expect(row.get_by_role("cell").last).to_have_text("2")
    queue = browser_page.get_by_role("table", name="Renewal queue")
    await expect(queue.get_by_role("row").filter(has_text="TLS0")).to_contain_text(EVIL)
    await expect(browser_page.get_by_role("region", name="Why renewals stand still")).to_contain_text("1 Failed")
    await accessible(browser_page)
    await row.get_by_role("link").first.click()
    listed = browser_page.get_by_role("table", name="Certificates")
    await expect(listed).to_contain_text("TLS0")
    await expect(listed).not_to_contain_text("TLS2")


async def test_the_map(csms: Csms, browser_page: Page) -> None:
    """An outline and the sites on it, from this host alone; a mark leads to the stations of its site."""
    for name, latitude in (("North", 60), ("South", -40)):
        site = (await csms.post("sites", {"name": name, "latitude": latitude, "longitude": 5}))["id"]
        await csms.add_station(f"MAP{name}", site_id=site)
    await sign_in(browser_page, csms)
    await browser_page.get_by_role("button", name="Map", exact=True).click()
    mark = browser_page.get_by_role("link", name="North: 1 station, 1 offline")
    await expect(mark).to_be_visible()
    await expect(browser_page.get_by_role("link", name="South: 1 station, 1 offline")).to_be_visible()
    await accessible(browser_page)
    await mark.click()
    await expect(browser_page.get_by_role("row").filter(has_text="MAPNorth")).to_be_visible()
    await expect(browser_page.get_by_role("row").filter(has_text="MAPSouth")).to_have_count(0)


async def test_what_people_wrote_stays_text(csms: Csms, known: str, browser_page: Page) -> None:
    """Names full of markup on pages of their own, and nothing there that axe knows to be wrong."""
    tariff = {"id": "evil", "name": EVIL, "currency": "EUR", "elements": [{"per": "kwh", "price": "0.39"}]}
    await csms.post("tariffs", tariff)
    await csms.post("holders", {"id": "evil", "name": EVIL, "group": EVIL, "unit": EVIL})
    vehicle = await csms.post("vehicles", {"name": EVIL, "tokens": [EVIL]})
    need = {"vehicle_id": vehicle["id"], "energy_wh": 1, "ready_by": "2099-01-01T00:00:00Z"}
    await csms.post("charging-needs", need)
    await csms.post("reservations", {"station_id": known, "token": EVIL, "expires_at": "2099-01-01T00:00:00Z"})
    site = (await csms.post("sites", {"name": EVIL}))["id"]
    asked = {"site_ids": [site], "name": EVIL, "limit_w": 1, "to": "2099-01-01T00:00:00Z"}
    await csms.post("demand-response/events", asked)
    await csms.post("site-groups", {"name": EVIL, "site_ids": [site]})
    await csms.post("forwardings", {"name": EVIL, "url": "ws://127.0.0.1:9/ocpp", "station_ids": [known]})
    answer = await csms.api.post("files", params={"name": EVIL}, content=b"x")
    assert answer.status_code == 201, answer.text
    await sign_in(browser_page, csms)
    for path in ("/tariffs", "/tariffs/evil", "/holders", "/statements/evil", "/vehicles", "/reservations", "/files",
                 "/demand-response", f"/sites/{site}", "/site-groups", "/forwardings", "/promises"):  # fmt: skip
        await browser_page.goto(address(csms, path))
        await expect(browser_page.get_by_role("heading", level=1)).to_be_visible()
        if path != "/promises":
            await expect(browser_page.get_by_text(EVIL).first).to_be_visible()
        await accessible(browser_page)
