"""Simulated stations against any CSMS."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list


def simulate(
    *,
    url: Annotated[str, Parameter(help="the endpoint; / and the identity are appended")] = "ws://127.0.0.1:9000/ocpp",
    station: Annotated[str, Parameter(help="identity; with --count its beginning")] = "SIM",
    ocpp: Annotated[Literal["1.6", "2.0.1", "2.1"] | None, Parameter(help="by default the persona's")] = None,
    persona: Annotated[str, Parameter(help="the kind of station: a name, or a TOML file")] = "default",
    list_personas: Annotated[bool, Parameter(help="say which personas there are", negative="")] = False,
    scenario: Annotated[Path | None, Parameter(help="play this TOML file, with its own persona and version")] = None,
    count: int = 1,
    seed: int = 0,
    password: str | None = None,
    ca: Annotated[Path | None, Parameter(help="root certificate of the CSMS")] = None,
    cert: Path | None = None,
    key: Path | None = None,
    keys: Annotated[Path | None, Parameter(help="folder where each station keeps its key and certificate")] = None,
    secure_url: Annotated[str | None, Parameter(help="where 1.6 goes when it is told to use TLS")] = None,
    sign: Annotated[bool, Parameter(help="sign messages with --key, whatever the transport", negative="")] = False,
    signer: Annotated[Path | None, Parameter(help="with --sign: the certificate that the CSMS signs with")] = None,
    maker: Annotated[Path | None, Parameter(help="certificate and key of a vehicle maker; made if missing")] = None,
    v2g_root: Annotated[Path | None, Parameter(help="V2G roots (PEM) that the maker's cars trust")] = None,
    pcid: Annotated[tuple[str, ...], Parameter(help="with --maker: a car with a contract; may be repeated")] = (),
    token: Annotated[tuple[str, ...], Parameter(help="token that drivers show; may be repeated")] = ("OHMSTEAD-1",),
    speed: Annotated[float, Parameter(help="simulated seconds in one second")] = 1.0,
    sessions: Annotated[int | None, Parameter(help="end after so many charging sessions")] = None,
    duration: Annotated[float | None, Parameter(help="end after so many simulated seconds")] = None,
    json: Annotated[bool, Parameter(help="print one JSON document at the end", negative="")] = False,
) -> None:
    """Be one station or many, until Ctrl-C or the bounds that are given; or play a scenario."""
    from ohmstead import simulator

    if list_personas:
        return _list_personas(json)
    options = simulator.Options(
        url=url, station=station, ocpp=ocpp, persona=persona, count=count, seed=seed, password=password,
        ca=ca, cert=cert, key=key, keys=keys, sign=sign, signer=signer, secure_url=secure_url, tokens=token,
        maker=maker, v2g_root=v2g_root, pcids=pcid, speed=speed, sessions=sessions, duration=duration,
    )  # fmt: skip

    def say(line: str) -> None:
        print(line, file=sys.stderr if json else sys.stdout, flush=True)

    try:
        summary = asyncio.run(
            simulator.play(options, scenario, say) if scenario is not None else simulator.simulate(options, say)
        )
    except (simulator.UnknownPersona, simulator.BadFile, simulator.ScenarioFailed) as error:
        raise Failed(str(error)) from None
    except (simulator.CannotConnect, OSError, ValueError) as error:
        raise Failed(f"{url}: {error}") from None
    show(dataclasses.asdict(summary), json)


def _list_personas(json: bool) -> None:
    from ohmstead.simulator import persona

    columns = ("name", "marks", "versions", "title")
    known = [persona.load(name) for name in persona.names()]
    rows = [{"why": list(one.why), **{name: getattr(one, name) for name in columns}} for one in known]
    show_list([{**row, "versions": ", ".join(row["versions"])} for row in rows], columns, json)
