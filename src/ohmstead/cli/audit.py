"""The audit: who did what to what."""

from __future__ import annotations

from ohmstead.cli.output import show_list
from ohmstead.cli.remote import Remote

HERE = Remote()
COLUMNS = ("at", "actor", "action", "subject", "detail")


def audit(
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    limit: int = 1000,
    to: Remote = HERE,
) -> None:
    """Who did what to what, newest first: --actor key:ID, --action station.change, --subject CS1."""
    show_list(to.all("audit", limit=limit, actor=actor, action=action, subject=subject), COLUMNS, to.json)
