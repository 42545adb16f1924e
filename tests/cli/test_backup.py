"""A backup made while the server runs, restored elsewhere: the ledger and the feed are those of the first one."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.cli import main
from ohmstead.store import sealed_files
from tests.acceptance.serving import Csms, event, serving
from tests.conftest import Cluster

WORDS = "correct horse battery"


async def told(csms: Csms) -> dict[str, Any]:
    """All that must be the same afterwards."""
    transactions = await csms.transactions()
    return {
        "transactions": transactions,
        "ledger": [await csms.events_of(one) for one in transactions],
        "feed": await csms.feed("transaction"),
    }


def words(tmp_path: Path) -> str:
    path = tmp_path / "passphrase"
    path.write_text(f"{WORDS}\n")
    return str(path)


def ohmstead(*arguments: str) -> None:
    assert main(list(arguments)) == 0, arguments


class Postgres:
    """Two databases: one to be dumped, one to be restored into."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.dump = cluster, cluster.folder / "ohmstead.dump"
        self.old, self.new = cluster.url("before_backup"), cluster.url("after_backup")

    def execute(self, statement: str) -> None:
        asyncio.run(self.cluster.execute(statement))


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """To try a passphrase costs next to nothing."""
    monkeypatch.setattr(sealed_files, "COST", 4)


@pytest.fixture(params=["sqlite", "postgresql"])
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres | None]:
    if request.param == "sqlite":
        yield None
        return
    one = Postgres(request.getfixturevalue("postgres_cluster"))
    one.execute("CREATE DATABASE before_backup TEMPLATE template STRATEGY file_copy")
    one.execute("CREATE DATABASE after_backup TEMPLATE template0 STRATEGY file_copy")
    yield one
    for name in ("before_backup", "after_backup"):
        one.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.anyio
async def test_restored_elsewhere(postgres: Postgres | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, folder = tmp_path / "old", tmp_path / "new", str(tmp_path / "backup")
    old.mkdir()
    urls = (postgres.old, postgres.new) if postgres else (None, None)
    passphrase = ["--passphrase-file", words(tmp_path)]
    async with serving(old, database_url=urls[0]) as csms:
        await csms.add_station("CS1")
        await csms.add_token("T1")
        async with csms.station("CS1") as station:
            for number, one in enumerate(("Started", "Updated", "Updated")):
                await station.call("TransactionEvent", event(one, number, number, token="T1", evse=1, wh=number * 100))
            before = await told(csms)
            environment(monkeypatch, old, urls[0])
            if postgres:
                arguments = ("--format=custom", f"--file={postgres.dump}", postgres.old)
                await asyncio.to_thread(postgres.cluster.run, "pg_dump", *arguments)
            dump = ["--dump", str(postgres.dump)] if postgres else []
            await asyncio.to_thread(ohmstead, "backup", folder, *passphrase, *dump)
            await station.call("TransactionEvent", event("Ended", 3, 3, token="T1", evse=1, wh=300))  # too late for it
    environment(monkeypatch, new, urls[1])
    await asyncio.to_thread(ohmstead, "restore", folder, *passphrase)
    if postgres:
        shutil.move(new / "database.dump", postgres.dump)  # where the user who PostgreSQL runs as may read it
        postgres.dump.chmod(0o644)
        arguments = ("--no-owner", "--exit-on-error", f"--dbname={postgres.new}", str(postgres.dump))
        await asyncio.to_thread(postgres.cluster.run, "pg_restore", *arguments)
    async with serving(new, database_url=urls[1]) as csms:
        assert await told(csms) == before
        assert [len(ledger) for ledger in before["ledger"]] == [3]
        async with csms.station("CS1") as station:  # its password is known: the key is the old one
            await station.call("TransactionEvent", event("Ended", 3, 3, token="T1", evse=1, wh=300))
        assert (await csms.transaction())["state"] == "ended"


def environment(monkeypatch: pytest.MonkeyPatch, data_dir: Path, database_url: str | None) -> None:
    monkeypatch.setenv("OHMSTEAD_DATA_DIR", str(data_dir))
    if database_url is not None:
        monkeypatch.setenv("OHMSTEAD_DATABASE_URL", database_url)


def test_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    environment(monkeypatch, tmp_path / "data", "postgresql://h/d")
    (tmp_path / "data").mkdir()
    status, _, err = run(["backup", str(tmp_path / "b"), "--passphrase-file", str(tmp_path / "none")])
    assert (status, "No such file" in err) == (1, True)
    status, _, err = run(["backup", str(tmp_path / "b"), "--passphrase-file", words(tmp_path)])
    assert (status, "holds no server.key" in err) == (1, True)
    (tmp_path / "data" / "server.key").write_text("ab" * 32)
    status, out, _ = run(["backup", str(tmp_path / "b"), "--passphrase-file", words(tmp_path), "--json"])
    assert status == 0
    assert "the database is PostgreSQL, and not in it" in json.loads(out)["note"]
    status, _, err = run(["restore", str(tmp_path / "b"), "--passphrase-file", words(tmp_path)])
    assert (status, "is there already" in err) == (1, True)
    monkeypatch.setenv("OHMSTEAD_DATABASE_URL", "sqlite:////nowhere.db")
    status, _, err = run(["backup", str(tmp_path / "c"), "--passphrase-file", words(tmp_path), "--dump", "x"])
    assert (status, "leave out --dump" in err) == (1, True)
