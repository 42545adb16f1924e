"""Takes the pictures of the docs from a running demo, in the Chromium of this machine: `make screenshots`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SIZE = (1280, 800)
PAGES = (
    ("fleet", "/"), ("station", "/stations/DEMO001"), ("transaction", "/transactions/{transaction}"),
    ("map", "/?view=map"), ("site", "/sites/{site}"), ("messages", "/messages"),
    ("device-model", "/stations/DEMO002/device-model"),
)  # fmt: skip
"""Name of the picture, and the page it shows."""
SETTLE = 190.0
"""Seconds that the demo's stations have to come and charge, and a site to be sampled three times."""
PLACES = (("Harbour Depot", 53.54, 9.97), ("Market Square", 52.37, 9.73), ("North Garage", 54.32, 10.13))


def introduced(demo: subprocess.Popen[str]) -> tuple[str, str]:
    """The one-time link and the key that the demo prints; what it prints later is thrown away."""
    assert demo.stdout is not None
    link = None
    for line in demo.stdout:
        if (found := re.search(r"Console\s+(http://\S+)", line)) is not None:
            link = found.group(1)
        if link and (found := re.search(r"API key\s+(\S+)", line)) is not None:
            threading.Thread(target=demo.stdout.read, daemon=True).start()
            return link, found.group(1)
    raise SystemExit("The demo printed no link to the console.")


def furnish(api: httpx.Client) -> str:
    """Sites for the demo's stations, the first one inside a limit; its id."""
    made = []
    for n, (name, latitude, longitude) in enumerate(PLACES):
        body = {"name": name, "time_zone": "Europe/Berlin", "latitude": latitude, "longitude": longitude}
        made.append(api.post("sites", json=body).raise_for_status().json()["id"])
        for station in range(4 * n + 1, 4 * n + 5):
            api.patch(f"stations/DEMO{station:03d}", json={"site_id": made[n]}).raise_for_status()
    for name, stations in (("Circuit F1", (1, 2)), ("Circuit F2", (3, 4))):
        evses = [{"station_id": f"DEMO{one:03d}", "evse_id": evse} for one in stations for evse in (1, 2)]
        api.post(f"sites/{made[0]}/circuits", json={"name": name, "limit_a": 63, "evses": evses}).raise_for_status()
    api.put(f"sites/{made[0]}/limit", json={"limit_w": 30_000}).raise_for_status()
    return str(made[0])


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("There is no Chromium on this machine.", file=sys.stderr)
        return 1
    TARGET.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ohmstead", "demo", "--stations", "12"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        link, key = introduced(demo)
        base = link.partition("/#")[0]
        with httpx.Client(base_url=f"{base}/api/v1/", headers={"Authorization": f"Bearer {key}"}, timeout=30) as api:
            site = furnish(api)
            time.sleep(SETTLE)
            rows = api.get("transactions", params={"limit": 200}).raise_for_status().json()["data"]
        transaction = max(rows, key=lambda row: row["events"])["id"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="light")
            page.goto(link)
            page.locator(".page-head h1").wait_for()
            for name, path in PAGES:
                page.goto(base + path.format(site=site, transaction=transaction))
                page.locator(".page-head h1").wait_for()
                time.sleep(1)  # what it draws moves for a moment
                page.screenshot(path=TARGET / f"{name}.png")
            browser.close()
    finally:
        demo.terminate()
        demo.wait(timeout=30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
