"""A client of the API on a fresh SQLite database, without a socket."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ohmstead.api.app import create_app
from ohmstead.api.context import Context
from ohmstead.bus.local import LocalBus
from ohmstead.settings import Api, Settings
from ohmstead.store import schema
from ohmstead.store.sqlite import Sqlite

KEY = "k" * 32


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema, to be copied: the migrations take longer than a test."""
    path = tmp_path_factory.mktemp("migrated") / "ohmstead.db"
    asyncio.run(schema.upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def context(tmp_path: Path, migrated: Path, anyio_backend: str) -> AsyncIterator[Context]:
    settings = Settings(data_dir=str(tmp_path), api=Api(bootstrap_key=KEY))
    shutil.copy(migrated, tmp_path)
    bus = LocalBus()
    db = Sqlite(tmp_path / "ohmstead.db", bus)
    await db.start()
    yield Context(settings=settings, db=db, bus=bus, server_key=b"s" * 32)
    await db.close()


@pytest.fixture
async def client(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks with the bootstrap key; paths begin after /api/v1/."""
    transport = httpx.ASGITransport(create_app(context))  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://ohmstead.test/api/v1/", headers=headers) as one:
        yield one
