"""Keys of the API: list, add, revoke."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="key", help="Keys of the API.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "scopes", "site_ids", "created_at", "expires_at", "revoked_at")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List keys, revoked ones too."""
    show_list(to.all("keys", limit=limit), COLUMNS, to.json)


@app.command
def add(
    name: str,
    /,
    *scopes: str,
    site: list[str] | None = None,
    expires: Annotated[str | None, Parameter(help="when it stops, for example 2027-01-31T00:00:00Z")] = None,
    to: Remote = HERE,
) -> None:
    """Make a key with scopes such as stations:read, or admin; it is printed only now."""
    body = {"name": name, "scopes": list(scopes), "site_ids": site, "expires_at": expires}
    show(to.post("keys", body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def revoke(id: str, /, *, to: Remote = HERE) -> None:
    """Revoke a key at once."""
    to.delete("keys", id)
    show({"id": id, "revoked": True}, to.json)
