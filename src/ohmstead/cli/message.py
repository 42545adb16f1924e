"""What was said on the wire: messages, refused handshakes, oddities."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="message", help="What was said on the wire, and who was not let in.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "at", "station_id", "direction", "action", "invalid")
REFUSAL_COLUMNS = ("at", "peer", "station_id", "status", "code", "reason")
FINDING_COLUMNS = ("station_id", "action", "code", "count", "last_at", "text")


@app.command(name="list")
def list_(
    *,
    station: str | None = None,
    action: str | None = None,
    invalid: bool | None = None,
    limit: int = 100,
    to: Remote = HERE,
) -> None:
    """List OCPP calls with their answers, newest first; --invalid: what was refused or odd."""
    rows = to.all("messages", limit=limit, station_id=station, action=action, invalid=invalid)
    show_list(rows, COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a message: what was said, and what was answered."""
    show(to.get("messages", id), to.json)


@app.command
def refusals(*, limit: int = 100, to: Remote = HERE) -> None:
    """List refused handshakes, newest first, each with what to do."""
    show_list(to.all("refusals", limit=limit), REFUSAL_COLUMNS, to.json)


@app.command
def findings(*, station: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """List what stations do oddly, counted."""
    show_list(to.all("findings", limit=limit, station_id=station), FINDING_COLUMNS, to.json)
