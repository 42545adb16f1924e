"""Vehicles: list, add, remove."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="vehicle", help="Vehicles, known by their tokens.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "tokens", "battery_wh")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List vehicles."""
    show_list(to.all("vehicles", limit=limit), COLUMNS, to.json)


@app.command
def add(name: str, /, *tokens: str, battery_wh: float | None = None, to: Remote = HERE) -> None:
    """Add a vehicle, known by one token or several."""
    body = {"name": name, "tokens": list(tokens), "battery_wh": battery_wh}
    show(to.post("vehicles", body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Remove a vehicle; its open needs wait for nobody then."""
    to.delete("vehicles", id)
    show({"id": id, "removed": True}, to.json)
