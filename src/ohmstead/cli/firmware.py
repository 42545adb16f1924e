"""Firmware: files for stations to install, and how installing goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.progress import COLUMNS as PROGRESS
from ohmstead.cli.progress import Patience, begin
from ohmstead.cli.remote import Remote

app = App(name="firmware", help="Files for stations to install, and how installing goes.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "firmware_version", "signed", "size", "sha256", "created_at")


@app.command(name="list")
def list_(*, name: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """List the files that operators added, newest first."""
    found = to.all("files", limit=limit, kind="file", name=name)
    show_list([{**one, "signed": one.get("signature") is not None} for one in found], COLUMNS, to.json)


@app.command
def add(
    file: Path,
    /,
    *,
    version: Annotated[str | None, Parameter(help="what stations call themselves with it")] = None,
    name: str | None = None,
    signature: Annotated[Path | None, Parameter(help="file with the signature in base64")] = None,
    certificate: Annotated[Path | None, Parameter(help="PEM of the certificate that signed it")] = None,
    to: Remote = HERE,
) -> None:
    """Add a file; signature and certificate are checked, and the file stays unsigned where they do not hold."""
    if (signature is None) != (certificate is None):
        raise Failed("--signature and --certificate belong together")
    signed = {"signature": _text(signature), "signing_certificate": _text(certificate)} if signature else None
    try:
        with file.open("rb") as content:
            made = to.upload(content, "files", name=name or file.name, firmware_version=version)
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    show(made if signed is None else to.patch("files", made["id"], body=signed), to.json)


@app.command
def start(
    station: str,
    firmware: Annotated[str, Parameter(help="number of a file, or a URL")],
    /,
    *,
    version: Annotated[str | None, Parameter(help="what it calls itself then, where the file does not say")] = None,
    unsigned: Annotated[bool, Parameter(help="without a signature", negative="")] = False,
    retrieve_at: str | None = None,
    install_at: str | None = None,
    retries: int | None = None,
    follow: Patience = 0,
    to: Remote = HERE,
) -> int:
    """Let a station install firmware; --follow 3600 tells each status. Exit 1 when it fails."""
    fields: dict[str, Any] = {
        "file_id" if firmware.isdecimal() else "location": firmware, "version": version, "retrieve_at": retrieve_at,
        "install_at": install_at, "retries": retries, "signed": False if unsigned else None,
    }  # fmt: skip
    given = {name: value for name, value in fields.items() if value is not None}
    return begin(station, {"type": "update_firmware", **given}, follow, to)


@app.command
def progress(station: str, /, *, state: str | None = None, limit: int = 20, to: Remote = HERE) -> None:
    """List the updates of a station, newest first, with their last status."""
    show_list(to.all("stations", station, "procedures", limit=limit, kind="firmware", state=state), PROGRESS, to.json)


def _text(file: Path | None) -> str | None:
    try:
        return None if file is None else file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{file} cannot be read: {error}") from None
