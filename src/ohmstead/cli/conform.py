"""Is a CSMS, or a station, what the specification says? We play the other side."""

from __future__ import annotations

import asyncio
import json as text
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import print_json

if TYPE_CHECKING:
    from ohmstead.conformance import Case, Report, Setup
    from ohmstead.conformance.case import Whom
    from ohmstead.conformance.verdicts import Result
    from ohmstead.ocpp.versions import Version

app = App(name="conform", help="csms, station: ask one of them, case by case. It is no certification.")


@app.command
def csms(
    *,
    url: Annotated[str, Parameter(help="the endpoint; / and the identity are appended")] = "ws://127.0.0.1:9000/ocpp",
    station: Annotated[str, Parameter(help="an identity that the CSMS knows and accepts")] = "CONFORM",
    password: Annotated[str | None, Parameter(help="of the station; security profiles 1 and 2")] = None,
    ocpp: Annotated[Literal["1.6", "2.0.1", "2.1"], Parameter(help="in this version")] = "2.0.1",
    api_driver: Annotated[
        str | None, Parameter(help='how the CSMS is told to make calls: a TOML file, or "ohmstead"')
    ] = None,
    token: Annotated[str | None, Parameter(help="a token that the CSMS accepts, where there is no driver")] = None,
    ca: Annotated[Path | None, Parameter(help="root certificate of the CSMS")] = None,
    cert: Annotated[Path | None, Parameter(help="client certificate, for security profile 3")] = None,
    key: Annotated[Path | None, Parameter(help="its key")] = None,
    case: Annotated[tuple[str, ...], Parameter(help="only these, e.g. TC_B_*; may be repeated", negative="")] = (),
    patience: Annotated[float, Parameter(help="seconds the CSMS has for each answer")] = 10.0,
    list_cases: Annotated[bool, Parameter(help="say which cases there are", negative="")] = False,
    junit: Annotated[Path | None, Parameter(help="write a JUnit file")] = None,
    html: Annotated[Path | None, Parameter(help="write a page with the frames of each case")] = None,
    json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False,
) -> int:
    """Play a station against any CSMS. Exit status 1 when a case fails or errs."""
    from ohmstead import conformance
    from ohmstead.conformance import operator, public_ids
    from ohmstead.ocpp.versions import BY_NAME
    from ohmstead.simulator.connection import Endpoint, tls_context

    version = BY_NAME[ocpp]
    cases = _chosen(version, case)
    if list_cases:
        return _list(cases, json, {} if case else public_ids.not_asked(version))
    if not url.startswith(("ws://", "wss://")):
        raise Failed(f"--url {url}: expected ws://HOST:PORT/PATH, or wss://")
    try:
        tls = tls_context(ca, cert, key) if url.startswith("wss:") else None
    except (OSError, ValueError) as error:
        raise Failed(f"--ca, --cert, --key: {error}") from None
    try:
        driver = None if api_driver is None else operator.load(api_driver)
        setup = conformance.Setup(
            endpoint=Endpoint(url, station, version, password, tls),
            operator=None if driver is None else conformance.Operator(driver),
            tokens={} if token is None else {"accepted": token},
            patience=patience,
        )
        report = asyncio.run(_run(setup, cases, quiet=json))
    except conformance.BadDriver as error:
        raise Failed(str(error)) from None
    return _end(report, f"{url}, OCPP {ocpp}", junit, html, json)


@app.command
def station(
    *,
    bind: Annotated[str, Parameter(help="HOST:PORT where the station must connect")] = "127.0.0.1:9100",
    station: Annotated[str | None, Parameter(help="its identity; by default any")] = None,
    ocpp: Annotated[Literal["1.6", "2.0.1", "2.1"], Parameter(help="in this version")] = "2.0.1",
    case: Annotated[tuple[str, ...], Parameter(help="only these; may be repeated", negative="")] = (),
    patience: Annotated[float, Parameter(help="seconds the station has for each thing, a reboot too")] = 120.0,
    list_cases: Annotated[bool, Parameter(help="say which cases there are", negative="")] = False,
    junit: Annotated[Path | None, Parameter(help="write a JUnit file")] = None,
    html: Annotated[Path | None, Parameter(help="write a page with the frames of each case")] = None,
    json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False,
) -> int:
    """Play a CSMS for one station that connects: it is reset, read and set. Exit status 1 when a case fails or errs."""
    from ohmstead.ocpp.versions import BY_NAME

    version = BY_NAME[ocpp]
    cases = _chosen(version, case, "station")
    if list_cases:
        return _list(cases, json)
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise Failed(f"--bind {bind}: expected HOST:PORT")
    try:
        report = asyncio.run(_ask_station(host.strip("[]"), int(port), version, station, patience, cases, json))
    except OSError as error:
        raise Failed(f"--bind {bind}: {error.strerror or error}") from None
    return _end(report, f"the station, OCPP {ocpp}", junit, html, json)


async def _ask_station(
    host: str, port: int, version: Version, identity: str | None, patience: float, cases: list[Case], quiet: bool
) -> Report:
    from ohmstead import conformance
    from ohmstead.conformance.desk import Desk, hall

    async with hall(host, port, version, identity) as place:
        url = f"ws://{host}:{place.port}/ocpp/{identity or '<identity>'}"
        print(f"Connect the station to {url} ({version.subprotocol})", file=sys.stderr, flush=True)
        desk = Desk(place, version, patience)
        try:
            return await conformance.run_station(desk, cases, _teller(quiet))
        finally:
            await desk.close()


def _chosen(version: Version, patterns: tuple[str, ...], of: Whom = "csms") -> list[Case]:
    """The cases asked for; a pattern that fits none is a mistake, and must not pass for a run without failures."""
    from ohmstead import conformance

    for one in patterns:
        if not conformance.chosen(version, [one], of):
            raise Failed(
                f"--case {one}: no case of OCPP {version.name} is called so; --list-cases says which there are"
            )
    return conformance.chosen(version, patterns, of)


def _list(cases: list[Case], json: bool, not_asked: Mapping[str, str] = MappingProxyType({})) -> int:
    rows = [{"id": one.id, "title": one.title, "requirements": list(one.requirements)} for one in cases]
    print_json(rows) if json else print("\n".join(f"{one['id']:<16} {one['title']}" for one in rows))
    for id, why in not_asked.items():
        print(f"{id:<16} is not asked: {why}", file=sys.stderr)
    return 0


def _teller(quiet: bool) -> Callable[[Result], None]:
    def tell(one: Result) -> None:
        line = f"{one.verdict.replace('_', ' '):<15} {one.id:<16} {one.title}"
        print(line + (f": {one.reason}" if one.reason else ""), file=sys.stderr if quiet else sys.stdout, flush=True)

    return tell


def _end(report: Report, whom: str, junit: Path | None, html: Path | None, json: bool) -> int:
    """Write and print what was found; the exit status."""
    from ohmstead.conformance import reports

    if junit is not None:
        junit.write_text(reports.junit(report, whom))
    if html is not None:
        html.write_text(reports.page(report, whom))
    _show(report, json)
    return 1 if report.failed else 0


async def _run(setup: Setup, cases: list[Case], quiet: bool) -> Report:
    from ohmstead import conformance

    try:
        return await conformance.run(setup, cases, _teller(quiet))
    finally:
        if setup.operator is not None:
            await setup.operator.close()


def _show(report: Report, json: bool) -> None:
    if json:
        print_json(text.loads(msgspec.json.encode(report)))
        return
    print("\n" + ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in report.summary.items()))
    print("This is no certification; it is what this station saw.")
