"""What a backup refuses, and that nothing is half restored."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from pathlib import Path

import pytest

from ohmstead.store import sealed_files
from ohmstead.store.backup import BadBackup, back_up, restore
from ohmstead.store.sealed_files import Sealer

WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """To try a passphrase costs next to nothing."""
    monkeypatch.setattr(sealed_files, "COST", 4)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with a database whose last row lies in its write-ahead log."""
    folder = tmp_path / "data"
    (folder / "pki").mkdir(parents=True)
    (folder / "files").mkdir()
    (folder / "server.key").write_text("ab" * 32)
    (folder / "pki" / "issuing.key").write_text("secret of the CA")
    (folder / "files" / "1").write_bytes(b"a log")
    return folder


@pytest.fixture
def made(data_dir: Path, tmp_path: Path) -> Path:
    writer = sqlite3.connect(data_dir / "ohmstead.db")
    writer.executescript("PRAGMA journal_mode=WAL; CREATE TABLE alembic_version (version_num); CREATE TABLE t (n)")
    writer.execute("INSERT INTO alembic_version VALUES ('0034')")
    writer.execute("INSERT INTO t VALUES (7)")
    writer.commit()
    manifest = back_up(data_dir, data_dir / "ohmstead.db", tmp_path / "backup", WORDS, "1.0", "2026-01-01T00:00:00Z")
    writer.close()
    assert manifest.revision == "0034"
    assert {path.name for path in (tmp_path / "backup").iterdir()} == {*manifest.sha256, "manifest.json"}
    assert not list(data_dir.glob(".backup-*"))
    return tmp_path / "backup"


def test_there_and_back(made: Path, data_dir: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    restore(made, new, new / "ohmstead.db", WORDS)
    for name in ("server.key", "pki/issuing.key", "files/1"):
        assert (new / name).read_bytes() == (data_dir / name).read_bytes()
    assert sqlite3.connect(new / "ohmstead.db").execute("SELECT n FROM t").fetchall() == [(7,)]
    assert (new / "server.key").stat().st_mode & 0o777 == (new / "ohmstead.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadBackup, match="is there already"):
        restore(made, new, new / "ohmstead.db", WORDS)


def test_all_of_it_is_sealed(made: Path, tmp_path: Path) -> None:
    for path in made.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert not any(one in path.read_bytes() for one in (b"secret of the CA", b"a log", b"alembic", b"issuing.key"))
    with pytest.raises(BadBackup, match="not opened by this passphrase"):
        restore(made, tmp_path / "new", tmp_path / "new" / "ohmstead.db", "another passphrase")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("part", ["data.sealed", "keys.sealed"])
@pytest.mark.parametrize("lost", [False, True])
def test_what_was_changed_or_lost_is_not_restored(made: Path, tmp_path: Path, part: str, lost: bool) -> None:
    content = (made / part).read_bytes()
    (made / part).unlink()
    if not lost:
        (made / part).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BadBackup, match="is not what was written"):
        restore(made, tmp_path / "new", tmp_path / "new" / "ohmstead.db", WORDS)
    assert not (tmp_path / "new").exists()


def test_what_is_no_backup(made: Path, data_dir: Path, tmp_path: Path) -> None:
    database = data_dir / "ohmstead.db"
    with pytest.raises(BadBackup, match="is not empty"):
        back_up(data_dir, database, made, WORDS, "1.0", "")
    with pytest.raises(BadBackup, match="12 or more"):
        back_up(data_dir, database, tmp_path / "other", "short", "1.0", "")
    with pytest.raises(BadBackup, match="no such database"):
        back_up(data_dir, data_dir / "none.db", tmp_path / "other", WORDS, "1.0", "")
    with pytest.raises(BadBackup, match="no whole backup"):
        restore(tmp_path / "other", tmp_path / "new", None, WORDS)
    shutil.rmtree(tmp_path / "other")
    (data_dir / "server.key").unlink()
    with pytest.raises(BadBackup, match=r"no server\.key"):
        back_up(data_dir, database, tmp_path / "other", WORDS, "1.0", "")


def test_without_a_database(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, None, tmp_path / "backup", WORDS, "1.0", "2026-01-01T00:00:00Z")
    with pytest.raises(BadBackup, match="holds no database"):
        restore(tmp_path / "backup", tmp_path / "new", tmp_path / "new" / "ohmstead.db", WORDS)
    restore(tmp_path / "backup", tmp_path / "new", None, WORDS)
    assert (tmp_path / "new" / "server.key").exists()


def test_a_dump_is_sealed_too(data_dir: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"PGDMP of it" * 1000)
    os.close(writing)
    back_up(data_dir, None, tmp_path / "backup", WORDS, "1.0", "", Path(f"/dev/fd/{reading}"))
    os.close(reading)
    assert b"PGDMP" not in (tmp_path / "backup" / "data.sealed").read_bytes()
    restore(tmp_path / "backup", tmp_path / "new", None, WORDS)
    assert (tmp_path / "new" / "database.dump").read_bytes() == b"PGDMP of it" * 1000


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "server.key/../../evil", "files", "ohmstead.toml"])
def test_nothing_is_written_beside_the_data_folder(made: Path, tmp_path: Path, name: str) -> None:
    """Whoever knows the passphrase makes a backup of their own."""
    with (made / "data.sealed").open("wb") as file:
        sealer = Sealer(file, WORDS)
        with tarfile.open(fileobj=sealer, mode="w|") as tar:  # type: ignore[call-overload]
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
        sealer.close()
    digest = hashlib.sha256((made / "data.sealed").read_bytes()).hexdigest()
    manifest = json.loads((made / "manifest.json").read_text())
    manifest["sha256"]["data.sealed"] = digest
    (made / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadBackup, match="nothing of an Ohmstead"):
        restore(made, tmp_path / "new", tmp_path / "new" / "ohmstead.db", WORDS)
    assert not (tmp_path / "new").exists()
