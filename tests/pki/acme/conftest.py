"""The real pebble, where it is installed; and a database that has nothing kept yet."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ohmstead.acme_settings import AcmeSettings
from ohmstead.bus.local import LocalBus
from ohmstead.pki.acme import client
from ohmstead.settings import Gateway, Settings
from ohmstead.store.db import Db
from ohmstead.store.sqlite import Sqlite
from tests.pki.acme.pebble import Pebble, needed, pebble

LIFE = 900
"""Seconds."""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    """It looks at each challenge itself, and takes accounts only that belong to one it knows."""
    needed()
    with pebble(tmp_path_factory.mktemp("pebble"), bound_accounts=True) as one:
        yield one


@pytest.fixture(scope="module")
def believing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    """It believes every challenge."""
    needed()
    with pebble(tmp_path_factory.mktemp("pebble"), believes=True, seconds=LIFE) as one:
        yield one


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.05)  # pebble asks for seconds


@pytest.fixture
async def memory(tmp_path: Path, migrated_sqlite: Path, anyio_backend: str) -> AsyncIterator[Db]:
    shutil.copy(migrated_sqlite, tmp_path)
    db = Sqlite(tmp_path / "ohmstead.db", LocalBus())
    await db.start()
    yield db
    await db.close()


def settings(server: Pebble, **more: str) -> Settings:
    section = AcmeSettings(directory=server.directory, trusted_file=server.trusted_file, accept_terms=True, **more)
    return Settings(acme=section, gateway=Gateway(public_name="csms.example"))
