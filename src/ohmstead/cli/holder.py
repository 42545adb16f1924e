"""Holders: list, show, add, change, remove; their statements for a month."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="holder", help="Who pays: groups of tokens, and their statements.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "group", "name", "unit", "time_zone")
LINES = ("transaction_id", "station_id", "evse_id", "token", "started_at", "ended_at", "energy_wh", "total", "currency")

FEES = ("reservation_id", "station_id", "evse_id", "token", "reserved_at", "ended_at", "reason", "total", "currency")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List holders."""
    show_list(to.all("holders", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a holder."""
    show(to.get("holders", id), to.json)


@app.command
def add(
    id: str, group: str, name: str, /, *, unit: str | None = None, time_zone: str | None = None, to: Remote = HERE
) -> None:
    """Make the tokens of a group the tokens of a holder."""
    body = {"id": id, "group": group, "name": name, "unit": unit, "time_zone": time_zone}
    show(to.post("holders", body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def change(
    id: str, /, *, name: str | None = None, unit: str | None = None, time_zone: str | None = None, to: Remote = HERE
) -> None:
    """Change name, unit or time zone."""
    body = {"name": name, "unit": unit, "time_zone": time_zone}
    show(to.patch("holders", id, body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Forget a holder; tokens and records stay."""
    to.delete("holders", id)
    show({"id": id, "removed": True}, to.json)


@app.command
def statement(id: str, month: str, /, *, as_of: str | None = None, csv: bool = False, to: Remote = HERE) -> None:
    """Show what a holder is to pay for a month (YYYY-MM); --as-of gives an earlier statement again, --csv a table."""
    if csv:
        print(to.file("holders", id, "statements", month, as_of=as_of, format="csv").text, end="")
        return
    found = to.get("holders", id, "statements", month, as_of=as_of)
    if to.json:
        show(found, True)
        return
    show_list(found["lines"], LINES, False)
    if fees := found.get("fees"):
        show_list(fees, FEES, False)
    sums = [f"{one['total']} {one['currency']} (net {one['net']}, tax {one['tax']})" for one in found["totals"]]
    print(
        f"{found['energy_wh']} Wh, {', '.join(sums) or 'no cost'}; as of {found['as_of']}, {found['open']} still open"
    )


@app.command
def statements(month: str, /, *, as_of: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """Show what every holder is to pay for a month; --json has the lines."""
    found = to.all("statements", month, limit=limit, as_of=as_of)
    rows = (
        found
        if to.json
        else [one | {"total": ", ".join(f"{t['total']} {t['currency']}" for t in one["totals"])} for one in found]
    )
    show_list(rows, ("holder_id", "name", "unit", "energy_wh", "total", "open"), to.json)
