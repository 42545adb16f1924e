"""Tariffs: list, show, add, change, remove, simulate; bill of a transaction."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from ohmstead.cli.files import GivenFile, read_json
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="tariff", help="What charging costs.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "version", "name", "currency", "default", "tax_percent")
LINES = ("text", "quantity", "price", "amount")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List tariffs."""
    show_list(to.all("tariffs", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a tariff."""
    show(to.get("tariffs", id), to.json)


@app.command
def add(file: GivenFile, /, *, to: Remote = HERE) -> None:
    """Make a tariff from a JSON file; - reads standard input."""
    show(to.post("tariffs", body=read_json(file)), to.json)


@app.command
def change(id: str, file: GivenFile, /, *, to: Remote = HERE) -> None:
    """Make the next version of a tariff from a JSON file that holds all of it."""
    show(to.put("tariffs", id, body=read_json(file)), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """End a tariff: no transaction begins with it any more."""
    to.delete("tariffs", id)
    show({"id": id, "removed": True}, to.json)


@app.command
def simulate(id: str, transaction: str, /, *, to: Remote = HERE) -> None:
    """Show what a transaction would cost by this tariff."""
    _bill(to.post("tariffs", id, "simulate", body={"transaction_id": transaction}), to)


@app.command
def bill(transaction: str, /, *, to: Remote = HERE) -> None:
    """Show what a transaction costs, line by line."""
    _bill(to.get("transactions", transaction, "bill"), to)


def _bill(found: dict[str, Any], to: Remote) -> None:
    if to.json:
        show(found, True)
        return
    show_list(found["lines"], LINES, False)
    print(f"net {found['net']}, tax {found['tax']}, total {found['total']} {found['currency']} ({found['reason']})")
