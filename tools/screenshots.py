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
SETTLE = 480.0
"""Seconds that the demo's stations have to come, to live as we do, and a site to be sampled twice inside its limit."""
HARBOUR = "Harbour Depot"
"""The site of the demo that is kept inside a limit."""


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


def harbour(api: httpx.Client) -> str:
    """The id of that site."""
    rows = api.get("sites").raise_for_status().json()["data"]
    return next(str(one["id"]) for one in rows if one["name"] == HARBOUR)


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
            site = harbour(api)
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
