"""`ohmstead serve`: one process, or one that keeps several alive.

With `gateway.processes` above 1 this process serves nothing itself. It forks gateway processes that listen on the same
ports (SO_REUSEPORT: the kernel spreads the connections), for the role `all` also one process for the API and one for
the periodic work, and starts anew what ended.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.app import DRAIN, Server
from ohmstead.keyfiles import server_key
from ohmstead.pki.local_ca import BrokenCa, open_ca
from ohmstead.pki.server_certificates import server_names
from ohmstead.process import CannotStart, allow_many_sockets, take_sockets
from ohmstead.settings import Role, Settings, address
from ohmstead.store import schema

CANNOT_START = 78
"""Exit status of a process that could not begin (EX_CONFIG): no use in starting it again."""
LONG_LIFE = 60.0
"""Seconds after which a process that ends is started again at once; others wait, each time longer."""
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
GRACE, MOST_STATIONS = 30.0, 20_000
"""Seconds beyond the drain of so many stations after which a process that does not end is killed."""
LOOK_EVERY = 0.5


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises CannotStart."""
    runtime.configure_logging(as_json=not sys.stderr.isatty())
    allow_many_sockets()
    take_sockets(os.environ, settings)
    if settings.gateway.processes == 1 or settings.role in ("api", "worker"):
        serve_alone(settings)
    else:
        Supervisor(parts(settings)).run()


# ---------------------------------------------------------------------- one process


def serve_alone(settings: Settings) -> None:
    """Serve in this process, until a signal or until its supervisor is gone. Raises CannotStart."""
    import uvloop

    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    server = Server(settings)
    await server.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server.beginning.add_done_callback(lambda begun: stopped.set() if _failure(begun) else None)
    if multiprocessing.parent_process() is not None:
        runtime.spawn(_orphaned(os.getppid(), stopped), "orphaned")
    runtime.log.info("ohmstead serves", api=settings.api.bind, gateway=settings.gateway.bind, role=settings.role)
    await stopped.wait()
    runtime.log.info("draining")
    failure = _failure(server.beginning)
    await server.stop()
    if failure is not None:
        raise CannotStart(f"Ohmstead could not begin: {failure!r}; the log says where.")


def _failure(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


async def _orphaned(parent: int, stopped: asyncio.Event) -> None:
    """End with the supervisor, however it ended: nothing tells a process that its parent is gone."""
    while not stopped.is_set():
        await asyncio.sleep(1)
        if os.getppid() != parent:
            stopped.set()


# ---------------------------------------------------------------------- several processes


class Part(NamedTuple):
    """One process that the supervisor keeps alive."""

    name: str
    settings: Settings


def parts(settings: Settings) -> list[Part]:
    """The processes for these settings. Raises CannotStart where there cannot be several."""
    gateway, many = settings.gateway, settings.gateway.processes
    if settings.database_url.startswith(schema.SQLITE):
        raise CannotStart("gateway.processes: several processes need PostgreSQL; set database_url, or leave it at 1.")
    for bind in (gateway.bind, gateway.tls_bind, gateway.tls_basic_bind, gateway.tls_legacy_bind):
        if bind and address(bind)[1] == 0:
            raise CannotStart(f"gateway.processes: several processes share a port, which {bind} leaves open.")
    alone = replace(settings, gateway=replace(gateway, processes=1))
    roles: list[tuple[str, Role]] = [(f"gateway {number + 1}", "gateway") for number in range(many)]
    if settings.role == "all":
        roles += [("worker", "worker"), ("api", "api")]
    return [Part(name, _moved(replace(alone, role=role), number)) for number, (name, role) in enumerate(roles)]


def _moved(settings: Settings, number: int) -> Settings:
    """Health of each process on a port of its own: the first has the one that was asked for, the next follow it."""
    if not settings.health.bind or address(settings.health.bind)[1] == 0:
        return settings
    host, _, port = settings.health.bind.rpartition(":")
    return replace(settings, health=replace(settings.health, bind=f"{host}:{int(port) + number}"))


def _live(settings: Settings) -> None:
    """What a forked process does."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        serve_alone(settings)
    except CannotStart as error:
        print(error, file=sys.stderr)
        sys.exit(CANNOT_START)


class Child:
    """A part and the process that is it at this moment."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.pause = SHORTEST_PAUSE
        self.start()

    def start(self) -> None:
        fork = multiprocessing.get_context("fork")  # what was imported is there at once, and in memory once
        self.process = fork.Process(target=_live, args=(self.part.settings,), name=self.part.name)
        self.process.start()
        self.since = runtime.monotonic()
        self.again_at: float | None = None

    def look(self, now: float) -> None:
        """Start it again where it ended, after a pause. Raises CannotStart where that is of no use."""
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
        elif (status := self.process.exitcode) is not None:
            if status == CANNOT_START:
                raise CannotStart(f"{self.part.name} could not start; what it said stands above.")
            self.pause = SHORTEST_PAUSE if now - self.since > LONG_LIFE else min(2 * self.pause, LONGEST_PAUSE)
            self.again_at = now if now - self.since > LONG_LIFE else now + self.pause
            runtime.log.error("a process ended", process=self.part.name, status=status, again_in=self.again_at - now)


class Supervisor:
    """Keeps its parts alive until SIGINT or SIGTERM."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts
        self._children: list[Child] = []
        self._stopping = False

    def run(self) -> None:
        """Raises CannotStart when one of them cannot begin."""
        self._make_keys()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            self._children = [Child(part) for part in self._parts]
            while not self._stopping:
                alive = [one.process.sentinel for one in self._children if one.process.is_alive()]
                if alive:
                    multiprocessing.connection.wait(alive, LOOK_EVERY)
                else:
                    time.sleep(LOOK_EVERY)
                if not self._stopping:
                    for child in self._children:
                        child.look(runtime.monotonic())
        finally:
            self._end()

    def _make_keys(self) -> None:
        """What all of them share and each would make for itself."""
        settings = self._parts[0].settings
        folder = Path(settings.data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        names = server_names(settings.gateway.public_name)
        try:
            open_ca(folder / "pki", server_key(folder), settings.pki.organization, names)
        except BrokenCa as error:
            raise CannotStart(str(error)) from None

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _end(self) -> None:
        """Let all drain at the same time; kill what does not end."""
        processes = [child.process for child in self._children]
        for process in processes:
            process.terminate()
        deadline = runtime.monotonic() + MOST_STATIONS / self._parts[0].settings.gateway.drain_rate + DRAIN + GRACE
        for process in processes:
            process.join(max(0.0, deadline - runtime.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()
