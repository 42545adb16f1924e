"""Recorded conversations: import, lint, anonymise, persona, replay, diff."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import print_json, show_list
from ohmstead.keyfiles import write_private
from ohmstead.ocpp.versions import Version
from ohmstead.traces import drafting, html, reading, trace11
from ohmstead.traces import replay as replaying
from ohmstead.traces.anonymise import Anonymiser
from ohmstead.traces.comparing import Difference, differences
from ohmstead.traces.csms import Csms, recorded_version, the_station
from ohmstead.traces.dialling import dialler
from ohmstead.traces.hosting import place
from ohmstead.traces.lint import lint as judge
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_STATION, BadTrace, Record, exchanges

FORMS = (
    "OCPP trace 1.1, evpanda, ocpp-lens, ocpp-anonymizer, SteVe, mobilityhouse and Home Assistant logs, and recordings"
    " with t, id, proto, dir and frame; docs/howto/traces.md"
)
app = App(name="trace", help=f"Recorded conversations. Reads {FORMS}.", help_format="plaintext")

Out = Annotated[Path | None, Parameter(help="write here instead of to standard output; must not exist")]
StationLog = Annotated[bool, Parameter(help="the station wrote this log: what it sent went to the CSMS", negative="")]


def read(file: Path, station_log: bool = False) -> Trace:
    """The trace in a file; raises Failed."""
    try:
        return reading.read(file, station_log=station_log)
    except BadTrace as error:
        raise Failed(str(error)) from None


def write(out: Path | None, lines: Iterable[str]) -> None:
    """Lines to a new file or to standard output; raises Failed."""
    if out is None:
        for line in lines:
            print(line)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise Failed(f"{out}: {error.strerror}") from None


def as_lines(records: Sequence[Record], sides: bool = True) -> Iterable[str]:
    return (line for said in exchanges(records) if (line := trace11.line(said, sides)) is not None)


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    out: Out = None,
    station_log: StationLog = False,
    sides: Annotated[bool, Parameter(help="also what OCPP trace 1.1 has no record for, as side records")] = True,
) -> None:
    """Write any known form as OCPP trace 1.1, one JSON object a line."""
    trace = read(file, station_log)
    write(out, as_lines(trace.records, sides))
    print(f"{len(trace.records)} records, {trace.skipped} other lines left out", file=sys.stderr)


@app.command
def lint(
    file: Path,
    /,
    *,
    html_: Annotated[Path | None, Parameter(name="--html", help="write a report for people; must not exist")] = None,
    station_log: StationLog = False,
    fail_on: Annotated[
        Literal["error", "warning", "never"], Parameter(help="exit status 1 where something so bad was found")
    ] = "never",
    json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False,
) -> int:
    """Say what is wrong or odd: by the schemas, by OCPP-J's rules, by the books of transactions."""
    report = judge(read(file, station_log))
    if html_ is not None:
        write(html_, [html.page(report).rstrip("\n")])
    if json:
        print_json(msgspec.to_builtins(report))
    else:
        rows = [
            {"line": one.examples[0].line, "example": one.examples[0].text, **msgspec.structs.asdict(one)}
            for one in report.findings
        ]
        print(f"{report.file}: {report.frames} frames of {len(report.stations)} station(s)")
        show_list(rows, ("severity", "code", "count", "line", "example"), False)
    bad = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[fail_on]
    return 1 if any(one.severity in bad for one in report.findings) else 0


@app.command
def anonymise(
    file: Path,
    /,
    *,
    out: Out = None,
    key_file: Annotated[
        Path | None,
        Parameter(help="key of the pseudonyms, made when it is not there; default: one for this run"),
    ] = None,
    station_log: StationLog = False,
) -> None:
    """Write a trace without people in it: what is not OCPP's own becomes a pseudonym, the same for the same value."""
    records = Anonymiser(_key(key_file)).trace(read(file, station_log))
    write(out, as_lines(records))


@app.command
def persona(
    file: Path,
    /,
    *,
    station: Annotated[str | None, Parameter(help="which one; default: the one that speaks most")] = None,
    out: Out = None,
    station_log: StationLog = False,
) -> None:
    """Draft a persona of the simulator from a recording: what this station does its own way, with the lines that show
    it."""
    from ohmstead.shapes.tables import BadFile, Table
    from ohmstead.simulator.persona import parse

    try:
        text = drafting.draft(read(file, station_log), station)
        parse(Table("the draft", text))
    except (BadTrace, BadFile) as error:
        raise Failed(str(error)) from None
    write(out, text.splitlines())


@app.command
def replay(
    file: Path,
    /,
    *,
    url: Annotated[str, Parameter(help="the endpoint; / and the identity are appended")] = "ws://127.0.0.1:9000/ocpp",
    station: Annotated[str | None, Parameter(help="identity to use instead of the recorded one")] = None,
    password: str | None = None,
    ca: Annotated[Path | None, Parameter(help="root certificate of the CSMS")] = None,
    bind: Annotated[str | None, Parameter(help="HOST:PORT where a station connects; then no --url")] = None,
    recorded: Annotated[str | None, Parameter(help="with --bind: which of the trace's stations")] = None,
    speed: Annotated[float | None, Parameter(help="recorded seconds in a second; default: as fast as it goes")] = None,
    out: Annotated[Path | None, Parameter(help="write the new conversation here; must not exist")] = None,
    station_log: StationLog = False,
    json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False,
) -> int:
    """Be the recorded stations once more, against a CSMS of today, and say where it decides otherwise than the recorded
    one did (exit status 1). With --bind be the recorded CSMS instead, for a station of today."""
    trace = read(file, station_log)
    if speed is not None and not speed > 0:
        raise Failed(f"--speed: expected a number above 0, given {speed:g}")
    if bind is not None:
        return _to_station(trace, bind, recorded, station, speed, out, json)
    try:
        tls = ssl.create_default_context(cafile=ca) if url.startswith("wss:") else None
        dial = dialler(url, password=password, name=station, tls=tls)
        heard = asyncio.run(replaying.replay(trace, dial, speed=speed))
    except replaying.CannotReplay as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"{ca}: {error.strerror or error}") from None
    if out is not None:
        write(out, as_lines(heard))
    return _show(differences(trace.records, heard), json)


def _to_station(
    trace: Trace,
    bind: str,
    recorded: str | None,
    station: str | None,
    speed: float | None,
    out: Path | None,
    json: bool,
) -> int:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise Failed(f"--bind {bind}: expected HOST:PORT")
    try:
        identity = the_station(trace, recorded)
        csms = Csms(trace, identity, replaying.Pace(speed))
        asyncio.run(_host(csms, host.strip("[]"), int(port), recorded_version(trace, identity), station))
    except replaying.CannotReplay as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"--bind {bind}: {error.strerror or error}") from None
    if out is not None:
        write(out, as_lines(csms.heard))
    said = [one for one in trace.records if one.identity == identity]
    return _show(differences(said, csms.heard, TO_STATION), json)


async def _host(csms: Csms, host: str, port: int, version: Version, station: str | None) -> None:
    async with place(host, port, version, station) as there:
        url = f"ws://{host}:{there.port}/{station or '<identity>'}"
        print(f"Connect the station to {url} ({version.subprotocol})", file=sys.stderr, flush=True)
        await csms.play(there)


@app.command
def diff(
    old: Path, new: Path, /, *, json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False
) -> int:
    """Say where the CSMS of one trace decides otherwise than that of another, call by call (exit status 1): two replays
    of one recording against two builds, for example."""
    return _show(differences(read(old).records, read(new).records), json)


def _show(found: Sequence[Difference], json: bool) -> int:
    columns = ("line", "station", "action", "place", "was", "now")
    show_list([msgspec.structs.asdict(one) for one in found], columns, json)
    return 1 if found else 0


def _key(path: Path | None) -> bytes:
    if path is None:
        return secrets.token_bytes(32)
    try:
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        key = path.read_bytes().strip()
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from None
    if len(key) < 32:
        raise Failed(f"{path}: expected a key of 32 characters or more; without the file one is made")
    return key
