"""Forwarding: list, show, add, change, remove, stations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="forwarding", help="Stations told to a second CSMS.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "url", "station_ids", "site_ids", "commands", "enabled")
LINKS = ("station_id", "state", "since", "told", "dropped", "asked", "refused", "reason")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List the second CSMSs."""
    show_list(to.all("forwardings", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show one."""
    show(to.get("forwardings", id), to.json)


@app.command
def add(
    name: str, at: str, /, *, station: list[str] | None = None, site: list[str] | None = None,
    identity: str | None = None, password: str | None = None, trust: Path | None = None,
    command: list[str] | None = None, leave_out: list[str] | None = None, to: Remote = HERE,
) -> None:  # fmt: skip
    """Tell stations to the CSMS at ws:// or wss:// AT: all, or those of --station and --site.

    Parameters
    ----------
    identity
        Who the station is there, where that differs.
    password
        For Basic authentication there.
    trust
        PEM file with the certificates that wss trusts there.
    command
        An OCPP action that it may ask for; none: it only listens.
    leave_out
        A message of stations that is not told.
    """
    body = _body(name=name, url=at, station_ids=station, site_ids=site, identity=identity, password=password,
                 trust=trust, commands=command, leave_out=leave_out)  # fmt: skip
    show(to.post("forwardings", body=body), to.json)


@app.command
def change(
    id: str, /, *, name: str | None = None, at: str | None = None, station: list[str] | None = None,
    site: list[str] | None = None, identity: str | None = None, password: str | None = None,
    trust: Path | None = None, command: list[str] | None = None, leave_out: list[str] | None = None,
    only_listen: bool = False, enabled: bool | None = None, to: Remote = HERE,
) -> None:  # fmt: skip
    """Change one; --only-listen takes all its commands away, --no-enabled ends its lines."""
    body = _body(name=name, url=at, station_ids=station, site_ids=site, identity=identity, password=password,
                 trust=trust, commands=[] if only_listen else command, leave_out=leave_out,
                 enabled=enabled)  # fmt: skip
    show(to.patch("forwardings", id, body=body), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Tell it nothing any more."""
    to.delete("forwardings", id)
    show({"id": id, "removed": True}, to.json)


@app.command
def stations(id: str, /, *, limit: int = 1000, to: Remote = HERE) -> None:
    """How the line of each station is."""
    show_list(to.all("forwardings", id, "stations", limit=limit), LINKS, to.json)


def _body(*, trust: Path | None, **given: Any) -> dict[str, Any]:
    body = {field: value for field, value in given.items() if value is not None}
    return body if trust is None else {**body, "trusted_certificates": trust.read_text()}
