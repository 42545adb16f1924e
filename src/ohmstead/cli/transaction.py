"""Transactions: list, show, stop."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="transaction", help="Charging transactions.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "evse_id", "token", "state", "started_at", "ended_at", "energy_wh", "complete")


@app.command(name="list")
def list_(
    *,
    station: str | None = None,
    token: str | None = None,
    state: str | None = None,
    incomplete: bool | None = None,
    limit: int = 100,
    to: Remote = HERE,
) -> None:
    """List transactions, newest first."""
    found = to.all("transactions", limit=limit, station_id=station, token=token, state=state, incomplete=incomplete)
    show_list(found, COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show one transaction."""
    show(to.get("transactions", id), to.json)


@app.command
def stop(id: str, /, *, wait: float = 30, to: Remote = HERE) -> int:
    """Ask the station to stop it, and wait for its answer."""
    from ohmstead.cli.command import finished

    return finished(to.post("transactions", id, "stop", wait=wait), to)
