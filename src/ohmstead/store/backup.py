"""A backup of one Ohmstead in a folder, and back: all of it sealed under a passphrase (store/sealed_files.py).

    data.sealed       a tar: the database as it was at one moment, then files (what stations uploaded, and firmware)
    keys.sealed       a tar: server.key, admin.key and pki/
    manifest.json     the release, the moment, the schema, and the SHA-256 of the other two

The database is `database.sqlite`, a copy made while the server runs (SQLite's online backup), or `database.dump`, which
PostgreSQL's own tools made and the caller gives. Without the keys the data opens no door: no password, certificate or
API key in it is of use, so keep the two apart where you can. Without the passphrase both are lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
from msgspec import Struct

from ohmstead.store.sealed_files import Opener, Sealer, Unsealable

DATA, KEYS, MANIFEST = "data.sealed", "keys.sealed", "manifest.json"
DATABASE, DUMP, FILES = "database.sqlite", "database.dump", "files"
KEY_FILES, KEY_FOLDER = ("server.key", "admin.key"), "pki"
SHORTEST = 12
"""Characters of a passphrase."""


class BadBackup(Exception):
    """A backup cannot be made or used; the message says why."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds; it is not secret."""

    made_at: str
    """RFC 3339."""
    release: str
    revision: str | None
    """Of the schema of an SQLite database; None: there is none."""
    sha256: dict[str, str]
    """Name in the folder -> digest."""


def back_up(
    data_dir: Path,
    database: Path | None,
    target: Path,
    passphrase: str,
    release: str,
    at: str,
    dump: Path | None = None,
) -> Manifest:
    """Write a backup into the new or empty folder `target`; the server may run. `dump` is read once, so that it may be
    a pipe. Raises BadBackup.

    The database comes first: every file that it names is there, unless it was deleted in between. Its copy lies beside
    the database meanwhile, never in `target`."""
    if len(passphrase) < SHORTEST:
        raise BadBackup(f"a passphrase has {SHORTEST} or more characters")
    if target.exists() and any(target.iterdir()):
        raise BadBackup(f"{target} is not empty; give a new folder for each backup")
    if not (data_dir / KEY_FILES[0]).exists():
        raise BadBackup(f"{data_dir} holds no {KEY_FILES[0]}; is it the data folder of an Ohmstead that was started?")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    revision, data = None, []
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=data_dir) as beside:
        if database is not None:
            revision = _copy_database(database, copy := Path(beside) / DATABASE)
            data = [(DATABASE, copy)]
        if dump is not None:
            with dump.open("rb") as content:
                _write(copy := Path(beside) / DUMP, content)
            data += [(DUMP, copy)]
        _pack(target / DATA, passphrase, [*data, *_below(data_dir, FILES)])
    keys = [(name, data_dir / name) for name in KEY_FILES if (data_dir / name).exists()]
    _pack(target / KEYS, passphrase, [*keys, *_below(data_dir, KEY_FOLDER)])
    digests = {name: _digest(target / name) for name in (DATA, KEYS)}
    manifest = Manifest(made_at=at, release=release, revision=revision, sha256=digests)
    with _new(target / MANIFEST) as file:  # last: whole backups have one
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def restore(source: Path, data_dir: Path, database: Path | None, passphrase: str) -> Manifest:
    """Put a backup where no Ohmstead is yet; a dump of PostgreSQL as `database.dump` into the data folder. Nothing is
    written unless all of it is sound. Raises BadBackup."""
    manifest = _verified(source)
    if database is not None and manifest.revision is None:
        raise BadBackup(f"{source} holds no database; restore that one with the tools of PostgreSQL")
    names = (*KEY_FILES, KEY_FOLDER, FILES, DUMP)
    taken = [str(data_dir / name) for name in names if (data_dir / name).exists()]
    if database is not None:
        taken += [str(path) for path in (database, _beside(database, "-wal")) if path.exists()]
    if taken:
        raise BadBackup(f"{', '.join(taken)} is there already; move it away, nothing is overwritten")
    for name in (KEYS, DATA):
        for _ in _unpacked(source / name, passphrase):
            pass  # every block of it opens
    data_dir.mkdir(parents=True, exist_ok=True)
    for name, content in (one for part in (KEYS, DATA) for one in _unpacked(source / part, passphrase)):
        if name == DATABASE:
            if database is not None:
                database.parent.mkdir(parents=True, exist_ok=True)
                _write(_beside(database, ".part"), content)
                os.replace(_beside(database, ".part"), database)
            continue
        (data_dir / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(data_dir / name, content)
    return manifest


def _verified(source: Path) -> Manifest:
    """What the manifest says, if the folder holds exactly that."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BadBackup(f"{source} is no whole backup: {error}") from None
    found = {name: _digest(source / name) for name in (DATA, KEYS) if (source / name).is_file()}
    differs = [name for name in (DATA, KEYS) if name not in found or found[name] != manifest.sha256.get(name)]
    if differs:
        raise BadBackup(f"{source} is not what was written: {', '.join(differs)}")
    return manifest


def _copy_database(database: Path, target: Path) -> str | None:
    """Its state at one moment, without stopping who writes; the revision of its schema."""
    if not database.exists():
        raise BadBackup(f"{database}: there is no such database")
    try:
        with closing(sqlite3.connect(database, timeout=10)) as source, closing(sqlite3.connect(target)) as copy:
            target.chmod(0o600)
            source.backup(copy)  # all pages in one step: one read transaction, which no writer waits for (WAL)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm
            if (said := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise BadBackup(f"{database} is damaged: {said}")
            row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BadBackup(f"{database}: {error}") from None
    return None if row is None else str(row[0])


# ---------------------------------------------------------------------- sealed tars


def _below(data_dir: Path, folder: str) -> Iterator[tuple[str, Path]]:
    """(name, path) of all files in a folder of the data folder."""
    for path in sorted((data_dir / folder).rglob("*")):
        if path.is_file():
            yield path.relative_to(data_dir).as_posix(), path


def _pack(target: Path, passphrase: str, members: Iterable[tuple[str, Path]]) -> None:
    with _new(target) as file:
        sealer = Sealer(file, passphrase)
        with tarfile.open(fileobj=sealer, mode="w|") as tar:  # type: ignore[call-overload]
            for name, path in members:
                with contextlib.suppress(FileNotFoundError), path.open("rb") as content:  # deleted meanwhile
                    member = tarfile.TarInfo(name)
                    member.size = os.fstat(content.fileno()).st_size
                    tar.addfile(member, content)
        sealer.close()


def _unpacked(source: Path, passphrase: str) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, content) of all that is in it, each to be read before the next one. Raises BadBackup."""
    try:
        with source.open("rb") as file:
            opener = Opener(file, passphrase)
            with tarfile.open(fileobj=opener, mode="r|") as tar:  # type: ignore[call-overload]
                for member in tar:
                    content = tar.extractfile(member)
                    if content is None or not _is_ours(PurePosixPath(member.name)):
                        raise BadBackup(f"{source.name} holds {member.name!r}, which is nothing of an Ohmstead")
                    yield member.name, content
            while opener.read(1 << 20):
                pass  # what stands behind the end of the tar is sound as well
    except Unsealable as error:
        raise BadBackup(f"{source} {error}") from None
    except tarfile.TarError as error:
        raise BadBackup(f"{source} cannot be read: {error}") from None


def _is_ours(name: PurePosixPath) -> bool:
    if name.is_absolute() or ".." in name.parts:
        return False
    return str(name) in (*KEY_FILES, DATABASE, DUMP) or (name.parts[0] in (FILES, KEY_FOLDER) and len(name.parts) > 1)


# ---------------------------------------------------------------------- files


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    """A new file that its owner alone can read; on disk when it is left."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _write(path: Path, content: IO[bytes]) -> None:
    with _new(path) as file:
        shutil.copyfileobj(content, file, 1 << 20)
