"""backup, restore: one Ohmstead in a folder, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import ohmstead
from ohmstead.cli import Failed, configuration
from ohmstead.cli.output import show
from ohmstead.settings import Settings

SQLITE = "sqlite:///"
NO_DUMP = "the database is PostgreSQL, and not in it: give --dump (docs/howto/operate.md)"
DUMP = "pg_restore --no-owner --exit-on-error --dbname=URL {file} brings the database back; then remove the file"
PassphraseFile = Annotated[Path, Parameter(help="file whose first line is the passphrase of all of it")]
DumpFile = Annotated[Path, Parameter(help="what pg_dump --format=custom wrote, /dev/stdin too")]


def backup(
    folder: Path,
    /,
    *,
    passphrase_file: PassphraseFile,
    dump: DumpFile | None = None,
    config: Path | None = None,
    json: bool = False,
) -> None:
    """Write database, files and keys, all sealed, into a new folder; the server may go on running."""
    from ohmstead import runtime
    from ohmstead.store.backup import BadBackup, back_up

    settings = configuration.settings(config)
    if dump is not None and _database(settings) is not None:
        raise Failed("the database is SQLite, and in the backup by itself: leave out --dump")
    at, passphrase = runtime.rfc3339(runtime.now()), _first_line(passphrase_file)
    try:
        made = back_up(Path(settings.data_dir), _database(settings), folder, passphrase, ohmstead.__version__, at, dump)
    except (BadBackup, OSError) as error:
        raise Failed(str(error)) from None
    note = NO_DUMP if _database(settings) is None and dump is None else None
    show({"folder": str(folder), "revision": made.revision, "note": note}, json)


def restore(
    folder: Path, /, *, passphrase_file: PassphraseFile, config: Path | None = None, json: bool = False
) -> None:
    """Put a backup where the settings say, if nothing is there; then start the server."""
    from ohmstead.store.backup import BadBackup
    from ohmstead.store.backup import restore as put_back

    settings = configuration.settings(config)
    passphrase = _first_line(passphrase_file)
    try:
        found = put_back(folder, Path(settings.data_dir), _database(settings), passphrase)
    except (BadBackup, OSError) as error:
        raise Failed(str(error)) from None
    dump = Path(settings.data_dir, "database.dump")
    note = DUMP.format(file=dump) if dump.exists() else None
    show({"data_dir": settings.data_dir, "made_at": found.made_at, "release": found.release, "note": note}, json)


def _database(settings: Settings) -> Path | None:
    url = settings.database_url
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{path}: {error}") from None
