"""Desired state: list, show, put, remove, station, drift, retry."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.files import GivenFile, read_json
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="desired", help="What is declared of stations, and how far it is true.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "version", "applies_to", "desired")
DRIFT_COLUMNS = ("station_id", "state", "reason", "updated_at")
DIFFERENCES = ("what", "wanted", "actual", "reason", "attempts", "next_try_at")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List the layers: declarations for many stations."""
    show_list(to.all("desired", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a layer."""
    show(to.get("desired", id), to.json)


@app.command
def put(id: str, file: GivenFile, /, *, to: Remote = HERE) -> None:
    """Declare a layer from a JSON file, {"applies_to": {...}, "desired": {...}}; - reads standard input."""
    show(to.put("desired", id, body=read_json(file)), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Declare a layer no longer; what stations were set to stays."""
    to.delete("desired", id)
    show({"id": id, "removed": True}, to.json)


@app.command
def station(id: str, file: GivenFile | None = None, /, *, to: Remote = HERE) -> None:
    """Show what is declared of a station; with a JSON file, declare it of this station alone."""
    if file is None:
        show(to.get("stations", id, "desired"), to.json)
    else:
        show(to.put("stations", id, "desired", body=read_json(file)), to.json)


@app.command
def drift(id: str | None = None, /, *, state: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """Say why a station is not as declared; without a station, how far all of them are."""
    if id is None:
        show_list(to.all("drift", limit=limit, state=state), DRIFT_COLUMNS, to.json)
        return
    found = to.get("stations", id, "drift")
    if to.json:
        show(found, True)
        return
    print(f"{found['state']}: {found['text']}")
    if found["differences"]:
        show_list(found["differences"], DIFFERENCES, False)


@app.command
def retry(id: str, /, *, to: Remote = HERE) -> None:
    """Try again at a station what was tried in vain."""
    show(to.post("stations", id, "reconcile"), to.json)
