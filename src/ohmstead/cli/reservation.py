"""Reservations: list, show, add, cancel."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="reservation", help="Reservations: places kept free.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "evse_id", "connector_type", "token", "group", "state", "expires_at", "reason")


@app.command(name="list")
def list_(*, station: str | None = None, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List reservations, newest first."""
    show_list(to.all("reservations", limit=limit, station_id=station, state=state), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show one reservation."""
    show(to.get("reservations", id), to.json)


@app.command
def add(
    station: str,
    token: str,
    /,
    *,
    expires_at: str,
    token_type: str | None = None,
    evse: int | None = None,
    connector_type: str | None = None,
    group: str | None = None,
    to: Remote = HERE,
) -> None:
    """Keep a place free for a token; without --evse any EVSE of the station."""
    given = {"token_type": token_type, "evse_id": evse, "connector_type": connector_type, "group": group}
    body = {"station_id": station, "token": token, "expires_at": expires_at}
    show(to.post("reservations", body=body | {k: v for k, v in given.items() if v is not None}), to.json)


@app.command
def bill(id: str, /, *, to: Remote = HERE) -> None:
    """Show what a reservation costs that nobody used, line by line."""
    found = to.get("reservations", id, "bill")
    if to.json:
        show(found, True)
        return
    show_list(found["lines"], ("text", "quantity", "price", "amount"), False)
    print(f"net {found['net']}, tax {found['tax']}, total {found['total']} {found['currency']} ({found['reason']})")


@app.command
def cancel(id: str, /, *, to: Remote = HERE) -> None:
    """Take a reservation back."""
    to.delete("reservations", id)
    show(to.get("reservations", id), to.json)
