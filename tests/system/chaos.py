"""Break everything under load, then compare ledger, feed and commands with what stations and operator were told.

    chaos.py [--seconds N] [--stations N] [--gateways N] [--apis N] [--workers N] [--pause S] [--seed N] [--json]

Gateways, APIs and workers in processes of their own, on a PostgreSQL (every commit on disk) and a NATS that are only
theirs. Each process reaches both through cables of its own. Faults, one or two at a time:

gateway, api, worker   SIGKILL to one of them, which is started again
rolling     a new gateway starts beside each, on the same port; when it is ready the old one is told to end (SIGTERM)
database    SIGKILL to PostgreSQL, which is started again after a moment
nats        SIGKILL to NATS, likewise
cut         all connections of one process to PostgreSQL and NATS break, and no new ones can be made for a while
silence     the same, but the connections stay and carry nothing
stop        a gateway is stopped (SIGSTOP) and goes on later: its stations have gone elsewhere
slow        a database that answers in fits and starts, for everybody
clock       the clock of one process jumps an hour, forwards or back, and back again
disk        the disk of PostgreSQL is full (a file system in memory; needs root, else that is said)
slow_disk   each flush of PostgreSQL's write-ahead log takes a tenth of a second longer

Exit status 1 when anything is missing or double, or a command was left without an end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.cable import Cable
from tests.natsd import Natsd
from tests.postgresd import Cluster
from tests.system.killing import Report, Scene, free_port

FAULTS = (
    "gateway",
    "api",
    "worker",
    "rolling",
    "nats",
    "cut",
    "clock",
    "database",
    "stop",
    "silence",
    "slow",
    "disk",
    "slow_disk",
)
DURABLE = "fsync = on\nfull_page_writes = on\nlisten_addresses = '127.0.0.1'\nport = {port}\nmax_wal_size = 64MB\n"
"""Of the server's settings; the last of each name holds."""
DISK_MB = 512
# What is done once this process is gone, however it went: then the pipe is closed.
_TIDY_UP = """
read -r nothing
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && sleep 0.5
umount -l "$1" 2>/dev/null
"""


@dataclasses.dataclass
class Slot:
    """A process's place: what stands there changes, its cables stay."""

    role: str
    database: Cable
    bus: Cable
    clock: Path
    pid: int = 0


class Machines:
    """PostgreSQL and NATS, each on a port of its own, in a folder; the database on a disk that can be filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.has_disk = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        disk = self.folder / "pg"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(disk)]
        self.has_disk = os.geteuid() == 0 and await asyncio.to_thread(subprocess.call, mount, stderr=-3) == 0
        self.postgres = Cluster(disk, DURABLE.format(port=self.port), self.port)
        self.nats = Natsd(self.folder)
        tidy_up = ["/bin/sh", "-c", _TIDY_UP, "guard", str(disk)]
        guard = await asyncio.create_subprocess_exec(*tidy_up, stdin=subprocess.PIPE, start_new_session=True)
        try:
            await asyncio.to_thread(self.postgres.ensure)
            self.nats.start()
            yield
        finally:
            self.nats.kill()
            assert guard.stdin is not None
            guard.stdin.close()
            await guard.wait()

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        ballast = self.postgres.folder / "ballast"
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 20))
                file.flush()
        try:
            yield
        finally:
            ballast.unlink()


class Chaos(Scene):
    """A fleet, an operator, and everything around them that breaks."""

    def __init__(
        self,
        machines: Machines,
        roles: tuple[str, ...],
        seed: int,
        stations: int,
        pause: float = 1.0,
        length: float = 1.0,
    ) -> None:
        """`pause`: seconds at most between two events of a station. `length`: of faults, 1 is some seconds."""
        super().__init__(machines.folder, self._url(machines.port), seed, stations, roles, "nats://127.0.0.1:1")
        self.machines, self.length = machines, length
        self.slots: list[Slot] = []
        for client in self.clients:
            client.pause, client.patience = pause, max(5.0, stations / 100)  # a storm takes its time
        self.operator.expires_in = 2 * 3600  # longer than a clock jumps
        self.done: list[tuple[str, float]] = []
        """Faults in their order, and how many seconds passed after the end of each until a station was answered."""

    @staticmethod
    def _url(port: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/chaos"

    async def open(self) -> None:
        await self.machines.postgres.execute("CREATE DATABASE chaos TEMPLATE template")
        for number, role in enumerate(self.victim.roles):
            slot = Slot(
                role, Cable(self.machines.port), Cable(self.machines.nats.port), self.victim.folder / f"c{number}"
            )
            slot.clock.write_bytes(struct.pack("q", 0))
            await slot.database.start()
            await slot.bus.start()
            self.slots.append(slot)
        self.victim.start = self._start_all  # type: ignore[method-assign]

    async def close(self) -> None:
        for slot in self.slots:
            await slot.database.close()
            await slot.bus.close()

    async def _start_all(self) -> None:
        for slot in self.slots:
            await self._start(slot)

    async def _start(self, slot: Slot, **more: str) -> None:
        slot.pid = await self.victim.fork(
            slot.role,
            OHMSTEAD_DATABASE_URL=self._url(slot.database.port),
            OHMSTEAD_BUS_URL=f"nats://127.0.0.1:{slot.bus.port}",
            KILLING_CLOCK=str(slot.clock),
            **more,
        )

    # ------------------------------------------------------------------ faults

    async def strike(self, faults: Iterator[tuple[str, ...]], seconds: float) -> None:
        """Do faults until their time is over, each once all goes on after the one before."""
        until = time.monotonic() + seconds
        for together in faults:
            await self._wait_for_the_moment()
            begun = time.monotonic()
            await asyncio.gather(*(getattr(self, f"_{name}")() for name in together))
            mended = time.monotonic()
            await self._answered()
            self.done.append((" and ".join(together), time.monotonic() - mended))
            print(f"{time.monotonic() - begun:5.1f} s  {self.done[-1][0]}", file=sys.stderr)
            if time.monotonic() > until:
                break
        for client in self.clients:
            client.hurry()

    async def _answered(self) -> None:
        """Wait until stations are answered again."""
        before = self._acknowledged
        for _ in range(3_000):
            await asyncio.sleep(0.02)
            if self._acknowledged >= before + 10:
                return
        raise TimeoutError("nobody is answered any more")

    @property
    def _acknowledged(self) -> int:
        return sum(client.acknowledged for client in self.clients)

    def _any(self, *roles: str) -> Slot:
        return self.dice.choice([slot for slot in self.slots if not roles or slot.role in roles])

    async def _moment(self, most: float = 1.5) -> None:
        await asyncio.sleep((0.3 + self.dice.random() * (most - 0.3)) * self.length)

    async def _kill(self, role: str) -> None:
        slot = self._any(role)
        await self.victim.kill(slot.pid)
        await self._start(slot)

    async def _gateway(self) -> None:
        await self._kill("gateway")

    async def _api(self) -> None:
        await self._kill("api")

    async def _worker(self) -> None:
        await self._kill("worker")

    async def _database(self) -> None:
        self.machines.postgres.kill()
        await self._moment()
        await asyncio.to_thread(self.machines.postgres.start_again)

    async def _rolling(self) -> None:
        for slot in [one for one in self.slots if one.role == "gateway"]:
            old, health = slot.pid, free_port()
            await self._start(slot, OHMSTEAD_HEALTH__BIND=f"127.0.0.1:{health}")
            await self._ready_at(health)
            os.kill(old, signal.SIGTERM)
            await self.victim.gone(old)

    async def _ready_at(self, port: int) -> None:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"http://127.0.0.1:{port}/api/v1/health/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def _nats(self) -> None:
        self.machines.nats.kill()
        await self._moment()
        await asyncio.to_thread(self.machines.nats.start)

    async def _cut(self) -> None:
        slot = self._any()
        slot.database.cut()
        slot.bus.cut()
        await self._moment()
        slot.database.mend()
        slot.bus.mend()

    async def _silence(self) -> None:
        slot = self._any()
        slot.database.freeze()
        slot.bus.freeze()
        await self._moment(4)
        slot.database.mend()
        slot.bus.mend()

    async def _stop(self) -> None:
        slot = self._any("gateway")
        os.kill(slot.pid, signal.SIGSTOP)
        await self._moment(8)
        os.kill(slot.pid, signal.SIGCONT)

    async def _slow(self) -> None:
        for _ in range(5):
            for slot in self.slots:
                slot.database.freeze()
            await asyncio.sleep(0.2)
            for slot in self.slots:
                slot.database.mend()
            await asyncio.sleep(0.02)

    async def _clock(self) -> None:
        slot = self._any()
        for hours in (self.dice.choice((-1, 1)), 0):
            with slot.clock.open("r+b") as file:
                file.write(struct.pack("q", hours * 3_600_000_000))
            await self._moment()

    async def _disk(self) -> None:
        if self.machines.has_disk:
            with self.machines.full_disk():
                await self._moment()
            await asyncio.to_thread(self._revive)

    async def _slow_disk(self) -> None:
        await self._flushes(100_000)
        await self._moment(4)
        await self._flushes(0)

    async def _flushes(self, microseconds: int) -> None:
        """How much longer each of them takes, whoever else commits."""
        execute = self.machines.postgres.execute
        for setting in (f"commit_delay = {microseconds}", "commit_siblings = 0"):
            await execute(f"ALTER SYSTEM SET {setting}")
        await execute("SELECT pg_reload_conf()")

    def _revive(self) -> None:
        """A write-ahead log without room ends PostgreSQL, which then does not start again by itself."""
        if not self.machines.postgres.is_running():
            self.machines.postgres.start_again()


def planned(dice: Any, faults: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Each fault once, alone; then any, now and then two at once."""
    yield from ((name,) for name in faults)
    while True:
        alone = dice.random() < 0.7
        yield tuple(dice.sample(faults, 1 if alone else 2))


@contextlib.asynccontextmanager
async def opened(machines: Machines, **given: Any) -> AsyncIterator[Chaos]:
    chaos = Chaos(machines, **given)
    await chaos.open()
    try:
        yield chaos
    finally:
        await chaos.close()


async def run(folder: Path, seconds: float, faults: tuple[str, ...] = FAULTS, **given: Any) -> tuple[Report, Chaos]:
    """At least `seconds` of faults; each of `faults` once if they are 0."""
    machines = Machines(folder)
    async with machines.running(), opened(machines, **given) as chaos:
        plan = planned(chaos.dice, faults)
        if not seconds:
            plan, seconds = itertools.islice(plan, len(faults)), 1e9

        async def strike(kills: int) -> None:
            await chaos.strike(plan, seconds)

        chaos._strike = strike  # type: ignore[method-assign]
        report = await chaos.run(0)
        report.kills = len(chaos.done)
        return report, chaos


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--apis", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds at most between two events of a station")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="where the log of the processes is copied to")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    roles = ("gateway",) * given.gateways + ("api",) * given.apis + ("worker",) * given.workers
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        work = run(
            Path(folder), given.seconds, roles=roles, seed=given.seed, stations=given.stations, pause=given.pause
        )
        try:
            report, chaos = asyncio.run(work)
        finally:
            if given.log:
                shutil.copy(Path(folder) / "serve.log", given.log)
    if given.json:
        print(json.dumps(dataclasses.asdict(report) | {"faults": chaos.done}))
    else:
        print(summary(report, chaos))
    return 1 if report.wrong else 0


def summary(report: Report, chaos: Chaos) -> str:
    longest: dict[str, float] = {}
    for name, seconds in chaos.done:
        longest[name] = max(seconds, longest.get(name, 0.0))
    lines = [
        f"{report.kills} faults in {report.seconds:.0f} s: {report.acknowledged} calls acknowledged, "
        f"{report.said_again} said again, {report.transactions} transactions, "
        f"{report.commands} commands ({report.accepted} accepted)",
        "until stations were answered again, at most: "
        + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in sorted(longest.items())),
        *(["the disk was never full: that needs root, and leave to mount"] if not chaos.machines.has_disk else []),
        *(report.wrong or ["nothing missing, nothing twice"]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
