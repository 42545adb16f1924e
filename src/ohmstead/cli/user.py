"""Users of the console: list, show, add, change, remove."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="user", help="People who use the console.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "name", "role", "site_ids", "issuer", "created_at")
Role = Literal["viewer", "operator", "admin"]
Password = Annotated[str | None, Parameter(help="better left out: then it is asked for, or read from standard input")]


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List users."""
    show_list(to.all("users", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a user."""
    show(to.get("users", id), to.json)


@app.command
def add(
    name: str, /, *, role: Role = "viewer", site: list[str] | None = None, password: Password = None, to: Remote = HERE
) -> None:
    """Make a user: a viewer sees, an operator also acts on stations, an admin does everything; --site limits whom."""
    body = {"name": name, "password": password or _asked(), "role": role, "site_ids": site}
    show(to.post("users", body=body), to.json)


@app.command
def change(
    id: str,
    /,
    *,
    role: Role | None = None,
    site: list[str] | None = None,
    new_password: Annotated[bool, Parameter(help="ask for another password", negative="")] = False,
    to: Remote = HERE,
) -> None:
    """Change a user, who is then signed out everywhere."""
    body = {"role": role, "site_ids": site, "password": _asked() if new_password else None}
    show(to.patch("users", id, body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Take a user away."""
    to.delete("users", id)
    show({"id": id, "removed": True}, to.json)


def _asked() -> str:
    """A password that is not in the history of the shell."""
    if sys.stdin.isatty():
        from getpass import getpass

        given = getpass("Password: ")
    else:
        given = sys.stdin.readline().rstrip("\n")
    if not given:
        raise Failed("no password was given; type one, pipe one, or use --password")
    return given
