"""The API with a large fleet behind it: latency of what is asked most, event streams, webhooks; beside a bare endpoint.

api.py [DATABASE_URL] [--stations 10000] [--transactions 1000000] [--asked 500] [--readers 500]

The server is a process of its own in its default configuration; the bare endpoint is the same framework behind the same
HTTP server, one handler that answers as many bytes, and none of our code. Requests come one after the other over one
connection, so the times are those of a request, not of a queue. One transaction is told to the handlers, the others are
copies of its row, of all stations and 5,000 tokens, one begun each minute. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import uvloop  # noqa: E402
from litestar import Litestar, get, post  # noqa: E402
from server import FIRST, KEY, make_stations  # noqa: E402
from sqlalchemy import Text, bindparam, cast, insert, literal, select, update  # noqa: E402
from yardsticks import free_port, process  # noqa: E402

from ohmstead.api.httpd import Httpd  # noqa: E402
from ohmstead.app import Server  # noqa: E402
from ohmstead.settings import Api, Gateway, Settings  # noqa: E402
from ohmstead.store import schema  # noqa: E402
from ohmstead.store.statement import Statement  # noqa: E402
from ohmstead.store.tables import sites, transactions  # noqa: E402
from ohmstead.store.tables import stations as stations_table  # noqa: E402
from ohmstead.store.tables.meta import DEFAULT_TENANT  # noqa: E402
from tests.acceptance.serving import event  # noqa: E402
from tests.blocks.staging import Stage  # noqa: E402

TOKENS, SITES, MINUTE, AT_ONCE = 5_000, 100, 60_000_000, 20_000
STATIONS = 100
"""Whom things are asked of for streams and webhooks."""
KEYS = 40
"""One key may make 200 requests a second; together they may make more than there will be."""
EVENTS, PACE, HOOKS = 100, 0.05, 2_000


# ---------------------------------------------------------------------- what is there


async def fill(url: str, folder: str, stations: int, count: int) -> str:
    """Make fleet and transactions; the id of the newest transaction."""
    if url:
        await schema.upgrade(url)
    server = Server(Settings(data_dir=folder, database_url=url, api=Api(bind="127.0.0.1:0", bootstrap_key=KEY),
                             gateway=Gateway(bind="127.0.0.1:0", tls_bind="")))  # fmt: skip
    await server.start()
    while server.starting:
        await asyncio.sleep(0.05)
    try:
        await make_stations(server, stations, 1)
        stage = Stage(server.db)
        await stage.enter(1)
        await stage.say("TransactionEvent", event("Started", 0, token="T0", evse=1, wh=0))
        await stage.say("TransactionEvent", event("Ended", 1, 3600, wh=11_000))
        (one,) = await stage.rows(select(transactions.c.id))
        first, made, t = one[0], 1, transactions.c
        async with server.db.transaction() as tx:
            row: dict[str, Any] = {"tenant_id": DEFAULT_TENANT, "time_zone": "UTC", "created_at": 0, "version": 1}
            add = Statement(insert(sites).values({name: bindparam(name) for name in ("id", "name", *row)}))
            for number in range(1, SITES + 1):
                await tx.execute(add, **row | {"id": number, "name": f"Site {number}"})
            await tx.execute(Statement(update(stations_table).values(site_id=1 + stations_table.c.id % SITES)))
        while made < count:
            more = min(made, count - made, AT_ONCE)
            other = t.id + made - first
            fresh = {
                "id": t.id + made, "station_id": FIRST + other % stations, "token": literal("T") + cast(other % TOKENS, Text),
                "transaction_id": literal("c") + cast(other, Text), "started_at": t.started_at + made * MINUTE,
                "ended_at": t.ended_at + made * MINUTE, "sealed": 1,
            }  # fmt: skip
            columns = [fresh.get(column.name, column) for column in transactions.columns]
            copied = select(*columns).where(t.id < first + more)
            async with server.db.transaction() as tx:
                await tx.execute(Statement(insert(transactions).from_select(list(transactions.columns.keys()), copied)))
            made += more
        return str(first + made - 1)
    finally:
        await server.stop()


# ---------------------------------------------------------------------- one who asks


class Line:
    """A connection to a server: requests one after the other."""

    def __init__(self, port: int, keys: Iterator[str], pid: int = 0) -> None:
        self.port, self.pid, self._keys = port, pid, keys

    async def open(self) -> Line:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        return self

    async def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The body of the answer. Raises SystemExit for a refusal."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /api/v1/{path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key or next(self._keys)}\r\n"
        self._writer.write(
            f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
        )
        told = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(told.split(b"content-length: ")[1].split(b"\r\n")[0]) if b"content-length" in told else 0
        answer = await self._reader.readexactly(length)
        if told[9:10] != b"2":
            raise SystemExit(f"{method} {path}: {answer[:500]!r}")
        return answer

    async def times(
        self, many: int, method: str, paths: Iterator[str], bodies: Iterator[Any]
    ) -> tuple[dict[str, Any], int]:
        """p50 and p99 in ms, and how many bytes an answer has."""
        found, size = [], 0
        for _ in range(many):
            path, body, key = next(paths), next(bodies), next(self._keys)
            begun = time.perf_counter()
            size = len(await self.ask(method, path, body, key))
            found.append(time.perf_counter() - begun)
        found.sort()
        return {"p50": ms(found[many // 2]), "p99": ms(found[many * 99 // 100])}, size


def ms(seconds: float) -> float:
    return round(seconds * 1e3, 2)


def requests(stations: int, newest: str) -> dict[str, tuple[str, Iterator[str], Iterator[Any]]]:
    """What is asked most, and what there is least of: method, paths, bodies."""
    number, spread = itertools.count(), itertools.count(0, 7919)
    of = (f"CS{next(spread) % stations:06d}" for _ in itertools.count())
    nothing = itertools.repeat(None)
    return {
        "GET stations?limit=100": ("GET", itertools.repeat("stations?limit=100"), nothing),
        "GET stations?q=": ("GET", (f"stations?limit=20&q={one[-4:]}" for one in of), nothing),
        "GET stations/{id}": ("GET", (f"stations/{one}" for one in of), nothing),
        "GET stations/summary": ("GET", itertools.repeat("stations/summary"), nothing),
        "GET transactions?limit=100": ("GET", itertools.repeat("transactions?limit=100"), nothing),
        "GET transactions?site_id=": ("GET", (f"transactions?limit=20&site_id={1 + n % SITES}" for n in spread), nothing),
        "GET transactions?incomplete=true": ("GET", itertools.repeat("transactions?incomplete=true"), nothing),
        "GET transactions/{id}": ("GET", (f"transactions/{int(newest) - n % 1000}" for n in spread), nothing),
        "GET transactions?station_id=": ("GET", (f"transactions?limit=20&station_id={one}" for one in of), nothing),
        "POST tokens": ("POST", itertools.repeat("tokens"), ({"token": f"B{next(number)}"} for _ in itertools.count())),
        "POST stations/{id}/commands": (
            "POST", (f"stations/{one}/commands" for one in of),
            itertools.repeat({"type": "reset", "when": "idle", "if_offline": "queue"}),
        ),
    }  # fmt: skip


# ---------------------------------------------------------------------- the bare endpoint


async def bare(port: int) -> None:
    """The framework alone: GET answers as many bytes as asked, POST reads its JSON and answers it."""

    @get("/api/v1/bare/{size:int}", media_type="application/json", sync_to_thread=False)
    def give(size: int) -> bytes:
        return b" " * size

    @post("/api/v1/bare", media_type="application/json")
    async def take(data: dict[str, Any]) -> dict[str, Any]:
        return data

    httpd = Httpd(
        Litestar([give, take], openapi_config=None, logging_config=None), socket.create_server(("127.0.0.1", port))
    )
    httpd.start()
    print("ready", flush=True)
    await asyncio.Event().wait()


# ---------------------------------------------------------------------- streams and webhooks


async def streams(port: int, line: Line, keys: list[str], readers: int) -> dict[str, Any]:
    """Events one by one to so many readers of the feed: how late they come, and how much CPU a frame costs."""
    late: list[float] = []
    said, heard, pid = 0.0, asyncio.Event(), line.pid
    missing = 0

    async def listen(key: str, begun: asyncio.Semaphore) -> None:
        nonlocal missing
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /api/v1/events/stream HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        await reader.readuntil(b"\n\n")
        begun.release()
        while True:
            await reader.readuntil(b"\ndata: ")
            await reader.readuntil(b"\n\n")
            late.append(time.perf_counter() - said)
            missing -= 1
            if missing == 0:
                heard.set()

    begun = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(listen(keys[n % len(keys)], begun)) for n in range(readers)]
    for _ in tasks:
        await begun.acquire()
    before, wall = cpu_of(pid), time.perf_counter()
    for n in range(EVENTS):
        heard.clear()
        missing, said = readers, time.perf_counter()
        await line.ask(
            "POST", f"stations/CS{n % STATIONS:06d}/commands", {"type": "clear_cache", "if_offline": "queue"}
        )
        await asyncio.wait_for(heard.wait(), 60)
    spent, wall = cpu_of(pid) - before, time.perf_counter() - wall
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    late.sort()
    frames = len(late)
    return {
        "readers": readers, "frames": frames, "p50": ms(late[frames // 2]), "p99": ms(late[frames * 99 // 100]),
        "frames_per_s": round(frames / wall), "cpu_us_per_frame": round(spent * 1e6 / frames),
    }  # fmt: skip


async def webhooks(line: Line) -> dict[str, Any]:
    """A webhook with a full queue, and a receiver that takes all at once."""
    taken, full = 0, asyncio.Event()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                taken += 1
                if taken >= HOOKS:
                    full.set()
        except asyncio.IncompleteReadError:
            writer.close()

    receiver = await asyncio.start_server(receive, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/in"
    words = {"url": url, "types": ["ohmstead.command.*"], "enabled": False}
    hook = json.loads(await line.ask("POST", "webhooks", words))["id"]
    for n in range(HOOKS):
        await line.ask(
            "POST", f"stations/CS{n % STATIONS:06d}/commands", {"type": "clear_cache", "if_offline": "queue"}
        )
    before, wall = cpu_of(line.pid), time.perf_counter()
    await line.ask("PATCH", f"webhooks/{hook}", {"enabled": True})
    await asyncio.wait_for(full.wait(), 300)
    wall, spent = time.perf_counter() - wall, cpu_of(line.pid) - before
    receiver.close()
    return {"delivered": taken, "per_s": round(taken / wall), "cpu_us_each": round(spent * 1e6 / taken)}


def cpu_of(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---------------------------------------------------------------------- all of it


async def main(given: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"stations": given.stations, "transactions": given.transactions}
    with tempfile.TemporaryDirectory(prefix="ohmstead-api-") as folder:
        begun = time.perf_counter()
        newest = await fill(given.url, folder, given.stations, given.transactions)
        found["filled_s"] = round(time.perf_counter() - begun, 1)
        port, bare_port = free_port(), free_port()
        serve = [str(HERE / "server.py"), str(free_port()), "0", *([given.url] if given.url else [])]
        serve += ["--data-dir", folder, "--api-port", str(port), "--webhooks-here"]
        with (
            process(*serve, ready="ready", port=port) as pid,
            process(str(HERE / "api.py"), "--bare", str(bare_port), ready="ready", port=bare_port),
        ):
            line = await Line(port, itertools.repeat(KEY)).open()
            new = {"name": "bench", "scopes": ["admin"]}
            keys = [json.loads(await line.ask("POST", "keys", new))["key"] for _ in range(KEYS)]
            line = await Line(port, itertools.cycle(keys), pid).open()
            naked = Line(bare_port, itertools.cycle(keys))
            found["requests"] = await compared(line, naked, given, newest)
            if given.readers:
                found["streams"] = await streams(port, line, keys, given.readers)
                found["webhooks"] = await webhooks(line)
    return found


async def compared(line: Line, naked: Line, given: argparse.Namespace, newest: str) -> dict[str, Any]:
    """Each request, and the bare endpoint with as many bytes right after it."""
    found = {}
    for name, (method, paths, bodies) in requests(given.stations, newest).items():
        await line.times(20, method, paths, bodies)
        ours, size = await line.times(given.asked, method, paths, bodies)
        await naked.open()  # what is idle for long is closed
        path = itertools.repeat(f"bare/{size}" if method == "GET" else "bare")
        least, _ = await naked.times(given.asked, method, path, bodies)
        found[name] = {**ours, "bare_p50": least["p50"], "bare_p99": least["p99"], "bytes": size}
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--stations", type=int, default=10_000)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=500)
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--bare", type=int)
    options = parser.parse_args()
    if options.bare:
        uvloop.run(bare(options.bare))
    print(json.dumps(uvloop.run(main(options))))
