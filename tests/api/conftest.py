"""A client of the API on a fresh SQLite database, without a socket."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import bindparam, insert

from ohmstead.api.app import create_app
from ohmstead.api.context import Context
from ohmstead.bus.local import LocalBus
from ohmstead.pki.local_ca import open_ca
from ohmstead.settings import Api, Settings
from ohmstead.store.sqlite import Sqlite
from ohmstead.store.statement import Statement
from ohmstead.store.tables import metadata

KEY = "k" * 32


@pytest.fixture
async def context(tmp_path: Path, migrated_sqlite: Path, anyio_backend: str) -> AsyncIterator[Context]:
    settings = Settings(data_dir=str(tmp_path), api=Api(bootstrap_key=KEY))
    shutil.copy(migrated_sqlite, tmp_path)
    bus = LocalBus()
    db = Sqlite(tmp_path / "ohmstead.db", bus)
    await db.start()
    ca = open_ca(tmp_path / "pki", b"s" * 32, settings.pki.organization, ["localhost"])
    yield Context(settings=settings, db=db, bus=bus, server_key=b"s" * 32, ca=ca)
    await db.close()


@pytest.fixture
async def client(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks with the bootstrap key; paths begin after /api/v1/."""
    transport = httpx.ASGITransport(create_app(context))  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://ohmstead.test/api/v1/", headers=headers) as one:
        yield one


@pytest.fixture
def seed(context: Context) -> Callable[..., Awaitable[None]]:
    """Writes a row of any table; what is not given is empty."""

    async def row(table: str, **values: Any) -> None:
        columns = metadata.tables[table].columns
        given = {"tenant_id": 1, **values} if "tenant_id" in columns else values
        statement = Statement(insert(metadata.tables[table]).values({name: bindparam(name) for name in given}))
        async with context.db.transaction() as tx:
            await tx.execute(statement, **given)

    return row
