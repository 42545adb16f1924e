"""Campaigns: list, show, start, stations, pause, resume, cancel, rollback, watch."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated, Any

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="campaign", help="One thing done to many stations.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "type", "state", "wave", "waves", "counts", "reason")
STATION_COLUMNS = ("station_id", "wave", "state", "attempts", "reason", "command_id")
OVER = ("stopped", "done", "cancelled")
LOOK_AGAIN = 1.0


@app.command(name="list")
def list_(*, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List campaigns, newest first."""
    show_list(to.all("campaigns", limit=limit, state=state), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a campaign."""
    show(to.get("campaigns", id), to.json)


@app.command
def start(
    type: str,
    /,
    *,
    select: list[str] | None = None,
    params: str = "{}",
    wave: list[float] | None = None,
    per_minute: int | None = None,
    per_site_and_hour: int | None = None,
    max_in_flight: int | None = None,
    stop_at_failures_percent: float | None = None,
    window: Annotated[str | None, Parameter(help="FROM-TO of each day, as 22:00-05:00")] = None,
    time_zone: Annotated[str, Parameter(help="of the window")] = "UTC",
    attempts: int | None = None,
    rollback: str | None = None,
    to: Remote = HERE,
) -> None:
    """Begin a campaign: --select model=M1 --select online=true, --wave 5 --wave 100, --params JSON."""
    body = {
        "type": type,
        "select": _selection(select or []),
        "params": _json(params, "--params"),
        "waves": [{"percent": percent} for percent in wave] if wave else None,
        "per_minute": per_minute,
        "per_site_and_hour": per_site_and_hour,
        "max_in_flight": max_in_flight,
        "stop_at_failures_percent": stop_at_failures_percent,
        "window": None if window is None else _window(window, time_zone),
        "attempts": attempts,
        "rollback": None if rollback is None else _json(rollback, "--rollback"),
    }
    show(to.post("campaigns", body={name: value for name, value in body.items() if value is not None}), to.json)


def _selection(written: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in written:
        name, sign, value = one.partition("=")
        if not sign:
            raise Failed(f"--select {one}: expected NAME=VALUE, for example vendor=Acme")
        if name in ("value", "station_ids", "status"):
            found.setdefault(name, []).append(value)
        else:
            number = name == "security_profile" and value.isdecimal()
            found[name] = int(value) if number else {"true": True, "false": False}.get(value, value)
    return found


def _window(text: str, time_zone: str) -> dict[str, str]:
    begin, sign, end = text.partition("-")
    if not sign:
        raise Failed(f"--window {text}: expected FROM-TO, for example 22:00-05:00")
    return {"from_time": begin, "to_time": end, "time_zone": time_zone}


def _json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failed(f"{option} is not JSON: {error}") from None


@app.command
def stations(id: str, /, *, state: str | None = None, limit: int = 1000, to: Remote = HERE) -> None:
    """List the stations of a campaign, each with its state and the reason."""
    show_list(to.all("campaigns", id, "stations", limit=limit, state=state), STATION_COLUMNS, to.json)


@app.command
def pause(id: str, /, *, to: Remote = HERE) -> None:
    """Begin no further station."""
    show(to.post("campaigns", id, "pause"), to.json)


@app.command
def resume(id: str, /, *, to: Remote = HERE) -> None:
    """Go on with a campaign that was paused."""
    show(to.post("campaigns", id, "resume"), to.json)


@app.command
def cancel(id: str, /, *, to: Remote = HERE) -> None:
    """End a campaign; what is under way goes on."""
    show(to.post("campaigns", id, "cancel"), to.json)


@app.command
def rollback(id: str, /, *, to: Remote = HERE) -> None:
    """Give the stations of a campaign that has ended their former firmware, as it says itself (--rollback)."""
    show(to.post("campaigns", id, "rollback"), to.json)


@app.command
def watch(id: str, /, *, to: Remote = HERE) -> None:
    """Follow a campaign until it ends: one line, written anew."""
    while True:
        found = to.get("campaigns", id)
        counts = found["counts"]
        ended = counts["done"] + counts["failed"] + counts["skipped"]
        said = ", ".join(f"{counts[name]} {name}" for name in ("waiting", "running", "done", "failed", "skipped"))
        line = f"{found['state']}: wave {found['wave']} of {found['waves']}, {ended} of {counts['total']} ({said})"
        line += f"; {found['reason']}" if found["reason"] else ""
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="", flush=True)
        if found["state"] in OVER:
            print(f"\r\033[K{line}" if sys.stdout.isatty() else line)
            break
        time.sleep(LOOK_AGAIN)
