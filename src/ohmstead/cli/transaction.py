"""Transactions: list, show, stop; what is missing of them, and the records that are billed from."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="transaction", help="Charging transactions.", help_format="plaintext")
HERE = Remote()
COLUMNS = (
    "id",
    "station_id",
    "evse_id",
    "token",
    "state",
    "started_at",
    "ended_at",
    "energy_wh",
    "total_cost",
    "currency",
    "complete",
)


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


@app.command
def missing(*, station: str | None = None, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List the transactions of which something was missing, and what the search for it found."""
    found = to.all("reconciliations", limit=limit, station_id=station, state=state)
    show_list(found, ("transaction_id", "station_id", "state", "reason", "verdict", "opened_at"), to.json)


@app.command
def reconcile(id: str, /, *, to: Remote = HERE) -> None:
    """Look for what is missing of it now."""
    show(to.post("transactions", id, "reconcile"), to.json)


@app.command
def records(id: str, /, *, to: Remote = HERE) -> None:
    """Show what it came to, sealed, every version; --json shows all of each."""
    found = to.get("transactions", id, "records")
    rows = found if to.json else [{**one["transaction"], **one} for one in found]
    show_list(rows, ("version", "reason", "sealed_at", "token", "started_at", "ended_at", "energy_wh"), to.json)


@app.command(name="signed-values")
def signed_values(id: str, /, *, to: Remote = HERE) -> None:
    """Show what the meter signed of it, and whether the signatures are right."""
    show_list(to.get("transactions", id, "signed-values"), ("at", "context", "format", "verdict", "reason"), to.json)
