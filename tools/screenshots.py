"""Takes the pictures of the docs from a running demo, in the Chromium of this machine: `make screenshots`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SIZE = (1280, 800)
PAGES = (("fleet", "/"), ("station", "/stations/DEMO001"), ("transaction", "/transactions/1"))
"""Name of the picture, and the page it shows."""
SETTLE = 8.0
"""Seconds that the demo's stations have to come and to begin charging."""


def link_of(demo: subprocess.Popen[str]) -> str:
    """The one-time link that the demo prints."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if (found := re.search(r"Console\s+(http://\S+)", line)) is not None:
            return found.group(1)
    raise SystemExit("The demo printed no link to the console.")


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("There is no Chromium on this machine.", file=sys.stderr)
        return 1
    TARGET.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ohmstead", "demo", "--stations", "12"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        link = link_of(demo)
        time.sleep(SETTLE)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="light")
            page.goto(link)
            page.get_by_role("heading", level=1).wait_for()
            for name, path in PAGES:
                page.goto(link.partition("/#")[0] + path)
                page.get_by_role("heading", level=1).wait_for()
                time.sleep(1)  # what it draws moves for a moment
                page.screenshot(path=TARGET / f"{name}.png")
            browser.close()
    finally:
        demo.terminate()
        demo.wait(timeout=30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
