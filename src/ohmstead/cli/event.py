"""The event feed: list it, or follow it as it grows."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any

from cyclopts import App, Parameter

from ohmstead.cli.output import show_list
from ohmstead.cli.remote import PAGE, Remote

app = App(name="event", help="The feed: what happened, in order.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("sequence", "time", "type", "subject")
Type = Annotated[list[str] | None, Parameter(help="only these types; a * at the end stands for anything")]


@app.command(name="list")
def list_(
    *,
    after: Annotated[int | None, Parameter(help="begin behind this sequence; else with the oldest one kept")] = None,
    type: Type = None,
    limit: int = 1000,
    to: Remote = HERE,
) -> None:
    """List events, oldest first."""
    found: list[dict[str, Any]] = []
    while len(found) < limit:
        page = to.get("events", after=after, limit=PAGE)["data"]
        found += [one for one in page if _wanted(one["type"], type)]
        if len(page) < PAGE:
            break
        after = page[-1]["sequence"]
    show_list(found[:limit], COLUMNS, to.json)


@app.command
def follow(
    *,
    after: Annotated[int | None, Parameter(help="begin behind this sequence; else with the next event")] = None,
    type: Type = None,
    to: Remote = HERE,
) -> None:
    """Print events as they come, a line each; with --json each line is a whole CloudEvent. Ctrl-C ends it."""
    with suppress(KeyboardInterrupt):
        for line in to.lines("events", "stream", after=after):
            name, _, text = line.partition(": ")
            if name == "data" and _wanted((one := json.loads(text))["type"], type):
                print(text if to.json else _line(one), flush=True)


def _line(one: dict[str, Any]) -> str:
    return f"{one['sequence']:>8}  {one['time']}  {one['type']}  {one['subject'] or '-'}"


def _wanted(type: str, patterns: list[str] | None) -> bool:
    return not patterns or any(type.startswith(one[:-1]) if one.endswith("*") else type == one for one in patterns)
