"""A real Ohmstead for measurements: the default configuration, with stations that can come at once.

server.py PORT STATIONS [DATABASE_URL] [--role R] [--bus URL] [--data-dir DIR] [--api-port N] [--webhooks-here] [--tls]
          [--profile FILE]

Prints "ready PID API_PORT" when it serves. With STATIONS 0 another process has made them. `--profile`: where the time of the
event loop goes, sampled every 2 ms of CPU, is written there at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import uvloop

from ohmstead import runtime
from ohmstead.app import Server
from ohmstead.settings import Api, Gateway, Settings, Webhooks
from ohmstead.store import schema
from ohmstead.store.resources import stations
from ohmstead.store.tables.meta import DEFAULT_TENANT

PASSWORD = "bench-password-123"
KEY = "bench-key-" + "0" * 32
FIRST = 1_000_000


async def main(given: argparse.Namespace, folder: str, sampler: Sampler) -> None:
    if given.url.startswith("postgresql") and given.stations:
        await schema.upgrade(given.url)
    bind = f"127.0.0.1:{given.port}"
    settings = Settings(
        data_dir=folder,
        database_url=given.url,
        bus_url=given.bus,
        role=given.role,
        api=Api(bind=f"127.0.0.1:{given.api_port}", bootstrap_key=KEY),
        webhooks=Webhooks(allow_private=("127.0.0.0/8",) if given.webhooks_here else ()),
        gateway=Gateway(bind="" if given.tls else bind, tls_bind=bind if given.tls else ""),
    )
    server = Server(settings)
    await server.start()
    while server.starting:
        await asyncio.sleep(0.05)
    await make_stations(server, given.stations, 2 if given.tls else 1)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    if given.profile:
        sampler.start()  # without the start of the process
    print("ready", os.getpid(), server.httpd.port if server.httpd else 0, flush=True)
    try:
        await ended.wait()
    finally:
        await server.stop()


async def make_stations(server: Server, count: int, profile: int) -> None:
    for start in range(0, count, 500):
        async with server.db.transaction() as tx:
            for number in range(start, min(start + 500, count)):
                identity = f"CS{number:06d}"
                await stations.add(
                    tx,
                    DEFAULT_TENANT,
                    FIRST + number,
                    runtime.now(),
                    identity=identity,
                    security_profile=profile,
                    registration="accepted",
                    password_hash=server.context.passwords.hash(identity, PASSWORD.encode()),
                )


class Sampler:
    """Every 2 ms of this process's CPU: which module of ours the main thread is in, if it was the one that ran."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._spent = 0.0

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)

    def _sample(self, _: int, frame: object) -> None:
        spent = time.thread_time()
        ran, self._spent = spent - self._spent, spent
        if ran < 0.001:
            self.seen["other threads"] += 1
            return
        while frame is not None:
            name = frame.f_code.co_filename
            if "/ohmstead/" in name:
                self.seen[name.rpartition("/ohmstead/")[2]] += 1
                return
            frame = frame.f_back
        self.seen["the loop and the kernel"] += 1


def run() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("stations", type=int)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--role", default="all")
    parser.add_argument("--bus", default="")
    parser.add_argument("--data-dir")
    parser.add_argument("--api-port", type=int, default=0)
    parser.add_argument("--webhooks-here", action="store_true", help="webhooks may be brought to this machine")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    runtime.configure_logging(as_json=True)
    sampler = Sampler()
    with contextlib.ExitStack() as opened:
        folder = given.data_dir or opened.enter_context(tempfile.TemporaryDirectory(prefix="ohmstead-bench-"))
        uvloop.run(main(given, folder, sampler))
    if given.profile:
        signal.setitimer(signal.ITIMER_PROF, 0)
        given.profile.write_text(json.dumps(sampler.seen))
    sys.stdout.flush()


if __name__ == "__main__":
    run()
