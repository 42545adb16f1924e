"""From one process to many, measured: throughput, connections, storms, commands across nodes, bytes, where the time goes.

scale.py [--stations N] [--seconds S] [--only NAME ...] [--json FILE]

Each part runs on its own; `bench/report.py` makes the page docs/scale.md and its plots of the JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from server import KEY, PASSWORD  # noqa: E402
from yardsticks import cpu, free_port, load, postgres  # noqa: E402


class Node:
    """server.py in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, str(HERE / "server.py"), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        if words[:1] != ["ready"]:
            raise SystemExit(f"server.py {' '.join(arguments)} did not start")
        self.pid, self.api = words[1], int(words[2])

    def stop(self) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(40)
        self.process.kill()


@contextlib.contextmanager
def nodes(*each: tuple[str, ...], folder: str) -> Iterator[list[Node]]:
    """Started one after the other: the first one makes the stations and the keys."""
    started: list[Node] = []
    try:
        for arguments in each:
            started.append(Node(*arguments, "--data-dir", folder))
        yield started
    finally:
        for one in reversed(started):
            one.stop()


class Scale:
    def __init__(self, stations: int, seconds: float, file: Path | None) -> None:
        self.stations, self.seconds, self.file = stations, seconds, file
        self.gateways = (1, 2, 4)
        self.kinds: tuple[str, ...] = ("plain", "TLS 1.3")
        self.results: dict[str, Any] = {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "stations": stations,
        }

    def keep(self) -> None:
        """What was found up to now."""
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(json.dumps(self.results, indent=1) + "\n")

    def throughput(self) -> None:
        """The durable session mix: SQLite, then PostgreSQL with 1, 2 and 4 gateway processes on one port."""
        found = self.results.setdefault("throughput", {})
        arguments = ("--stations", "200", "--mix", "session", "--duration", str(self.seconds))
        with tempfile.TemporaryDirectory() as folder:
            port, profile = free_port(), Path(folder) / "profile.json"
            with nodes((str(port), "200", "--profile", str(profile)), folder=folder) as (node,):
                found["SQLite"] = self._session(port, node.pid, arguments)
            self.results["profile"] = json.loads(profile.read_text())
        self.keep()
        for gateways in self.gateways:
            with tempfile.TemporaryDirectory() as folder, postgres() as (url, pg):
                port = str(free_port())
                first = (port, "200", url, "--role", "gateway")
                others = [(port, "0", url, "--role", "gateway")] * (gateways - 1)
                worker = (port, "0", url, "--role", "worker")
                with nodes(first, *others, worker, folder=folder) as started:
                    if gateways == 1:
                        before = _bytes(url)
                    pids = ",".join([*(one.pid for one in started), str(pg)])
                    report = found[f"PostgreSQL, {gateways} gateways"] = self._session(int(port), pids, arguments)
                    if gateways == 1:
                        report["bytes_per_call"] = round((_bytes(url) - before) / max(report["calls"], 1))
            self.keep()

    def _session(self, port: int, pids: str, arguments: tuple[str, ...]) -> dict[str, Any]:
        report = load(f"ws://127.0.0.1:{port}/ocpp/{{id}}", pids, *arguments)
        return {
            "cpu_s_per_1000": cpu(report), "calls_per_s": round(report["calls_per_s"]), "calls": report["calls"],
            "p50_ms": report["latency_ms"]["p50"], "p99_ms": report["latency_ms"]["p99"], "errors": report["errors"],
        }  # fmt: skip

    def idle(self) -> None:
        """Memory of idle booted stations, then all of them cut and back at once: plain, and TLS."""
        for name in self.kinds:
            with tempfile.TemporaryDirectory() as folder:
                port, tls = free_port(), name != "plain"
                scheme = "wss" if tls else "ws"
                extra = ("--tls",) if tls else ()
                with nodes((str(port), str(self.stations), *extra), folder=folder) as (node,):
                    report = load(
                        f"{scheme}://127.0.0.1:{port}/ocpp/{{id}}", node.pid, "--stations", str(self.stations), "--idle", "3",
                        "--duration", "0", "--storms", "1", "--boot-only", "--timeout", "120", *(["--insecure"] if tls else []),
                    )  # fmt: skip
                storm = report["storms"][0]
                self.results.setdefault("idle", {})[name] = {
                    "stations": self.stations,
                    "kib": report["server"].get("pss_per_connection_kib") or report["server"].get("rss_per_connection_kib"),
                    "booted": storm.get("booted"), "boots_per_s": storm.get("boots_per_s"), "server_cpu_s": storm.get("server_cpu_s"),
                }  # fmt: skip
            self.keep()

    def commands(self) -> None:
        """An operator's command: API process -> row -> ring -> gateway process -> station, and its answer back."""
        found = self.results["commands"] = {}
        sys.path.insert(0, str(HERE.parent))
        from tests.natsd import Natsd

        for name in ("PostgreSQL", "NATS"):
            with tempfile.TemporaryDirectory() as folder, postgres() as (url, _):
                server = Natsd(Path(folder)) if name == "NATS" else None
                bus = () if server is None else ("--bus", server.url)
                if server:
                    server.start()
                try:
                    port = str(free_port())
                    first, second = (
                        (port, "10", url, *bus, "--role", "gateway"),
                        (port, "0", url, *bus, "--role", "api"),
                    )
                    with nodes(first, second, folder=folder) as (_, api):
                        found[name] = asyncio.run(_commands(int(port), api.api, 300))
                finally:
                    if server:
                        server.kill()
            self.keep()

    def hotpath(self) -> None:
        """CPU and machine instructions of one event without sockets and disk."""
        for words in ([], ["--instructions"]):
            done = subprocess.run([sys.executable, str(HERE / "hotpath.py"), *words], capture_output=True, text=True)
            self.results.setdefault("hotpath", {}).update(json.loads(done.stdout or "{}"))


def _bytes(url: str) -> int:
    import asyncpg

    async def ask() -> int:
        connection = await asyncpg.connect(url)
        try:
            return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
        finally:
            await connection.close()

    return asyncio.run(ask())


async def _commands(port: int, api_port: int, many: int) -> dict[str, Any]:
    """ms from the request until the station has the call, and until the API has answered."""
    import httpx
    import websockets

    credentials = base64.b64encode(f"CS000001:{PASSWORD}".encode()).decode()
    heard: list[float] = []
    async with (
        websockets.connect(
            f"ws://127.0.0.1:{port}/ocpp/CS000001",
            subprotocols=[websockets.Subprotocol("ocpp2.0.1")],
            additional_headers={"Authorization": f"Basic {credentials}"},
        ) as socket,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{api_port}/api/v1/", headers={"Authorization": f"Bearer {KEY}"}, timeout=60
        ) as api,
    ):

        async def answer() -> None:
            async for text in socket:
                message = json.loads(text)
                if message[0] == 2:
                    heard.append(time.perf_counter())
                    given = {"status": "Accepted"} if message[2] in ("GetBaseReport", "DataTransfer") else {}
                    await socket.send(json.dumps([3, message[1], given]))

        boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
        await socket.send(json.dumps([2, "b", "BootNotification", boot]))
        task = asyncio.create_task(answer())
        await asyncio.sleep(2)
        there, back = [], []
        for number in range(many):
            body = {"ocpp": {"action": "DataTransfer", "payload": {"vendorId": "V", "data": str(number)}}}
            heard.clear()
            begun = time.perf_counter()
            made = await api.post("stations/CS000001/commands", params={"wait": 20}, json=body)
            done = time.perf_counter()
            made.raise_for_status()
            if heard:
                there.append((heard[0] - begun) * 1e3)
            back.append((done - begun) * 1e3)
        task.cancel()
    return {"there_ms": _percentiles(there), "round_trip_ms": _percentiles(back), "commands": len(there)}


def _percentiles(values: list[float]) -> dict[str, float]:
    values = sorted(values)
    return {f"p{at}": round(values[min(len(values) - 1, len(values) * at // 100)], 1) for at in (50, 99)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", type=int, default=10_000, help="of the parts about idle ones")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", nargs="*", default=[], help="throughput idle commands hotpath")
    parser.add_argument(
        "--gateways", type=int, nargs="*", default=[1, 2, 4], help="of the part throughput; none: SQLite alone"
    )
    parser.add_argument("--kinds", nargs="*", default=["plain", "TLS 1.3"], help="of the part idle")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    scale = Scale(given.stations, given.seconds, given.json)
    if given.json and given.json.exists():
        scale.results = json.loads(given.json.read_text()) | scale.results
    scale.gateways, scale.kinds = tuple(given.gateways), tuple(given.kinds)
    for part in (scale.throughput, scale.idle, scale.commands, scale.hotpath):
        if not given.only or part.__name__ in given.only:
            part()
            scale.keep()
    print(json.dumps(scale.results, indent=1))


if __name__ == "__main__":
    main()
