"""The console in a real Chromium: pages that reach no other host, open no dialog of the browser, and sign in."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

import ohmstead
from tests.acceptance.serving import KEY, Csms

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BUILT = (Path(ohmstead.__file__).parent / "console/vendor/lock.sha256").is_file()
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = Path(__file__).parents[2] / "build/console/axe.min.js"
"""Taken from npm by `make console`, for tests only."""
VIOLATIONS = """(rules) => axe.run(document, rules ? { runOnly: rules } : {})
  .then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"""


THEME = """(theme) => { document.documentElement.dataset.theme = theme;
  for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish(); }"""
"""What moves from one colour to another is there at once."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser; the test is skipped where there is none, or no libraries of the console, and fails in CI."""
    for there, what in (
        (CHROMIUM, "no Chromium on this machine"),
        (BUILT, "no libraries of the console: make console"),
    ):
        if not there:
            assert "CI" not in os.environ, what
            pytest.skip(what)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def clean_page(browser: Browser) -> AsyncIterator[Page]:
    """A page of its own; afterwards nothing of it was said to another host, and no script of a stranger ran."""
    context = await browser.new_context()
    page = await context.new_page()
    outside: list[str] = []
    page.on("request", lambda one: outside.append(one.url) if "127.0.0.1" not in one.url else None)
    page.on("dialog", lambda dialog: outside.append(dialog.message))
    yield page
    await context.close()
    assert outside == []


def address(csms: Csms, path: str = "/") -> str:
    assert csms.server.httpd is not None
    return f"http://127.0.0.1:{csms.server.httpd.port}{path}"


async def sign_in(page: Page, csms: Csms, key: str = KEY, *, path: str = "/") -> None:
    await page.goto(address(csms, path))
    await page.get_by_label("Password or API key").fill(key)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    if key == KEY:
        await expect(page.get_by_role("navigation", name="Main")).to_be_attached()


async def sign_in_by_keys(page: Page, csms: Csms, *, path: str = "/") -> None:
    """The field for the user has the focus; without a user the password is an API key."""
    await page.goto(address(csms, path))
    await expect(page.get_by_label("User")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type(KEY)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")


CALLED = """() => { const one = document.activeElement;
  const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText ?? "";
  return name.trim().split("\\n")[0] }"""


async def press(page: Page, name: str, key: str = "Enter") -> None:
    """Press Tab until the focus is on what is called so, as soon as it is there; then the key."""
    await expect(page.get_by_text(name, exact=True).or_(page.get_by_label(name, exact=True)).first).to_be_attached()
    for _ in range(150):
        await page.keyboard.press("Tab")
        if await page.evaluate(CALLED) == name:
            await page.keyboard.press(key)
            return
    raise AssertionError(f"no Tab leads to {name!r}")


async def go_by_keys(page: Page, name: str) -> None:
    """To a page or a station, by the palette."""
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    await page.keyboard.type(name)
    await expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def accessible(page: Page, *, dark: bool = False) -> None:
    """Nothing on the page is against the rules that axe knows; with `dark` its colours are not in the dark either."""
    if not AXE.is_file():
        assert "CI" not in os.environ
        return
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found = await page.evaluate(VIOLATIONS)
    assert found == [], (page.url, found)
    if not dark:
        return
    await page.evaluate(THEME, "dark")
    found = await page.evaluate(VIOLATIONS, ["color-contrast"])
    await page.evaluate(THEME, "light")
    assert found == [], (page.url, "dark", found)
