"""Simulated stations against any CSMS."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show


def simulate(
    *,
    url: Annotated[str, Parameter(help="the endpoint; / and the identity are appended")],
    station: Annotated[str, Parameter(help="identity; with --count its beginning")],
    ocpp: Literal["1.6", "2.0.1", "2.1"] = "2.0.1",
    persona: str = "default",
    count: int = 1,
    seed: int = 0,
    password: str | None = None,
    ca: Annotated[Path | None, Parameter(help="root certificate of the CSMS")] = None,
    cert: Path | None = None,
    key: Path | None = None,
    token: Annotated[tuple[str, ...], Parameter(help="token that drivers show; may be repeated")] = ("OHMSTEAD-1",),
    speed: Annotated[float, Parameter(help="simulated seconds in one second")] = 1.0,
    sessions: Annotated[int | None, Parameter(help="end after so many charging sessions")] = None,
    duration: Annotated[float | None, Parameter(help="end after so many simulated seconds")] = None,
    json: Annotated[bool, Parameter(help="print one JSON document at the end", negative="")] = False,
) -> None:
    """Be one station or many, until Ctrl-C or the bounds that are given."""
    from ohmstead import simulator

    options = simulator.Options(
        url=url,
        station=station,
        ocpp=ocpp,
        persona=persona,
        count=count,
        seed=seed,
        password=password,
        ca=ca,
        cert=cert,
        key=key,
        tokens=token,
        speed=speed,
        sessions=sessions,
        duration=duration,
    )
    lines = sys.stderr if json else sys.stdout
    try:
        summary = asyncio.run(simulator.simulate(options, lambda line: print(line, file=lines, flush=True)))
    except (simulator.UnknownPersona, simulator.CannotConnect, OSError) as error:
        raise Failed(f"{url}: {error}") from None
    show(dataclasses.asdict(summary), json)
