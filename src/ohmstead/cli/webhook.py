"""Webhooks: list, show, add, change, remove, secret, deliveries, replay."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="webhook", help="Webhooks: events brought to a URL.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "url", "types", "enabled", "failures", "delivered_at", "disabled_reason")
DELIVERY_COLUMNS = ("id", "type", "subject", "state", "attempts", "status", "error", "next_attempt_at")


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List webhooks."""
    show_list(to.all("webhooks", limit=limit), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a webhook."""
    show(to.get("webhooks", id), to.json)


@app.command
def add(url: str, /, *types: str, site: list[str] | None = None, to: Remote = HERE) -> None:
    """Make a webhook for types such as 'ohmstead.transaction.*'; its secret is printed only now."""
    body = {"url": url, "types": list(types), "site_ids": site}
    show(to.post("webhooks", body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def change(
    id: str, /, *, url: str | None = None, type: list[str] | None = None, enabled: bool | None = None, to: Remote = HERE
) -> None:
    """Change a webhook; --enabled turns one on again."""
    body = {"url": url, "types": type, "enabled": enabled}
    show(to.patch("webhooks", id, body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def remove(id: str, /, *, to: Remote = HERE) -> None:
    """Delete a webhook and what waits for it."""
    to.delete("webhooks", id)
    show({"id": id, "removed": True}, to.json)


@app.command
def secret(id: str, /, *, to: Remote = HERE) -> None:
    """Make a new secret; the one before is valid for another 24 hours."""
    show(to.post("webhooks", id, "secret"), to.json)


@app.command
def deliveries(id: str, /, *, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List what was sent and what waits, newest first."""
    show_list(to.all("webhooks", id, "deliveries", limit=limit, state=state), DELIVERY_COLUMNS, to.json)


@app.command
def replay(id: str, delivery: str, /, *, to: Remote = HERE) -> None:
    """Send a delivery again."""
    show(to.post("webhooks", id, "deliveries", delivery, "replay"), to.json)
