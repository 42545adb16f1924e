"""Every page of the console as a picture, wide and narrow, light and dark, into build/looks: to be looked at by people.

    looks.py [--at URL --key KEY] [--only TEXT]

Without --at it begins a demo of its own. What can be judged without eyes is printed: a page that scrolls sideways, text
that is cut off, an error in the browser's console.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, Page, sync_playwright
from screenshots import FLAGS, HARBOUR, ROOT, SETTLE, harbour, introduced

TARGET = ROOT / "build" / "looks"
SETTLED_S = 0.7
"""What a page draws moves for a moment."""
MOST_PX = 4000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LOOKS = (("wide", 1440, 900), ("narrow", 360, 740))
PAGES = """
/ /?view=map /?status=reserved /?certificate_expires_before=2099-01-01T00:00:00Z
/stations/DEMO001 /stations/DEMO002/connectors /stations/DEMO002/transactions /stations/DEMO002/device-model
/stations/DEMO002/messages /stations/DEMO002/commands /stations/DEMO002/certificates /stations/DEMO002/profiles
/stations/DEMO002/procedures /stations/DEMO002/desired /stations/DEMO002/quirks /stations/NEVER
/transactions /transactions/{transactions} /alerts /alerts?state=news /reservations /campaigns /campaigns/{campaigns}
/desired /desired/fleet /drift /messages /messages/{messages} /commands /commands/{commands}
/certificates /certificates/{certificates} /refused /quirks /vendors /vendors/Ohmstead/Simulator /uptime
/bench /bench/runs /bench/personas /sites /sites/{sites} /site-groups /demand-response /demand-response/openadr
/promises /vehicles
/tokens /contracts /tariffs /tariffs/day /statements /holders /statements/flat-7 /payments
/files /webhooks /webhooks/{webhooks} /forwardings /forwardings/{forwardings} /keys /users /tenants /audit /health
/nowhere
""".split()
JUDGED = """() => {
  const said = [], root = document.documentElement, edge = root.clientWidth + 1;
  const named = (one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""}`;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > edge);
    said.push(`scrolls sideways: ${root.scrollWidth} px, by ${wide.slice(-3).map(named).join(", ")}`);
  }
  for (const one of document.querySelectorAll("main *, header *")) {
    if (one.childElementCount || one.closest(".vh, svg, [title]") || !one.textContent.trim()) continue;
    const isCut = getComputedStyle(one).overflowX === "hidden" && one.scrollWidth > one.clientWidth + 1;
    if (isCut && one.clientWidth > 1) said.push(`cut off: ${one.textContent.trim().slice(0, 60)}`);
  }
  return said;
}"""


def furnish(api: httpx.Client, site: str) -> None:
    """A little of everything that the pages show."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def at(hours: float) -> str:
        return (now + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")

    prices = [{"from": at(n), "to": at(n + 1), "price": 0.18 + 0.12 * ((n * 7) % 11) / 11} for n in range(-6, 30)]
    sun = [{"from": at(n), "to": at(n + 1), "power_w": max(0, 9000 - 1500 * abs(n))} for n in range(-6, 7)]
    never = {"id": "NEVER", "security_profile": "tls_client_certificate", "serial_number": "SN-1", "site_id": site}
    if api.post("stations", json=never).is_success:
        api.post("stations/NEVER/certificates", json={"generate_key": True})
    tariff = {
        "id": "day", "name": "Day and night", "currency": "EUR", "tax_percent": "19", "default": True,
        "elements": [
            {"per": "kwh", "price": "0.49", "from_time": "06:00", "to_time": "22:00"}, {"per": "kwh", "price": "0.39"},
            {"per": "idle_minute", "price": "0.10"}, {"per": "session", "price": "1.00"},
        ],
    }  # fmt: skip
    vehicle = api.post("vehicles", json={"name": "Van 7", "tokens": ["04A1B2C3D4E5F6"], "battery_wh": 64000}).json()
    layer = {
        "applies_to": None,
        "desired": {"configuration": [{"name": "connection.heartbeat_interval", "value": 120}]},
    }
    second = {"name": "Payments provider", "url": "ws://127.0.0.1:9/ocpp", "leave_out": ["SecurityEventNotification"]}
    event = {"site_ids": [site], "name": "Evening peak", "from": at(3), "to": at(5), "shed_percent": 40}
    some = {"station_ids": [f"DEMO{n:03d}" for n in range(1, 9)]}
    interval = [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}]
    hook = {"url": "http://127.0.0.1:9/hook", "types": ["ohmstead.transaction.*", "ohmstead.alert.*"]}
    kept = {"station_id": "DEMO003", "evse_id": 1, "token": "DEMO-DRIVER-3", "expires_at": at(5)}
    wanted: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("PUT", f"sites/{site}/prices", {"unit": "EUR/kWh", "slots": prices}),
        ("PUT", f"sites/{site}/series/pv", {"slots": sun}),
        ("POST", "site-groups", {"name": "Harbour", "site_ids": [site]}),
        ("POST", "tariffs", tariff),
        ("POST", "holders", {"id": "flat-7", "group": "Linden Street 5", "name": "A. Sample", "unit": "Flat 7"}),
        ("PATCH", "tokens/04A1B2C3D4E5F6", {"holder": "flat-7"}),
        ("POST", "webhooks", hook),
        ("POST", "forwardings", second),
        ("POST", "reservations", kept),
        ("POST", "charging-needs", {"vehicle_id": vehicle.get("id"), "energy_wh": 22000, "ready_by": at(9)}),
        ("POST", "demand-response/events", event),
        ("PUT", "desired/fleet", layer),
        ("POST", "campaigns", {"type": "base_report", "select": some, "waves": [{"percent": 25}, {"percent": 100}]}),
        ("POST", "users", {"name": "operator", "password": "a-long-password-1", "role": "operator"}),
        ("POST", "stations/DEMO002/commands", {"type": "get_installed_certificate_ids"}),
        ("POST", "stations/DEMO002/commands", {"type": "get_variables", "variables": interval}),
    )
    for method, path, body in wanted:
        answer = api.request(method, path, json=body)
        if answer.status_code not in (409, 200, 201, 202, 204):
            print(f"{method} {path}: {answer.status_code} {answer.text}")
    api.post("files", params={"name": "charger-1.5.bin"}, content=b"firmware")


def newest(api: httpx.Client) -> dict[str, str]:
    """Of each list an id for the page of one thing; of transactions the one with most to show."""
    found = {}
    for name in (
        "transactions",
        "campaigns",
        "messages",
        "commands",
        "certificates",
        "webhooks",
        "forwardings",
        "sites",
    ):
        rows = api.get(name, params={"limit": 200}).raise_for_status().json()["data"]
        best = max(rows, key=lambda row: row["events"]) if name == "transactions" else next(iter(rows), None)
        if name == "sites":
            best = next((row for row in rows if row["name"] == HARBOUR), best)
        if best:
            found[name] = best["id"]
    return found


def taken(browser: Browser, api: httpx.Client, base: str, only: str) -> int:
    """The number of things that were found wrong."""
    ids = newest(api)
    wrong = 0
    for scheme in SCHEMES:
        for look, width, height in LOOKS:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            errors: list[str] = []
            listen(page, errors)
            page.goto(base + api.post("sign-in/links").raise_for_status().json()["path"])
            page.locator(".page-head h1").wait_for()
            for path in (one for one in PAGES if only in one):
                errors.clear()
                found = picture(page, base + path.format_map(ids), f"{named(path)}-{look}-{scheme}") + errors
                wrong += len(found)
                for one in found:
                    print(f"{path} {look} {scheme}: {one}", flush=True)
            context.close()
    return wrong


def listen(page: Page, errors: list[str]) -> None:
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))


def named(path: str) -> str:
    return path.strip("/?").translate(str.maketrans("/?=", "---", "{}:")) or "fleet"


def picture(page: Page, url: str, name: str) -> list[str]:
    """Take it; what is wrong by the browser's own measures comes back."""
    page.goto(url)
    page.locator("h1").first.wait_for()
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    time.sleep(SETTLED_S)
    found: list[str] = page.evaluate(JUDGED)
    width = page.evaluate("innerWidth")
    height = page.evaluate("innerHeight")
    page.set_viewport_size({"width": width, "height": min(MOST_PX, page.evaluate("document.body.scrollHeight"))})
    time.sleep(SETTLED_S / 2)  # rows that were out of sight come
    page.screenshot(path=TARGET / f"{name}.png")
    page.set_viewport_size({"width": width, "height": height})
    return found


def looked(base: str, key: str, only: str, *, settle: float) -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("There is no Chromium on this machine.", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with httpx.Client(base_url=f"{base}/api/v1/", headers={"Authorization": f"Bearer {key}"}, timeout=30) as api:
        if settle:
            furnish(api, harbour(api))
            time.sleep(settle)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            wrong = taken(browser, api, base, only)
            browser.close()
    return 1 if wrong else 0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--at", help="a demo that runs already, and was furnished")
    options.add_argument("--key")
    options.add_argument("--only", default="", help="pages whose path has this text")
    given = options.parse_args()
    if given.at:
        return looked(given.at, given.key, given.only, settle=0)
    command = [sys.executable, "-m", "ohmstead", "demo", "--stations", "12"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        link, key = introduced(demo)
        return looked(link.partition("/#")[0], key, given.only, settle=SETTLE)
    finally:
        demo.terminate()
        demo.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
