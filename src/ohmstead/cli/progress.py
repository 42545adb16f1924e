"""Following what a station does in the background: an update, an upload."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

from cyclopts import Parameter

from ohmstead import runtime
from ohmstead.cli import Failed
from ohmstead.cli.output import show
from ohmstead.cli.remote import Remote

AGAIN = 0.5
"""Seconds between two looks."""
ENDED = frozenset({"done", "failed", "cancelled"})
UNDER_WAY = frozenset({"queued", "sent", "accepted", "confirmed"})
COLUMNS = ("id", "state", "status", "reason", "asked_at", "updated_at")
Patience = Annotated[float, Parameter(help="seconds to follow it; 0: do not wait")]


def start(station: str, body: dict[str, Any], wait: float, to: Remote) -> tuple[int, dict[str, Any]]:
    """Send the command, and follow what it begins; the exit status, and the procedure or (without waiting, or where the
    station refused) the command."""
    command = to.post("stations", station, "commands", body=body, wait=30)
    if wait <= 0 or command["state"] not in UNDER_WAY:
        return (0 if command["state"] in UNDER_WAY else 1), command
    found = follow(station, command["id"], wait, to)
    return (0 if found["state"] == "done" else 1), found


def begin(station: str, body: dict[str, Any], wait: float, to: Remote) -> int:
    """As `start`, and print what came of it."""
    status, found = start(station, body, wait, to)
    show(found, to.json)
    return status


def follow(station: str, command: str, wait: float, to: Remote) -> dict[str, Any]:
    """Tell each status of the procedure of this command as it comes, on standard error, until it has ended. Raises
    Failed."""
    until, told = runtime.monotonic() + wait, 0
    while True:
        newest = to.get("stations", station, "procedures", limit=100)["data"]
        one: dict[str, Any] | None = next((each for each in newest if each["command_id"] == command), None)
        if one is None:
            _still_waits(command, to)
        else:
            for step in one["steps"][told:]:
                print(" ".join(word for word in (step["at"], step["status"], step["info"]) if word), file=sys.stderr)
            told = len(one["steps"])
            if one["state"] in ENDED:
                shown: dict[str, Any] = to.get("stations", station, "procedures", one["id"])
                return shown
        if runtime.monotonic() >= until:
            where = "the station has not got the command" if one is None else f"its last word is {one['status']}"
            raise Failed(f"followed for {wait:g} s, and it has not ended: {where}; it goes on without being followed")
        time.sleep(AGAIN)


def _still_waits(id: str, to: Remote) -> None:
    command = to.get("commands", id)
    if command["state"] not in UNDER_WAY:
        raise Failed(f"the command {id} is {command['state']}: {command['reason'] or 'the station does not say why'}")
