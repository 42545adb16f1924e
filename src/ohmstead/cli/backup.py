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
OF_POSTGRES = "the database is PostgreSQL, and not in it: {verb} it too (docs/howto/operate.md)"
PassphraseFile = Annotated[Path, Parameter(help="file whose first line is the passphrase of the keys")]


def backup(folder: Path, /, *, passphrase_file: PassphraseFile, config: Path | None = None, json: bool = False) -> None:
    """Write database (SQLite), files and sealed keys into a new folder; the server may go on running."""
    from ohmstead import runtime
    from ohmstead.store.backup import BadBackup, back_up

    settings = configuration.settings(config)
    at, passphrase = runtime.rfc3339(runtime.now()), _first_line(passphrase_file)
    try:
        made = back_up(
            Path(settings.data_dir), _database(settings), folder, passphrase, ohmstead.__version__, at
        )  # fmt: skip
    except (BadBackup, OSError) as error:
        raise Failed(str(error)) from None
    _tell(settings, "dump", {"folder": str(folder), "revision": made.revision, "files": len(made.sha256)}, json)


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
    _tell(
        settings, "restore", {"data_dir": settings.data_dir, "made_at": found.made_at, "release": found.release}, json
    )


def _database(settings: Settings) -> Path | None:
    url = settings.database_url
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def _tell(settings: Settings, verb: str, done: dict[str, object], json: bool) -> None:
    note = None if _database(settings) is not None else OF_POSTGRES.format(verb=verb)
    show(done | {"note": note}, json)


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{path}: {error}") from None
