"""The test bench: simulated stations, faults switched live, conformance and scenarios against this very Ohmstead."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from ohmstead import runtime
from ohmstead.api import bodies
from ohmstead.api.bench import Bench, BenchRefuses, OnBench, Running, Seat, Simulated
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.stations import insert_station, reachable_site
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.station import StationNew
from ohmstead.shapes.testbench import (
    BenchState,
    ConformanceRunNew,
    Run,
    RunNew,
    RunResult,
    ScenarioRunNew,
    SimulatedStation,
    SimulatedStationChange,
    SimulatedStationNew,
    StepResult,
)
from ohmstead.store.db import Tx
from ohmstead.store.resources import tokens
from ohmstead.store.resources.listing import Found
from ohmstead.store.sessions import find_station

routes = Routes("Test bench")

CONFORM = "BENCH-CONFORM"
"""The station that cases are played with."""
CREDENTIALS = ("authorization", "cookie", "x-csrf-token")
R = TypeVar("R")


def _bench(exchange: Exchange) -> Bench:
    """The bench; raises Refused (409) where there is none."""
    if (bench := exchange.context.bench) is None:
        raise Refused("conflict", "The test bench is switched off here; set test_bench.enabled to true.")
    return bench


@routes.get("/test-bench", scope="test_bench:read")
async def show_test_bench(exchange: Exchange) -> BenchState:
    """Whether there is a test bench, and which kinds of station it has."""
    bench = exchange.context.bench
    return BenchState(
        enabled=bench is not None,
        url=None if bench is None else bench.url,
        most_stations=exchange.context.settings.test_bench.stations,
        personas=[] if bench is None else bench.personas(),
    )


@routes.get("/test-bench/stations", scope="test_bench:read")
async def list_simulated_stations(exchange: Exchange, query: PageQuery) -> Page[SimulatedStation]:
    """The stations that are simulated now, by the names of their identities."""
    seen = {one.seat.identity: one for one in _bench(exchange).stations() if _visible(exchange, one)}
    return _page(query, sorted(seen), lambda name: seen[name].shown())


@routes.post("/test-bench/stations", scope="test_bench:write", status=201, gives=SimulatedStation)
async def simulate_station(exchange: Exchange, body: SimulatedStationNew) -> Answer:
    """Simulate a station. One that is not known yet is let in, with a password that nobody needs to know.

    It goes on until it is deleted, its `minutes` are over, or the process ends; the station itself stays.
    """
    identity = body.id or f"BENCH-{secrets.token_hex(3).upper()}"
    seat, new = await _seat(exchange, identity, body.password, body.site_id)
    shown = body.tokens if body.tokens is not None else await _accepted_tokens(exchange)
    station = _asked(lambda: _bench(exchange).place(seat, body, shown))
    detail = {"persona": body.persona, "new": new is not None}

    def made() -> Answer:
        return exchange.made(station.shown(), Location=f"/api/v1/test-bench/stations/{identity}")

    return await _begun(exchange, station, new, "test_bench.simulate", detail, made)


@routes.get("/test-bench/stations/{id}", scope="test_bench:read")
async def show_simulated_station(exchange: Exchange, id: str) -> SimulatedStation:
    """One simulated station as it stands, with what happened last."""
    return _simulated(exchange, id).shown()


@routes.patch("/test-bench/stations/{id}", scope="test_bench:write")
async def turn_faults(exchange: Exchange, id: str, body: SimulatedStationChange) -> SimulatedStation:
    """From now on these faults and no others; `{"faults": {}}` ends them all."""
    station = _simulated(exchange, id)
    _asked(lambda: station.turn(body.faults))
    return station.shown()


@routes.post("/test-bench/stations/{id}/steps", scope="test_bench:write")
async def do_step(exchange: Exchange, id: str, body: dict[str, Any]) -> StepResult:
    """Do one step of a scenario at once: `{"do": "plug", "evse": 1}`, swipe, unplug, offline, online, power-cut, ...

    docs/reference/personas.md lists the steps with their keys; those that only let time go by are not taken.
    """
    station = _simulated(exchange, id)
    try:
        reason = await station.step(body)
    except BenchRefuses as refused:
        raise _refusal(refused) from None
    return StepResult(done=reason is None, reason=reason, station=station.shown())


@routes.delete("/test-bench/stations/{id}", scope="test_bench:write")
async def stop_simulating(exchange: Exchange, id: str) -> None:
    """Switch a simulated station off; Ohmstead goes on knowing it."""
    station = _simulated(exchange, id)
    async with exchange.transaction() as tx:
        await exchange.audit(tx, "test_bench.stop", id)
    await _bench(exchange).clear(station)


def _run_types() -> tuple[Any, ...]:
    return ConformanceRunNew, ScenarioRunNew


@routes.post("/test-bench/runs", scope="test_bench:write", status=201, gives=RunResult, takes=_run_types)
async def start_run(exchange: Exchange, body: bytes) -> Answer:
    """Play cases of conformance or a scenario against this Ohmstead; one run at a time.

    The calls that cases ask an operator for are made with the caller's own key, so it needs `commands:write`,
    `stations:write` and `tokens:write` too. `GET` tells how far it is; the last 20 runs are remembered.
    """
    new: RunNew = bodies.decode(RunNew, body)  # type: ignore[arg-type]
    bench = _bench(exchange)
    if isinstance(new, ScenarioRunNew):
        identity = new.id or f"BENCH-{secrets.token_hex(3).upper()}"
        seat, station = await _seat(exchange, identity, new.password, new.site_id)
    else:
        seat, station = await _seat(exchange, CONFORM, None, None)
    credentials = {name: exchange.headers[name] for name in CREDENTIALS if name in exchange.headers}
    run = _asked(lambda: bench.prepare(seat, new, credentials))
    short = run.summary()

    def made() -> Answer:
        return exchange.made(run.shown(), Location=f"/api/v1/test-bench/runs/{short.id}")

    return await _begun(exchange, run, station, "test_bench.run", {"run": short.id, "type": short.type}, made)


@routes.get("/test-bench/runs", scope="test_bench:read")
async def list_runs(exchange: Exchange, query: PageQuery) -> Page[Run]:
    """The last runs, newest first."""
    seen = {one.summary().id: one for one in _bench(exchange).runs() if _visible(exchange, one)}
    return _page(query, list(seen), lambda id: seen[id].summary())


@routes.get("/test-bench/runs/{id}", scope="test_bench:read")
async def show_run(exchange: Exchange, id: str) -> RunResult:
    """A run with the verdicts, reasons and frames of its cases so far."""
    return _run(exchange, id).shown()


@routes.delete("/test-bench/runs/{id}", scope="test_bench:write")
async def delete_run(exchange: Exchange, id: str) -> None:
    """Cancel a run that goes on, and forget it."""
    await _bench(exchange).clear(_run(exchange, id))


async def _seat(
    exchange: Exchange, identity: str, password: str | None, site: str | None
) -> tuple[Seat, StationNew | None]:
    """How a station gets in; with the station to be made when it is not known yet. Raises Refused.

    The passwords of stations that the bench makes follow from the server's key: they need not be kept, and a station
    of before a restart can be simulated again.
    """
    derived = hmac.digest(exchange.context.server_key, f"test bench {identity}".encode(), "sha256").hex()[:32]
    known = await find_station(exchange.db, exchange.tenant_id, identity)
    if known is None or known.archived_at is not None:  # an archived one is refused when it would be made again
        chosen = password or derived
        profile: Any = "tls_basic" if _bench(exchange).url.startswith("wss:") else "basic"
        new = StationNew(id=identity, security_profile=profile, password=chosen, site_id=site)
        return Seat(exchange.tenant_id, await reachable_site(exchange, site), identity, chosen), new
    exchange.caller.must_reach(known.site_id)
    ours = exchange.context.passwords.matches(identity, derived.encode(), known.password_hash)
    if password is None and not ours:
        raise invalid("/password", f"the station {identity} was not made by the test bench: its password is needed")
    return Seat(exchange.tenant_id, known.site_id, identity, password or derived), None


async def _begun(
    exchange: Exchange,
    what: Simulated | Running,
    new: StationNew | None,
    action: str,
    detail: dict[str, Any],
    made: Callable[[], Answer],
) -> Answer:
    """Make its station, where there is none, write down who wanted it, and let it begin."""
    number = await exchange.context.ids.take()
    try:
        async with exchange.transaction() as tx:
            await _let_in(exchange, tx, number, new, what.seat)
            await exchange.audit(tx, action, what.seat.identity, detail)
            answer = made()
    except BaseException:
        await _bench(exchange).clear(what)
        raise
    what.begin()
    return answer


async def _let_in(exchange: Exchange, tx: Tx, number: int, new: StationNew | None, seat: Seat) -> None:
    if new is not None:
        await insert_station(exchange, tx, number, new, seat.site_id, seat.password, runtime.now())


async def _accepted_tokens(exchange: Exchange) -> list[str]:
    found = await tokens.page(exchange.db, exchange.tenant_id, limit=3, cursor=None, status="accepted")
    return [row["token"] for row in found.rows] or ["OHMSTEAD-1"]


def _simulated(exchange: Exchange, id: str) -> Simulated:
    for one in _bench(exchange).stations():
        if one.seat.identity == id and _visible(exchange, one):
            return one
    raise not_found("simulated station", id)


def _run(exchange: Exchange, id: str) -> Running:
    for one in _bench(exchange).runs():
        if one.summary().id == id and _visible(exchange, one):
            return one
    raise not_found("run", id)


def _visible(exchange: Exchange, one: OnBench) -> bool:
    return one.seat.visible(exchange.tenant_id, exchange.sites)


def _asked(ask: Callable[[], R]) -> R:
    """What the bench says; raises Refused where it refuses."""
    try:
        return ask()
    except BenchRefuses as refused:
        raise _refusal(refused) from None


def _refusal(refused: BenchRefuses) -> Refused:
    if refused.pointer is None:
        return Refused("conflict", str(refused))
    return invalid(refused.pointer, str(refused))


def _page(query: PageQuery, names: list[str], shown: Callable[[str], R]) -> Page[R]:
    """A page of things in memory, in the order of `names`."""
    cursor = position(query)
    after = names.index(cursor[0]) + 1 if cursor is not None and cursor[0] in names else 0
    rows = [{"name": name} for name in names[after : after + query.limit]]
    more = after + query.limit < len(names)
    return page(Found(rows, [rows[-1]["name"]] if more else None), lambda row: shown(row["name"]))
