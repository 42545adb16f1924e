"""What `ohmstead simulate` runs: one station or many against any CSMS, a plain line for each thing that happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ohmstead.ocpp.versions import BY_NAME
from ohmstead.runtime import rfc3339
from ohmstead.simulator.connection import tls_context
from ohmstead.simulator.controller import Happening
from ohmstead.simulator.fleet import Fleet, Summary

PERSONAS = ("default",)
"""The kinds of station that can be simulated."""


class UnknownPersona(ValueError):
    """There is no such persona; the text lists those that there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no persona {name!r}; known: {', '.join(PERSONAS)}.")


@dataclass(frozen=True)
class Options:
    """The command's options. `sessions` and `duration` (simulated seconds) bound a run, else it goes on; `speed` is
    simulated seconds in a real one, None for as fast as the CSMS answers."""

    url: str
    station: str
    ocpp: str = "2.0.1"
    persona: str = "default"
    count: int = 1
    seed: int = 0
    password: str | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    tokens: tuple[str, ...] = ("OHMSTEAD-1",)
    speed: float | None = 1.0
    pause_s: float = 30.0
    sessions: int | None = None
    duration: float | None = None


async def simulate(options: Options, say: Callable[[str], None]) -> Summary:
    """Run until the bounds are reached, or cancelled; `say` gets the lines. With `count` over 1 the identities are
    the station's name with 001, 002, ...; a lone station raises CannotConnect when its first connection is refused.
    Raises UnknownPersona, and ValueError for an unknown version."""
    if options.persona not in PERSONAS:
        raise UnknownPersona(options.persona)
    if options.ocpp not in BY_NAME:
        raise ValueError(f"There is no OCPP {options.ocpp}; known: {', '.join(BY_NAME)}.")
    secure = options.url.startswith("wss:")
    fleet = Fleet(
        url=options.url,
        n=options.count,
        versions=(options.ocpp,),
        seed=options.seed,
        identity=options.station,
        names=[options.station] if options.count == 1 else None,
        password=options.password,
        tls=tls_context(options.ca, options.cert, options.key) if secure else None,
        tokens=options.tokens,
        speed=options.speed,
        pause_s=options.pause_s,
        patient=options.count > 1,
        watch=lambda happening: say(line(happening)),
    )
    return await fleet.run(duration=options.duration, sessions=options.sessions)


def line(happening: Happening) -> str:
    """Time, station and text in one plain line."""
    return f"{rfc3339(happening.at)}  {happening.identity}  {happening.text}"
