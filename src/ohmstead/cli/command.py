"""Commands to stations: typed ones, and any raw OCPP call."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="command", help="Ask a station for something.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "type", "state", "reason", "created_at")
GOOD = frozenset({"queued", "sent", "accepted", "confirmed"})
IfOffline = Literal["queue", "fail"]


@app.default
def command(
    station: str,
    type: str,
    /,
    *fields: Annotated[str, Parameter(help="FIELD=VALUE; the value is JSON, or else text")],
    wait: float = 30,
    until: Literal["confirmed"] | None = None,
    if_offline: IfOffline | None = None,
    expires_in: float | None = None,
    to: Remote = HERE,
) -> int:
    """Send a typed command: ohmstead command CS1 reset when=idle. Exit 1 unless the station accepts it."""
    body: dict[str, Any] = {"type": type, **dict(_field(one) for one in fields)}
    return _send(station, body, wait, until, if_offline, expires_in, to)


def call(
    station: str,
    action: str,
    payload: Annotated[str, Parameter(allow_leading_hyphen=True)] = "{}",
    /,
    *,
    wait: float = 30,
    if_offline: IfOffline | None = None,
    expires_in: float | None = None,
    to: Remote = HERE,
) -> int:
    """Send any raw OCPP call of the station's version; the payload is JSON, or - for standard input."""
    text = sys.stdin.read() if payload == "-" else payload
    try:
        given = json.loads(text)
    except ValueError as error:
        raise Failed(f"the payload is not JSON: {error}") from None
    body = {"ocpp": {"action": action, "payload": given}}
    return _send(station, body, wait, None, if_offline, expires_in, to)


@app.command(name="list")
def list_(*, station: str | None = None, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List commands, newest first."""
    show_list(to.all("commands", limit=limit, station_id=station, state=state), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show one command and what became of it."""
    show(to.get("commands", id), to.json)


@app.command
def cancel(id: str, /, *, to: Remote = HERE) -> None:
    """Cancel a command that is still queued."""
    to.delete("commands", id)
    show({"id": id, "state": "cancelled"}, to.json)


def _field(given: str) -> tuple[str, Any]:
    name, sign, value = given.partition("=")
    if not sign:
        raise Failed(f"{given!r} is not FIELD=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _send(
    station: str,
    body: dict[str, Any],
    wait: float,
    until: str | None,
    if_offline: IfOffline | None,
    expires_in: float | None,
    to: Remote,
) -> int:
    options = {"if_offline": if_offline, "expires_in": expires_in}
    body |= {name: value for name, value in options.items() if value is not None}
    return finished(to.post("stations", station, "commands", body=body, wait=wait, until=until), to)


def finished(answer: dict[str, Any], to: Remote) -> int:
    """Print a command; 1 when it was refused, failed or not answered."""
    show(answer, to.json)
    return 0 if answer["state"] in GOOD else 1
