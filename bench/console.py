"""What the fleet page costs in a real Chromium: first rows, frames while scrolling, memory, and how much it loads.

    console.py [STATIONS] [UPDATES A SECOND] [SECONDS] [MINUTES OF MEMORY]

The pages are the real ones, served as always; what is made up is the API behind them, so that the browser is measured and
not the server beside it: a snapshot of all stations in pages, then so many changes a second in deltas four times a second.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from ohmstead import runtime
from ohmstead.api.httpd import Httpd
from ohmstead.api.pages import HOME, Pages

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PAGE_OF = 500
DELTAS = 4
"""A second, as the server sends them."""
STATUSES = ("faulted", "offline", "charging", "charging", "occupied", "available", "available", "available")
SESSION = {"name": "bench", "role": "admin", "scopes": ["admin"], "csrf_token": "x", "site_ids": None}
FRAMES = """() => { window.frames = []; let last = performance.now();
const next = (now) => { window.frames?.push(now - last); last = now; if (window.frames) requestAnimationFrame(next) };
requestAnimationFrame(next) }"""


def station(number: int, turn: int = 0) -> dict[str, Any]:
    status = STATUSES[(number * 7 + turn) % len(STATUSES)]
    evses = [
        {"id": one, "state": "charging" if status == "charging" else "available", "limit_w": 22000, "transaction_id": None,
         "power_w": (number * 131 + turn * 977) % 22000 if status == "charging" else 0}
        for one in (1, 2)
    ]  # fmt: skip
    return {
        "id": f"CS{number:05d}", "status": status, "site_id": None, "vendor": "Acme", "model": "M1", "evses": evses,
        "firmware_version": "1.0", "ocpp_version": "2.0.1", "last_seen_at": runtime.rfc3339(runtime.now()),
    }  # fmt: skip


def frame(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


class StandIn:
    """As much of the API as the fleet page asks for."""

    def __init__(self, stations: int, updates: int) -> None:
        self.stations, self.updates, self.closing = stations, updates, False
        self.snapshot = [frame("snapshot", one) for one in self._snapshot()]  # made before anybody waits for it

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/api/v1")
        if path == "/stations/live":
            return await self._stream(send)
        found = {
            "/sign-in": SESSION, "/health/live": {"version": "bench"},
            "/stations/summary": {
                "stations": self.stations, "online": self.stations, "power_w": 1, "active_transactions": 1,
                "statuses": dict.fromkeys(STATUSES, 1),
            },
        }  # fmt: skip
        body = json.dumps(found.get(path, {"data": [], "next_cursor": None})).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for one in self.snapshot:
            await send({"type": "http.response.body", "body": one, "more_body": True})
        async for data in self._deltas():
            await send({"type": "http.response.body", "body": frame("delta", data), "more_body": True})

    def _snapshot(self) -> Iterator[dict[str, Any]]:
        for page, begin in enumerate(range(0, self.stations, PAGE_OF)):
            end = min(begin + PAGE_OF, self.stations)
            stations = [station(n) for n in range(begin, end)]
            yield {"page": page, "complete": end == self.stations, "stations": stations}

    async def _deltas(self) -> AsyncIterator[dict[str, Any]]:
        number = itertools.count()
        for turn in itertools.count(1):
            if self.closing:
                return
            await asyncio.sleep(1 / DELTAS)
            changed = {(next(number) * 37) % self.stations for _ in range(self.updates // DELTAS)}
            yield {"stations": [station(n, turn) for n in changed], "gone": []}


def bundle() -> dict[str, Any]:
    """Bytes of what a browser loads: as they lie there, and packed as a proxy packs them."""
    found: dict[str, list[int]] = {}
    for file in HOME.rglob("*"):
        if file.suffix not in (".js", ".css", ".svg", ".json") or not file.is_file():
            continue
        own = file.relative_to(HOME)
        kind = own.parts[1] if own.parts[0] == "vendor" else "own " + file.suffix.lstrip(".")
        text = file.read_bytes()
        sizes = found.setdefault(kind, [0, 0])
        sizes[0] += len(text)
        sizes[1] += len(gzip.compress(text))
    return {kind: f"{raw // 1000} kB, packed {packed // 1000} kB" for kind, (raw, packed) in sorted(found.items())}


async def heap_mb(page: Page) -> float:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used = await session.send("Runtime.getHeapUsage")
    return round(float(used["usedSize"]) / 1e6, 1)


async def cpu_s(session: CDPSession) -> float:
    """Seconds of CPU that the page's main thread has had: it says the same on a busy machine."""
    found = await session.send("Performance.getMetrics")
    return next(float(one["value"]) for one in found["metrics"] if one["name"] == "ThreadTime")


def tasks_ms(trace: bytes) -> list[float]:
    """What each task of the page's main thread took of CPU, in milliseconds, the longest last. A frame waits for its task,
    so none of 50 ms means no late frame of ours; unlike the frames themselves it says the same on a busy machine."""
    events = json.loads(trace)["traceEvents"]
    pages = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    mine = (one for one in events if one["name"] == "RunTask" and (one["pid"], one["tid"]) in pages)
    return sorted(one.get("tdur", one.get("dur", 0)) / 1000 for one in mine)


async def scrolled(page: Page, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await page.mouse.wheel(0, 900)
        await asyncio.sleep(0.05)


async def remembered(page: Page, minutes: float) -> list[float]:
    """Megabytes of heap after each minute of scrolling up and down."""
    found = []
    for _ in range(round(minutes)):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            await page.mouse.wheel(0, 900)
            await asyncio.sleep(0.25)
            await page.evaluate(
                "() => { if (scrollY + innerHeight > document.body.scrollHeight - 900) scrollTo(0, 0) }"
            )
        found.append(await heap_mb(page))
    return found


async def measured(browser: Browser, page: Page, base: str, seconds: float, minutes: float) -> dict[str, Any]:
    session, begun = await page.context.new_cdp_session(page), time.monotonic()
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.goto(base)
    await page.locator("tr[data-row]").first.wait_for()
    first, first_cpu = time.monotonic() - begun, await cpu_s(session)
    await page.get_by_text("so far").wait_for(state="detached")
    whole, early = time.monotonic() - begun, await heap_mb(page)
    await page.evaluate(FRAMES)
    cpu, since = await cpu_s(session), time.monotonic()
    await scrolled(page, seconds)
    share = (await cpu_s(session) - cpu) / (time.monotonic() - since)
    frames = sorted(
        await page.evaluate("() => { const found = window.frames.slice(2); window.frames = null; return found }")
    )
    await browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline", "devtools.timeline"])
    await scrolled(page, seconds / 2)
    tasks = tasks_ms(await browser.stop_tracing())
    return {
        "first_rows_s": round(first, 2), "first_rows_cpu_s": round(first_cpu, 2), "cpu_while_scrolling": round(share, 2),
        "whole_fleet_s": round(whole, 2),
        "frames": len(frames), "frame_ms_p50": round(frames[len(frames) // 2], 1), "frame_ms_p99": round(frames[int(len(frames) * 0.99)], 1),
        "frame_ms_most": round(frames[-1], 1), "frames_over_50_ms": sum(one > 50 for one in frames),
        "task_cpu_ms_most": round(tasks[-1], 1), "tasks_over_50_ms": sum(one > 50 for one in tasks),
        "heap_mb": [early, await heap_mb(page)], "heap_mb_by_minute": await remembered(page, minutes),
    }  # fmt: skip


async def run(stations: int, updates: int, seconds: float, minutes: float) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    sock = socket.create_server(("127.0.0.1", 0))
    api = StandIn(stations, updates)
    httpd = Httpd(Pages(api), sock)
    httpd.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            report = await measured(browser, page, f"http://127.0.0.1:{httpd.port}/", seconds, minutes)
            await browser.close()
    finally:
        api.closing = True
        await asyncio.sleep(1 / DELTAS)
        await httpd.stop()
    return {"stations": stations, "updates_per_s": updates, **report, "bundle": bundle()}


def main() -> None:
    given = [int(one) for one in sys.argv[1:]]
    stations, updates, seconds, minutes = [*given, *(10_000, 500, 20, 0)[len(given) :]]
    print(json.dumps(asyncio.run(run(stations, updates, seconds, minutes)), indent=1))


if __name__ == "__main__":
    main()
