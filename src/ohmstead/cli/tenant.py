"""Tenants: list, add."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="tenant", help="Tenants: who share an Ohmstead and see nothing of each other.", help_format="plaintext")
HERE = Remote()


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List tenants."""
    show_list(to.all("tenants", limit=limit), ("id", "name", "path"), to.json)


@app.command
def add(name: str, /, *, to: Remote = HERE) -> None:
    """Make a tenant; the key that may do everything there is printed only now."""
    show(to.post("tenants", body={"name": name}), to.json)
