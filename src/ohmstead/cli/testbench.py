"""The test bench of a running Ohmstead: show, start, faults, step, stop, conform, play, runs, result, cancel."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="test-bench", help="What a running Ohmstead simulates itself.", help_format="plaintext")
HERE = Remote()
BENCH = "test-bench"
STATIONS = ("id", "persona", "ocpp_version", "connected", "registration", "sessions", "energy_wh", "waiting", "ends_at")
RUNS = ("id", "type", "title", "station_id", "state", "done", "total", "reason", "created_at")
CASES = ("verdict", "id", "title", "reason")


@app.command(name="show")
def show_(*, to: Remote = HERE) -> None:
    """Is there a bench, and which personas has it?"""
    bench = to.get(BENCH)
    if to.json:
        return show(bench, True)
    print(f"{'on' if bench['enabled'] else 'off'}: {bench['url']}, {bench['most_stations']} stations at most")
    show_list(bench["personas"], ("name", "marks", "title"), False)


@app.command(name="list")
def list_(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List the stations that are simulated now."""
    show_list(to.all(BENCH, "stations", limit=limit), STATIONS, to.json)


@app.command
def start(
    id: str | None = None,
    /,
    *,
    persona: str | None = None,
    ocpp: Literal["1.6", "2.0.1", "2.1"] | None = None,
    evses: int | None = None,
    seed: int | None = None,
    speed: float | None = None,
    drivers: bool | None = None,
    token: list[str] | None = None,
    minutes: float | None = None,
    fault: Annotated[list[str] | None, Parameter(help="NAME=VALUE, as in `faults`")] = None,
    password: str | None = None,
    site: str | None = None,
    to: Remote = HERE,
) -> None:
    """Simulate a station; --no-drivers leaves it to `step`."""
    body = {
        "id": id,
        "persona": persona,
        "ocpp_version": ocpp,
        "evses": evses,
        "seed": seed,
        "speed": speed,
        "drivers": drivers,
        "tokens": token,
        "minutes": minutes,
        "faults": _switches(fault) if fault else None,
        "password": password,
        "site_id": site,
    }
    given = {name: value for name, value in body.items() if value is not None}
    show(to.post(BENCH, "stations", body=given), to.json)


@app.command
def faults(id: str, /, *switches: str, to: Remote = HERE) -> None:
    """From now on these faults and no others: drop=0.1, half_open=true, once.truncate=1, answers.Reset=silence."""
    show(to.patch(BENCH, "stations", id, body={"faults": _switches(switches)}), to.json)


@app.command
def step(id: str, do: str, /, *fields: str, to: Remote = HERE) -> int:
    """Do one step now: plug, swipe token=04A1, unplug, offline, power-cut, call action=DataTransfer ..."""
    done = to.post(BENCH, "stations", id, "steps", body={"do": do, **_switches(fields)})
    if not done["done"]:
        raise Failed(f"{id}: {do}: {done['reason']}")
    show(done["station"], to.json)
    return 0


@app.command
def stop(id: str, /, *, to: Remote = HERE) -> None:
    """Switch a simulated station off."""
    to.delete(BENCH, "stations", id)
    show({"id": id, "stopped": True}, to.json)


@app.command
def conform(
    *case: str, ocpp: Literal["1.6", "2.0.1", "2.1"] = "2.0.1", patience: float | None = None, to: Remote = HERE
) -> None:
    """Ask this Ohmstead whether it conforms: all cases, or those like TC_B_*; `result` tells how far it is."""
    body: dict[str, Any] = {"type": "conformance", "ocpp_version": ocpp, "cases": list(case)}
    body |= {} if patience is None else {"patience_s": patience}
    _show_run(to.post(BENCH, "runs", body=body), to)


@app.command
def play(
    scenario: Path, /, *, station: str | None = None, password: str | None = None, site: str | None = None,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Play the scenario in a file."""
    try:
        body = {"type": "scenario", "scenario": scenario.read_text("utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{scenario}: cannot be read: {error}") from None
    body |= {name: value for name, value in (("id", station), ("password", password), ("site_id", site)) if value}
    _show_run(to.post(BENCH, "runs", body=body), to)


@app.command
def runs(*, limit: int = 1000, to: Remote = HERE) -> None:
    """List the last runs, newest first."""
    show_list(to.all(BENCH, "runs", limit=limit), RUNS, to.json)


@app.command
def result(id: str, /, *, to: Remote = HERE) -> None:
    """How a run goes, or went: cases that did not pass, or the lines of a scenario."""
    _show_run(to.get(BENCH, "runs", id), to)


@app.command
def cancel(id: str, /, *, to: Remote = HERE) -> None:
    """End a run, and forget it."""
    to.delete(BENCH, "runs", id)
    show({"id": id, "cancelled": True}, to.json)


def _show_run(run: dict[str, Any], to: Remote) -> None:
    if to.json:
        return show(run, True)
    cases, lines = run.pop("cases"), run.pop("lines")
    show(run, False)
    if unlike := [one for one in cases if one["verdict"] != "pass"]:
        show_list(unlike, CASES, False)
    print("\n".join(lines), end="\n" if lines else "")


def _switches(given: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """`a=1 b.c=x` as a table: a value is what TOML takes it for, else a text. Raises Failed."""
    made: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise Failed(f"{one}: expected NAME=VALUE")
        outer, _, inner = name.partition(".")
        if inner:
            made.setdefault(outer, {})[inner] = _typed(value)
        else:
            made[name] = _typed(value)
    return made


def _typed(text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
        return msgspec.to_builtins(value)
    except (tomllib.TOMLDecodeError, KeyError):
        return text
