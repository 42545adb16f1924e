"""Demand response: list, show, start, opt-out, cancel, report."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="demand-response", help="Sites that draw less for a while.", help_format="plaintext")
HERE = Remote()
EVENTS = ("demand-response", "events")
COLUMNS = ("id", "name", "state", "site_ids", "from", "to", "limit_w", "shed_w", "shed_percent", "source")
INTERVAL_COLUMNS = ("from", "to", "asked_w", "baseline_w", "measured_w", "shed_w")


@app.command(name="list")
def list_(*, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List events, newest first."""
    show_list(to.all(*EVENTS, limit=limit, state=state), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show an event: what each site has to keep to."""
    show(to.get(*EVENTS, id), to.json)


@app.command
def start(
    *sites: str,
    until: str,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    limit_w: float | None = None,
    shed_w: float | None = None,
    shed_percent: float | None = None,
    ramp_s: int = 0,
    priority: int = 0,
    name: str = "",
    to: Remote = HERE,
) -> None:
    """Ask sites to draw less until a time (RFC 3339): --limit-w, --shed-w or --shed-percent of all together."""
    body = {
        "site_ids": list(sites), "from": from_, "to": until, "limit_w": limit_w, "shed_w": shed_w,
        "shed_percent": shed_percent, "ramp_s": ramp_s, "priority": priority, "name": name,
    }  # fmt: skip
    show(to.post(*EVENTS, body={field: value for field, value in body.items() if value is not None}), to.json)


@app.command
def opt_out(id: str, /, *sites: str, to: Remote = HERE) -> None:
    """Say which sites take no part: all of them."""
    show(to.patch(*EVENTS, id, body={"opt_out": list(sites)}), to.json)


@app.command
def cancel(id: str, /, *, to: Remote = HERE) -> None:
    """End an event now."""
    show(to.post(*EVENTS, id, "cancel"), to.json)


@app.command
def report(id: str, /, *, to: Remote = HERE) -> None:
    """What was asked, the baseline, what was measured, and the energy that was shed."""
    found = to.get(*EVENTS, id, "report")
    if to.json:
        return show(found, True)
    show_list(found["intervals"], INTERVAL_COLUMNS, False)
    print(
        f"shed {found['shed_wh']:g} Wh of {found['asked_shed_wh']:g} asked" + ("" if found["complete"] else ", so far")
    )
    return None
