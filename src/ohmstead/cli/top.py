"""`ohmstead top`: what goes on now, in a table that is drawn anew every few seconds."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ohmstead.cli.output import print_json, show_list
from ohmstead.cli.remote import Remote

if TYPE_CHECKING:
    from rich.console import RenderableType

HERE = Remote()
COLUMNS = ("station_id", "evse_id", "token", "state", "power_kw", "energy_kwh", "started_at")


def top(
    *,
    every: Annotated[float, Parameter(help="seconds between two looks")] = 2.0,
    rows: Annotated[int, Parameter(help="most transactions shown")] = 30,
    once: Annotated[bool, Parameter(help="look once and end", negative="")] = False,
    to: Remote = HERE,
) -> None:
    """Show what charges now, the strongest first; Ctrl-C ends it. One look where the output is no terminal."""
    if to.json:
        print_json(look(to, rows))
    elif once or not sys.stdout.isatty():
        seen = look(to, rows)
        print(headline(seen["summary"]))
        show_list(seen["transactions"], COLUMNS, as_json=False)
    else:
        _live(to, rows, max(every, 0.2))


def look(to: Remote, rows: int) -> dict[str, Any]:
    """What is there now: `summary` of the stations, and the active `transactions`."""
    found = to.all("transactions", limit=1000, state="active")
    found.sort(key=lambda one: (-(one["power_w"] or 0), one["station_id"]))
    shown = [
        {
            **{name: one[name] for name in ("id", "station_id", "evse_id", "token", "started_at")},
            "state": one["charging_state"],
            "power_kw": None if one["power_w"] is None else round(one["power_w"] / 1000, 1),
            "energy_kwh": round(one["energy_wh"] / 1000, 2),
        }
        for one in found[:rows]
    ]
    return {"summary": to.get("stations", "summary"), "transactions": shown}


def headline(summary: dict[str, Any]) -> str:
    """The counts in one line."""
    faulted = summary["statuses"].get("faulted", 0)
    return (
        f"{summary['online']} of {summary['stations']} stations online, {faulted} faulted,"
        f" {summary['active_transactions']} transactions, {summary['power_w'] / 1000:.1f} kW"
    )


def _live(to: Remote, rows: int, every: float) -> None:
    from rich.live import Live

    with suppress(KeyboardInterrupt), Live(drawn(look(to, rows)), auto_refresh=False, screen=True) as screen:
        while True:
            time.sleep(every)
            screen.update(drawn(look(to, rows)), refresh=True)


def drawn(seen: dict[str, Any]) -> RenderableType:
    """One look as a table."""
    from rich.table import Table

    from ohmstead.cli.output import text

    table = Table(*(name.upper() for name in COLUMNS), title=headline(seen["summary"]), expand=True)
    for row in seen["transactions"]:
        table.add_row(*(text(row[name]) for name in COLUMNS))
    return table
