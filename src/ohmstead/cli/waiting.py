"""Waiting for a server that starts, or for a station that connects: for scripts and for pasted lines."""

from __future__ import annotations

import sys
import time
from typing import Annotated

from cyclopts import Parameter

from ohmstead import runtime
from ohmstead.cli import Failed
from ohmstead.cli.output import show
from ohmstead.cli.remote import Remote

HERE = Remote()
AGAIN = 0.2
"""Seconds between two looks."""


def wait(
    station: str | None = None,
    /,
    *,
    timeout: Annotated[float, Parameter(help="seconds; then exit 1 with the reason")] = 60,
    to: Remote = HERE,
) -> None:
    """Wait until Ohmstead is ready, or until a station is connected."""
    until = runtime.monotonic() + timeout
    while (missing := _missing(station, to)) is not None:
        if runtime.monotonic() >= until:
            raise Failed(f"waited {timeout:g} s in vain: {missing}")
        time.sleep(AGAIN)
    if to.json:
        show({"ready": True} if station is None else to.get("stations", station), as_json=True)
    else:
        print("ready" if station is None else f"{station} is connected", file=sys.stderr)


def _missing(station: str | None, to: Remote) -> str | None:
    try:
        to.get("health", "ready")
        if station is not None and not to.get("stations", station)["online"]:
            return f"station {station} is not connected"
    except Failed as failed:
        return str(failed)
    return None
