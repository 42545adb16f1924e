"""Simulated stations against any CSMS."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list

if TYPE_CHECKING:
    from ohmstead.simulator.recording import Recorder


def simulate(
    *,
    url: Annotated[str, Parameter(help="the endpoint; / and the identity are appended")] = "ws://127.0.0.1:9000/ocpp",
    station: Annotated[str, Parameter(help="identity; with --count its beginning")] = "SIM",
    ocpp: Annotated[Literal["1.6", "2.0.1", "2.1"] | None, Parameter(help="by default the persona's")] = None,
    persona: Annotated[str, Parameter(help="the kind of station: a name, or a TOML file")] = "default",
    list_personas: Annotated[bool, Parameter(help="say which personas there are", negative="")] = False,
    scenario: Annotated[Path | None, Parameter(help="play this TOML file, with its own persona and version")] = None,
    count: Annotated[int, Parameter(help="so many stations, NAME001, NAME002, ...")] = 1,
    seed: Annotated[int, Parameter(help="of all dice: the same seed, the same drivers")] = 0,
    password: Annotated[str | None, Parameter(help="of all of them; security profiles 1 and 2")] = None,
    ca: Annotated[Path | None, Parameter(help="root certificate of the CSMS")] = None,
    cert: Annotated[Path | None, Parameter(help="client certificate, for security profile 3")] = None,
    key: Annotated[Path | None, Parameter(help="its key")] = None,
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
    record: Annotated[
        Path | None, Parameter(help="write what went over the lines here, as `ohmstead trace` reads it; must not exist")
    ] = None,
    json: Annotated[bool, Parameter(help="print one JSON document at the end", negative="")] = False,
) -> None:
    """Be one station or many, until Ctrl-C or the bounds that are given; or play a scenario."""
    from ohmstead import simulator

    if list_personas:
        return _list_personas(json)
    recorder = None if record is None else recording(record)
    options = simulator.Options(
        url=url, station=station, ocpp=ocpp, persona=persona, count=count, seed=seed, password=password,
        ca=ca, cert=cert, key=key, keys=keys, sign=sign, signer=signer, secure_url=secure_url, tokens=token,
        maker=maker, v2g_root=v2g_root, pcids=pcid, speed=speed, sessions=sessions, duration=duration,
        recorder=recorder,
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
        raise Failed(str(error) if url in str(error) else f"{url}: {error}") from None
    finally:
        if record is not None and recorder is not None:
            keep(record, recorder)
    show(dataclasses.asdict(summary), json)


def _list_personas(json: bool) -> None:
    from ohmstead.simulator import persona

    columns = ("name", "marks", "versions", "title")
    known = [persona.load(name) for name in persona.names()]
    rows = [{"why": list(one.why), **{name: getattr(one, name) for name in columns}} for one in known]
    show_list([{**row, "versions": ", ".join(row["versions"])} for row in rows], columns, json)


def recording(path: Path) -> Recorder:
    """For a recording in this file, which is made now, so that nothing is lost at the end. Raises Failed."""
    from ohmstead.simulator.recording import Recorder

    try:
        path.touch(exist_ok=False)
    except OSError as error:
        raise Failed(f"--record {path}: {error.strerror}") from None
    return Recorder()


def keep(path: Path, recorder: Recorder) -> None:
    """Write what was noted, as OCPP trace 1.1. Raises Failed."""
    from ohmstead.cli.trace import as_lines
    from ohmstead.traces.record import TO_CSMS, TO_STATION, Record

    records = [
        Record(
            line=number, at=one.at, identity=one.identity, version=one.version, kind=one.kind, text=one.text,
            direction=TO_CSMS if one.out else TO_STATION, connection=one.connection,
        )
        for number, one in enumerate(recorder.notes, 1)
    ]  # fmt: skip
    try:
        path.write_text("".join(f"{line}\n" for line in as_lines(records)), encoding="utf-8")
    except OSError as error:
        raise Failed(f"--record {path}: {error.strerror}") from None
    if recorder.left_out:
        print(f"{path}: {recorder.left_out} more records were left out", file=sys.stderr)
