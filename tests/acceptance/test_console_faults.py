"""The console when things go wrong: the stream is cut in the middle, the API is slow or gone, a file is missing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, Route, expect

from ohmstead import runtime
from tests.acceptance.browser import address, sign_in
from tests.acceptance.serving import KEY, Csms

pytestmark = [pytest.mark.anyio, pytest.mark.system]


class Line:
    """A TCP relay to the server that can be cut, also between two halves of what the server sends."""

    def __init__(self, port: int) -> None:
        self.port, self.asked = port, b""
        self.is_down = self.halves = False
        self._open: set[asyncio.StreamWriter] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        self._open |= {writer, back}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._up(reader, back), self._down(there, writer))
        self._open -= {writer, back}

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.asked += data
            writer.write(data)
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self.halves and b"delta" in data:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                self.cut()
            writer.write(data)
        writer.close()

    def cut(self) -> None:
        """Every connection ends now, and new ones are turned away."""
        self.is_down, self.halves = True, False
        for writer in self._open:
            writer.close()

    def mend(self) -> None:
        self.is_down, self.asked = False, b""


@contextlib.asynccontextmanager
async def line_to(csms: Csms) -> AsyncIterator[tuple[Line, str]]:
    assert csms.server.httpd is not None
    line = Line(csms.server.httpd.port)
    server = await asyncio.start_server(line.accept, "127.0.0.1", 0)
    try:
        yield line, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        line.cut()


def status(text: str) -> dict[str, object]:
    now = runtime.rfc3339(runtime.now())
    return {"timestamp": now, "connectorStatus": text, "evseId": 1, "connectorId": 1}


async def test_a_stream_that_is_cut_in_the_middle_loses_nothing(csms: Csms, browser_page: Page) -> None:
    """Half of a change arrives, then the line is gone; two more stations change meanwhile. What comes after is resumed
    from the last whole change, not begun anew."""
    names = ["CUT1", "CUT2", "CUT3"]
    for name in names:
        await csms.add_station(name)
    async with line_to(csms) as (line, url), contextlib.AsyncExitStack() as stack:
        stations = [await stack.enter_async_context(csms.station(name)) for name in names]
        for station in stations:
            await station.call("StatusNotification", status("Available"))
        await browser_page.goto(url)
        await browser_page.get_by_label("Password or API key").fill(KEY)
        await browser_page.get_by_role("button", name="Sign in", exact=True).click()
        rows = [browser_page.get_by_role("row").filter(has_text=name) for name in names]
        for row in rows:
            await expect(row).to_contain_text("Available")
        live = browser_page.locator(".live")
        await stations[2].call("StatusNotification", status("Occupied"))  # a change that came whole
        await expect(rows[2]).to_contain_text("Occupied")
        line.halves = True
        await stations[0].call("StatusNotification", status("Faulted"))
        await expect(live).to_have_text("Connecting")
        await stations[1].call("StatusNotification", status("Unavailable"))
        await stations[2].call("StatusNotification", status("Faulted"))
        line.mend()
        await expect(live).to_have_text("Live", timeout=20_000)
        for row, word in zip(rows, ("Faulted", "Out of use", "Faulted"), strict=True):
            await expect(row).to_contain_text(word)
        assert b"last-event-id:" in line.asked.lower()


async def test_a_slow_answer_is_waited_for_in_the_shape_of_what_comes(csms: Csms, browser_page: Page) -> None:
    go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await sign_in(browser_page, csms, path="/tokens")
    await browser_page.route("**/api/v1/tariffs*", slowly)
    await browser_page.get_by_role("link", name="Tariffs", exact=True).first.click()
    await expect(browser_page.get_by_role("status", name="Loading")).to_be_visible()
    await expect(browser_page.get_by_role("heading", level=1)).to_have_text("Tariffs")
    go.set()
    await expect(browser_page.get_by_role("main")).to_contain_text("No tariff yet")


async def test_old_rows_stay_while_new_ones_cannot_be_had(csms: Csms, known: str, browser_page: Page) -> None:
    await csms.add_token("STAYS-1", type="Central")
    await sign_in(browser_page, csms, path="/commands")
    async with csms.station(known):
        await csms.post(f"stations/{known}/commands", {"type": "trigger", "message": "Heartbeat"})
        row = browser_page.get_by_role("row").filter(has_text=known)
        await expect(row.first).to_be_visible()
        await browser_page.route("**/api/v1/commands?*", lambda route: route.abort())
        await csms.post(f"stations/{known}/commands", {"type": "trigger", "message": "Heartbeat"})
        await expect(browser_page.get_by_role("main")).to_contain_text("This is what was there before")
        await expect(row.first).to_be_visible()


async def test_a_page_whose_file_is_missing_says_so(csms: Csms, browser_page: Page) -> None:
    await browser_page.route("**/pages/uptime.js", lambda route: route.abort())
    await sign_in(browser_page, csms, path="/uptime")
    await expect(browser_page.get_by_role("alert")).to_contain_text("This page did not load")
    await browser_page.unroute("**/pages/uptime.js")
    await browser_page.get_by_role("button", name="Try again").click()
    await expect(browser_page).to_have_url(address(csms, "/uptime"))
    await expect(browser_page.get_by_role("heading", level=1)).to_have_text("Uptime")
