"""Charging needs: list, show, add, cancel."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="need", help="Charging needs: so much energy by such a time.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "vehicle_id", "token", "energy_wh", "ready_by", "state", "delivered_wh", "expected_wh",
           "feasible", "reason")  # fmt: skip


@app.command(name="list")
def list_(*, station: str | None = None, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List charging needs, newest first."""
    show_list(to.all("charging-needs", limit=limit, station_id=station, state=state), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show one charging need."""
    show(to.get("charging-needs", id), to.json)


@app.command
def add(
    ready_by: str,
    /,
    *,
    energy_wh: float | None = None,
    soc: float | None = None,
    soc_now: float | None = None,
    station: str | None = None,
    evse: int | None = None,
    vehicle: str | None = None,
    token: str | None = None,
    priority: int | None = None,
    to: Remote = HERE,
) -> None:
    """Ask for --energy-wh (or --soc percent of a vehicle's battery) by a time, as RFC 3339, for the car at a --station,
    of a --token or of a --vehicle."""
    given = {"energy_wh": energy_wh, "soc_percent": soc, "soc_now_percent": soc_now, "station_id": station,
             "evse_id": evse, "vehicle_id": vehicle, "token": token, "priority": priority}  # fmt: skip
    body = {"ready_by": ready_by} | {field: value for field, value in given.items() if value is not None}
    show(to.post("charging-needs", body=body), to.json)


@app.command
def cancel(id: str, /, *, to: Remote = HERE) -> None:
    """Take a charging need back: the car charges on as if nobody had said anything."""
    to.delete("charging-needs", id)
    show(to.get("charging-needs", id), to.json)
