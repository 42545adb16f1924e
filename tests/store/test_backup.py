"""What a backup refuses, and that nothing is half restored."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ohmstead.store.backup import BadBackup, back_up, restore

WORDS = "correct horse battery"


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
    assert manifest.sha256.keys() == {"database.sqlite", "files/1", "keys.sealed"}
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


def test_keys_are_sealed(made: Path, tmp_path: Path) -> None:
    assert not any(b"secret of the CA" in path.read_bytes() for path in made.rglob("*") if path.is_file())
    with pytest.raises(BadBackup, match="does not open"):
        restore(made, tmp_path / "new", tmp_path / "new" / "ohmstead.db", "another passphrase")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("part", ["database.sqlite", "files/1", "keys.sealed"])
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
