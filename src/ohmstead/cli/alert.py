"""Alerts: list, acknowledge."""

from __future__ import annotations

from typing import Literal

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="alert", help="Alerts: what somebody should look at.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "severity_name", "code", "state", "count", "last_at", "acknowledged_by", "text")


@app.command(name="list")
def list_(
    *,
    station: str | None = None,
    state: Literal["firing", "resolved", "any"] = "firing",
    severity: int | None = None,
    source: str | None = None,
    limit: int = 1000,
    to: Remote = HERE,
) -> None:
    """List alerts, the open ones unless told otherwise; --severity 4 is errors (4) and worse (3 to 0)."""
    wanted = None if state == "any" else state
    rows = to.all("alerts", limit=limit, station_id=station, state=wanted, severity=severity, source=source)
    show_list(rows, COLUMNS, to.json)


@app.command
def acknowledge(id: str, /, *, to: Remote = HERE) -> None:
    """Say that an alert was seen; one that nothing else will end is resolved by that."""
    show(to.post("alerts", id, "acknowledge"), to.json)
