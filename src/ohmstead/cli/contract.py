"""Contracts of Plug & Charge: list, show, add, revoke."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="contract", help="Contracts of Plug & Charge.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("emaid", "pcid", "token", "state", "certificates", "issued_at", "valid_until")


@app.command(name="list")
def list_(*, pcid: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """List contracts, of a vehicle or all."""
    show_list(to.all("contracts", limit=limit, pcid=pcid), COLUMNS, to.json)


@app.command(name="show")
def show_(emaid: str, /, *, to: Remote = HERE) -> None:
    """Show a contract."""
    show(to.get("contracts", emaid), to.json)


@app.command
def add(
    emaid: str, pcid: str, /, *, token: str | None = None, valid_until: str | None = None, to: Remote = HERE
) -> None:
    """Make a contract for the vehicle with this PCID; --token names the token that is charged."""
    body = {"emaid": emaid, "pcid": pcid, "token": token, "valid_until": valid_until}
    show(to.post("contracts", body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def revoke(emaid: str, /, *, to: Remote = HERE) -> None:
    """Revoke a contract at once."""
    show(to.post("contracts", emaid, "revoke"), to.json)
