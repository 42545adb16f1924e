"""Tokens: list, show, add, change, remove."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="token", help="Tokens: who may charge.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("token", "type", "status", "group", "holder", "expires_at")


@app.command(name="list")
def list_(*, q: str | None = None, status: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """List tokens; --q is the beginning of their text."""
    show_list(to.all("tokens", limit=limit, q=q, status=status), COLUMNS, to.json)


@app.command(name="show")
def show_(token: str, /, *, type: str | None = None, to: Remote = HERE) -> None:
    """Show one token."""
    show(to.get("tokens", token, type=type), to.json)


@app.command
def add(
    token: str,
    /,
    *,
    type: str = "ISO14443",
    status: str = "accepted",
    group: str | None = None,
    holder: str | None = None,
    expires_at: str | None = None,
    credit: str | None = None,
    concurrent: int | None = None,
    to: Remote = HERE,
) -> None:
    """Make a token known."""
    body = {"token": token, "type": type, **_given(status, group, holder, expires_at, credit, concurrent)}
    show(to.post("tokens", body=body), to.json)


@app.command
def change(
    token: str,
    /,
    *,
    type: str | None = None,
    status: str | None = None,
    group: str | None = None,
    holder: str | None = None,
    expires_at: str | None = None,
    credit: str | None = None,
    concurrent: int | None = None,
    to: Remote = HERE,
) -> None:
    """Change a token."""
    show(
        to.patch("tokens", token, type=type, body=_given(status, group, holder, expires_at, credit, concurrent)),
        to.json,
    )


@app.command
def remove(token: str, /, *, type: str | None = None, to: Remote = HERE) -> None:
    """Forget a token."""
    to.delete("tokens", token, type=type)
    show({"token": token, "removed": True}, to.json)


def _given(
    status: str | None,
    group: str | None,
    holder: str | None,
    expires_at: str | None,
    credit: str | None,
    concurrent: int | None,
) -> dict[str, Any]:
    body = {"status": status, "group": group, "holder": holder, "expires_at": expires_at, "credit": credit,
            "concurrent": concurrent}  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}
