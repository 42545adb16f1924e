"""Brings a database's schema up to date, and tells whether it is.

Migrations expand first and contract in a later release, so new code runs on the previous schema.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

SQLITE = "sqlite:///"
UPGRADE_LOCK = 0x0_4D6  # any number, the same on all nodes


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("ohmstead.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def newest() -> str:
    """The revision that this code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


@cache
def _known() -> frozenset[str]:
    return frozenset(one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


def is_known(revision: str) -> bool:
    """Whether this release has the migration; one that it does not have is of a later release, whose processes have
    begun to stand beside it."""
    return revision in _known()


async def upgrade(url: str) -> None:
    """Run the migrations that the database at `url` lacks; the default tenant is made with the first."""
    await _with_connection(url, _upgrade)


async def revision(url: str) -> str | None:
    """The revision of the database at `url`; None when it has no tables of ours."""
    found: str | None = await _with_connection(
        url, lambda connection: MigrationContext.configure(connection).get_current_revision()
    )
    return found


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    with connection.begin():  # all of it or nothing, on SQLite too: a killed upgrade leaves the database as it was
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))  # one process at a time
        if MigrationContext.configure(connection).get_current_revision() == newest():
            return
        command.upgrade(config, "head")
        connection.execute(text("INSERT INTO tenants (id, name) VALUES (1, 'default') ON CONFLICT DO NOTHING"))


async def _with_connection(url: str, work: Callable[[Connection], Any]) -> Any:
    if url.startswith(SQLITE):
        Path(url.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, poolclass=NullPool)
        event.listen(engine, "connect", _no_hidden_begin)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with contextlib.closing(engine.connect()) as connection:
            return work(connection)
    pg = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool)
    async with pg.connect() as connection_:
        return await connection_.run_sync(work)


def _no_hidden_begin(connection: Any, _: Any) -> None:
    """Python's driver begins a transaction before INSERT, but not before CREATE TABLE: so it shall not begin any."""
    connection.isolation_level = None
