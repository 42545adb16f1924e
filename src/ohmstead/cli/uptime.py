"""Uptime of connectors: show; the times that do not count: exclusions, exclude, count."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="uptime", help="How much connectors could be used.", help_format="plaintext")
HERE = Remote()
COLUMNS = (
    "station_id", "evse_id", "connector_id", "percent", "known_s", "offline_s", "faulted_s", "unavailable_s",
    "excluded_s",
)  # fmt: skip


@app.command(name="show")
def show_(
    month: str, /, *, station: str | None = None, site: str | None = None, limit: int = 1000, to: Remote = HERE
) -> None:
    """Show the uptime of each connector in a month (YYYY-MM)."""
    found = to.all("uptime", month, limit=limit, station_id=station, site_id=site)
    rows = [{"station_id": one["station_id"], **connector} for one in found for connector in one["connectors"]]
    show_list(found if to.json else rows, COLUMNS, to.json)


@app.command
def exclusions(*, station: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List the times that do not count against stations."""
    found = to.all("exclusions", limit=limit, station_id=station)
    show_list(found, ("id", "station_id", "evse_id", "begin", "end", "cause", "text"), to.json)


@app.command
def exclude(
    station: str, begin: str, end: str, cause: str, /, *, evse: int | None = None, text: str | None = None,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Say that a time (RFC 3339) does not count against a station, and why."""
    body = {"begin": begin, "end": end, "cause": cause, "evse_id": evse, "text": text}
    given = {field: value for field, value in body.items() if value is not None}
    show(to.post("stations", station, "exclusions", body=given), to.json)


@app.command
def count(id: str, /, *, to: Remote = HERE) -> None:
    """Let an excluded time count again."""
    to.delete("exclusions", id)
    show({"id": id, "removed": True}, to.json)
