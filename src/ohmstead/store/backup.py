"""A backup of one Ohmstead in a folder, and back: the database as it was at one moment, files, and the keys sealed.

    database.sqlite   a copy made while the server runs (SQLite's online backup); PostgreSQL is dumped by its own tools
    files/            what stations uploaded, and firmware
    keys.sealed       server.key, admin.key and pki/, under a passphrase (scrypt, AES-256-GCM)
    manifest.json     the release, the moment, the schema, and the SHA-256 of all the others

Without the passphrase the keys are lost, and with them all passwords, certificates and API keys: keep it apart.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from msgspec import Struct

DATABASE, FILES, KEYS, MANIFEST = "database.sqlite", "files", "keys.sealed", "manifest.json"
KEY_FILES, KEY_FOLDER = ("server.key", "admin.key"), "pki"
SEALED, SALT, NONCE = b"ohmstead-keys-1\n", 16, 12
SHORTEST = 12
"""Characters of a passphrase."""


class BadBackup(Exception):
    """A backup cannot be made or used; the message says why."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds."""

    made_at: str
    """RFC 3339."""
    release: str
    revision: str | None
    """Of the schema; None without a database."""
    sha256: dict[str, str]
    """Path in the folder -> digest."""


def back_up(data_dir: Path, database: Path | None, target: Path, passphrase: str, release: str, at: str) -> Manifest:
    """Write a backup into the new or empty folder `target`; the server may run. Raises BadBackup.

    The database comes first: every file that it names is there, unless it was deleted in between."""
    _check(passphrase)
    if target.exists() and any(target.iterdir()):
        raise BadBackup(f"{target} is not empty; give a new folder for each backup")
    if not (data_dir / KEY_FILES[0]).exists():
        raise BadBackup(f"{data_dir} holds no {KEY_FILES[0]}; is it the data folder of an Ohmstead that was started?")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    revision = None if database is None else _copy_database(database, target / DATABASE)
    if (data_dir / FILES).is_dir():
        shutil.copytree(data_dir / FILES, target / FILES)
    _write(target / KEYS, _seal(_read_keys(data_dir), passphrase))
    digests = {str(path.relative_to(target)): _digest(path) for path in _files(target)}
    manifest = Manifest(made_at=at, release=release, revision=revision, sha256=digests)
    _write(target / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))  # last: whole backups have one
    return manifest


def restore(source: Path, data_dir: Path, database: Path | None, passphrase: str) -> Manifest:
    """Put a backup where no Ohmstead is yet; nothing is written unless all of it is sound. Raises BadBackup."""
    manifest = _verified(source)
    keys = _unseal((source / KEYS).read_bytes(), passphrase)
    names = [name for name in (*KEY_FILES, KEY_FOLDER, FILES) if (data_dir / name).exists()]
    taken = [str(data_dir / name) for name in names]
    if database is not None:
        if manifest.revision is None:
            raise BadBackup(f"{source} holds no database; restore that one with the tools of PostgreSQL")
        taken += [str(path) for path in (database, _beside(database, "-wal")) if path.exists()]
    if taken:
        raise BadBackup(f"{', '.join(taken)} is there already; move it away, nothing is overwritten")
    data_dir.mkdir(parents=True, exist_ok=True)
    for name, content in keys.items():
        (data_dir / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(data_dir / name, content)
    if (source / FILES).is_dir():
        shutil.copytree(source / FILES, data_dir / FILES)
    if database is not None:
        database.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(database, ".part")
        shutil.copyfile(source / DATABASE, part)
        part.chmod(0o600)
        os.replace(part, database)
    return manifest


def _verified(source: Path) -> Manifest:
    """What the manifest says, if the folder holds exactly that."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BadBackup(f"{source} is no whole backup: {error}") from None
    found = {str(path.relative_to(source)): _digest(path) for path in _files(source) if path.name != MANIFEST}
    differs = sorted(name for name in found.keys() | manifest.sha256 if found.get(name) != manifest.sha256.get(name))
    if differs or KEYS not in found or (manifest.revision is not None and DATABASE not in found):
        raise BadBackup(f"{source} is not what was written: {', '.join(differs[:5]) or 'its parts are missing'}")
    return manifest


def _copy_database(database: Path, target: Path) -> str | None:
    """Its state at one moment, without stopping who writes; the revision of its schema."""
    if not database.exists():
        raise BadBackup(f"{database}: there is no such database")
    try:
        with closing(sqlite3.connect(database, timeout=10)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)  # all pages in one step: one read transaction, which no writer waits for (WAL)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm
            if (said := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise BadBackup(f"{database} is damaged: {said}")
            row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BadBackup(f"{database}: {error}") from None
    target.chmod(0o600)
    return None if row is None else str(row[0])


# ---------------------------------------------------------------------- keys


def _check(passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise BadBackup(f"a passphrase has {SHORTEST} or more characters")


def _read_keys(data_dir: Path) -> dict[str, bytes]:
    paths = [data_dir / name for name in KEY_FILES if (data_dir / name).exists()]
    folder = data_dir / KEY_FOLDER
    paths += sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return {path.relative_to(data_dir).as_posix(): path.read_bytes() for path in paths}


def _derived(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _seal(keys: dict[str, bytes], passphrase: str) -> bytes:
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    head = SEALED + salt + nonce
    return head + _derived(passphrase, salt).encrypt(nonce, msgspec.msgpack.encode(keys), head)


def _unseal(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    size = len(SEALED) + SALT + NONCE
    head, salt, nonce = sealed[:size], sealed[len(SEALED) : size - NONCE], sealed[size - NONCE : size]
    if not head.startswith(SEALED) or len(head) < size:
        raise BadBackup(f"{KEYS} is not a file of sealed keys")
    try:
        plain = _derived(passphrase, salt).decrypt(nonce, sealed[size:], head)
    except InvalidTag:
        raise BadBackup(f"the passphrase does not open {KEYS}, or it was changed") from None
    keys = msgspec.msgpack.decode(plain, type=dict[str, bytes])
    for name in keys:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or (name not in KEY_FILES and path.parts[0] != KEY_FOLDER):
            raise BadBackup(f"{KEYS} holds {name!r}, which is no key of an Ohmstead")
    return keys


# ---------------------------------------------------------------------- files


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    """A new file that its owner alone can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
