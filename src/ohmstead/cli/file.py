"""Files: firmware that operators add, logs that stations upload."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="file", help="Firmware to be installed, and logs that stations brought.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "kind", "name", "station_id", "size", "firmware_version", "created_at")


@app.command(name="list")
def list_(
    *,
    kind: str | None = None,
    station: str | None = None,
    name: str | None = None,
    limit: int = 1000,
    to: Remote = HERE,
) -> None:
    """List files, newest first; --kind file or upload."""
    show_list(to.all("files", limit=limit, kind=kind, station_id=station, name=name), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show what is known of a file."""
    show(to.get("files", id), to.json)


@app.command
def add(file: Path, /, *, name: str | None = None, firmware_version: str | None = None, to: Remote = HERE) -> None:
    """Add a file, for stations to fetch."""
    try:
        with file.open("rb") as content:
            made = to.upload(content, "files", name=name or file.name, firmware_version=firmware_version)
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    show(made, to.json)


@app.command
def fetch(id: str, into: Path, /, *, to: Remote = HERE) -> None:
    """Write a file to this machine."""
    content = to.file("files", id, "content").content
    try:
        into.write_bytes(content)
    except OSError as error:
        raise Failed(f"{into} cannot be written: {error.strerror}") from None
    show({"id": id, "file": str(into), "size": len(content)}, to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Take a file away."""
    to.delete("files", id)
    show({"id": id, "removed": True}, to.json)
