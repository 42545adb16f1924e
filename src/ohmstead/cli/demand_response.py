"""Demand response: list, show, start, opt-out, cancel, report, settlement; groups of sites."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="demand-response", help="Sites that draw less for a while.", help_format="plaintext")
HERE = Remote()
EVENTS = ("demand-response", "events")
COLUMNS = ("id", "name", "state", "site_ids", "from", "to", "limit_w", "shed_w", "shed_percent", "source")
GROUPS = "site-groups"
GROUP_COLUMNS = ("id", "name", "site_ids")
SETTLED_COLUMNS = ("site_id", "events", "asked_shed_wh", "shed_wh", "complete")
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
    group: list[str] | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    limit_w: float | None = None,
    shed_w: float | None = None,
    shed_percent: float | None = None,
    ramp_s: int = 0,
    priority: int = 0,
    name: str = "",
    to: Remote = HERE,
) -> None:
    """Ask sites, and those of groups (--group, by name or number), to draw less until a time (RFC 3339): --limit-w,
    --shed-w or --shed-percent of all together."""
    groups = None if group is None else [_group(one, to) for one in group]
    body = {
        "site_ids": list(sites), "group_ids": groups, "from": from_, "to": until, "limit_w": limit_w, "shed_w": shed_w,
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


@app.command
def settlement(
    *, from_: Annotated[str, Parameter(name="--from")], until: str, group: str | None = None, to: Remote = HERE
) -> None:
    """What all events in a time came to, by site; of one group alone with --group."""
    times = {"from": from_, "to": until} | ({} if group is None else {"group_id": _group(group, to)})
    found = to.get("demand-response", "settlement", **times)
    show(found, True) if to.json else show_list(found["sites"], SETTLED_COLUMNS, False)


@app.command
def openadr(*, to: Remote = HERE) -> None:
    """Show how the VTN is reached, and what it said last."""
    show(to.get("demand-response", "openadr"), to.json)


@app.command
def signal(
    value: int,
    /,
    *,
    site: list[str] | None = None,
    station: list[str] | None = None,
    wait: float = 5,
    to: Remote = HERE,
) -> None:
    """Bring a signal of the grid operator (aFRR) to all 2.1 stations of sites, or to some; both are repeatable."""
    wanted = {"site_ids": site, "station_ids": station}
    body = {"signal": value} | {name: given for name, given in wanted.items() if given}
    show(to.post("afrr-signals", body=body, wait=wait), to.json)


@app.command
def groups(*, to: Remote = HERE) -> None:
    """List groups of sites."""
    show_list(to.all(GROUPS, limit=1000), GROUP_COLUMNS, to.json)


@app.command
def group(name: str, /, *sites: str, to: Remote = HERE) -> None:
    """Make a group of sites, or give the one of this name other sites."""
    known = _known(name, to)
    body = {"name": name, "site_ids": list(sites)}
    show(to.post(GROUPS, body=body) if known is None else to.patch(GROUPS, known, body=body), to.json)


@app.command
def ungroup(name: str, /, *, to: Remote = HERE) -> None:
    """Forget a group, by name or number; its sites stay."""
    to.delete(GROUPS, _group(name, to))
    show({"name": name, "removed": True}, to.json)


def _known(name: str, to: Remote) -> str | None:
    """The number of the group of this name."""
    return next((one["id"] for one in to.all(GROUPS, limit=1000) if one["name"] == name), None)


def _group(name: str, to: Remote) -> str:
    """The number of a group of this name, or else this number."""
    return _known(name, to) or name
