"""Logs: let stations upload them, and fetch what they brought."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.progress import COLUMNS, Patience
from ohmstead.cli.progress import start as start_it
from ohmstead.cli.remote import Remote

app = App(name="logs", help="Let stations upload logs, and fetch what they brought.", help_format="plaintext")
HERE = Remote()


@app.command(name="list")
def list_(station: str, /, *, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List the logs that a station was asked for, newest first."""
    found = to.all("stations", station, "logs", limit=limit, state=state)
    show_list([{**one, "file_id": one["told"].get("file_id")} for one in found], ("file_id", *COLUMNS), to.json)


@app.command
def start(
    station: str,
    /,
    *,
    log_type: Annotated[
        Literal["diagnostics", "security", "data_collector"], Parameter(name="--type", help="which log")
    ] = "diagnostics",
    oldest_at: str | None = None,
    latest_at: str | None = None,
    follow: Patience = 0,
    into: Annotated[Path | None, Parameter(help="write the log to this file when it is here")] = None,
    to: Remote = HERE,
) -> int:
    """Let a station upload a log; --follow 600 tells each status, --into FILE fetches it then. Exit 1 when it fails."""
    if into is not None and follow <= 0:
        raise Failed("--into needs --follow: the log is not here before")
    plain = log_type == "diagnostics" and to.get("stations", station)["ocpp_version"] == "1.6"
    body: dict[str, Any] = {"type": "get_diagnostics"} if plain else {"type": "get_log", "log_type": log_type}
    body |= {name: value for name, value in (("oldest_at", oldest_at), ("latest_at", latest_at)) if value is not None}
    status, found = start_it(station, body, follow, to)
    if into is not None and status == 0:
        if "file_id" not in found["told"]:
            raise Failed("the station says that it uploaded the log, but nothing came")
        _write(found["told"]["file_id"], into, to)
    show(found, to.json)
    return status


@app.command
def download(
    station: str,
    into: Path,
    /,
    *,
    procedure: Annotated[str | None, Parameter(help="of which upload; the newest that brought a file")] = None,
    to: Remote = HERE,
) -> None:
    """Write the newest log of a station to this machine, or that of one procedure."""
    found = to.all("stations", station, "logs", limit=100)
    files = [one["told"]["file_id"] for one in found if "file_id" in one["told"] and procedure in (None, one["id"])]
    if not files:
        raise Failed(f"{station} has brought no such log: ohmstead logs start {station}")
    show({"file_id": files[0], "file": str(into), "size": _write(files[0], into, to)}, to.json)


def _write(id: str, into: Path, to: Remote) -> int:
    content = to.file("files", id, "content").content
    try:
        return into.write_bytes(content)
    except OSError as error:
        raise Failed(f"{into} cannot be written: {error.strerror}") from None
