"""Migrations: from nothing to what the tables say, whole or not at all, and part of the wheel."""

from __future__ import annotations

import asyncio
import sqlite3
from importlib.resources import files

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ohmstead.store import schema
from ohmstead.store.tables import metadata

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database without any table."""
    if request.param == "sqlite":
        return f"{schema.SQLITE}{tmp_path}/some/folder/ohmstead.db"
    return request.getfixturevalue("empty_postgres_url")


async def differences(url: str) -> list[object]:
    def compare(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, metadata)

    return await schema._with_connection(url, compare)


@pytest.mark.filterwarnings("ignore:(Skipped unsupported reflection|autogenerate skipping).*expression-based")  # SQLite
async def test_from_nothing_to_the_tables(empty_url):
    assert await schema.revision(empty_url) is None
    await schema.upgrade(empty_url)
    assert await schema.revision(empty_url) == schema.newest()
    assert await differences(empty_url) == []


async def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database_url):
    await schema.upgrade(database_url)
    await schema.upgrade(database_url)
    assert await schema.revision(database_url) == schema.newest()


async def test_partial_indexes_are_as_the_tables_say(database_url):
    """Alembic does not compare the conditions of indexes."""

    def conditions(connection):
        if connection.dialect.name == "sqlite":
            text = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
        else:
            text = "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '% WHERE %'"
        return {name: sql.split(" WHERE ")[1] for name, sql in connection.exec_driver_sql(text)}

    found = await schema._with_connection(database_url, conditions)
    wanted = {
        index.name: str(condition)
        for table in metadata.tables.values()
        for index in table.indexes
        if (condition := index.dialect_options["sqlite"]["where"]) is not None
    }
    assert set(found) == set(wanted)
    for name, condition in wanted.items():
        words = condition.replace("'", " ").split()
        assert all(word in found[name].upper() or word in found[name] for word in words), name


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_tables_that_change_often_leave_room_on_their_pages(database_url):
    def options(connection):
        text = "SELECT relname, reloptions[1] FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL"
        return {name: option for name, option in connection.exec_driver_sql(text)}

    wanted = {
        name: f"fillfactor={given['fillfactor']}"
        for name, table in metadata.tables.items()
        if (given := table.dialect_options["postgresql"]["with"])
    }
    assert await schema._with_connection(database_url, options) == wanted
    assert "transactions" in wanted


async def test_the_default_tenant_is_there(db, store):
    assert await store.rows(db, "tenants") == [{"id": 1, "name": "default"}]


async def test_two_processes_may_upgrade_at_once(empty_url):
    await asyncio.gather(schema.upgrade(empty_url), schema.upgrade(empty_url))
    assert await schema.revision(empty_url) == schema.newest()


async def test_an_upgrade_that_is_cut_off_leaves_nothing(empty_url, monkeypatch):
    upgrade = command.upgrade

    def cut_off(config, revision):
        upgrade(config, revision)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", cut_off)
        with pytest.raises(KeyboardInterrupt):
            await asyncio.to_thread(lambda: asyncio.run(schema.upgrade(empty_url)))
    assert await schema.revision(empty_url) is None
    assert await tables(empty_url) == []
    await schema.upgrade(empty_url)
    assert "stations" in await tables(empty_url)


async def tables(url: str) -> list[str]:
    if url.startswith(schema.SQLITE):
        connection = sqlite3.connect(url.removeprefix(schema.SQLITE))
        found = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        connection.close()
        return found
    pg = await asyncpg.connect(url)
    rows = await pg.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await pg.close()
    return [row[0] for row in rows]


def test_there_is_one_newest_revision() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    for script in scripts.walk_revisions():
        assert script.module.__doc__


def test_migrations_are_found_as_files_of_the_package() -> None:
    folder = files("ohmstead.store") / "migrations"
    assert (folder / "env.py").is_file()
    assert (folder / "script.py.mako").is_file()
    assert any(one.name.startswith("0001_") for one in (folder / "versions").iterdir())
