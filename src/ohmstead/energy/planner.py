"""The planner: charging needs matched with cars, a plan for the hours to come, words where a promise cannot be kept.

One process has the lease. It looks every 10 s and when a site rings, and makes a new plan where something else is true
than the plan was made of: needs, cars, limits, prices, or what was delivered. What it finds is stored; the control
(control.py) orders it slot by slot, inside the fuses of that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.domain.allocation import Key
from ohmstead.domain.needs import Car, Need, Plan, followed, is_for
from ohmstead.domain.outages import alone, safe_slots
from ohmstead.domain.planning import Schedule, poured, schedule
from ohmstead.domain.profiles import SECOND
from ohmstead.domain.tails import Tail
from ohmstead.energy.horizon import Problem, cost_of, fingerprint, problem_of
from ohmstead.energy.optimiser import NoSolution, optimised
from ohmstead.energy.sites import Snapshot, limits_of, load_roots, snapshot
from ohmstead.settings import Settings
from ohmstead.store import leases, planning
from ohmstead.store.db import Db, Event, Tx
from ohmstead.store.forms import need_form

LEASE = "planning"
LEASE_S = 60
EVERY = 10.0
REST = 0.5
"""Seconds between two looks, however often something rings."""
OFF_WH, OFF_PART = 500.0, 0.03
"""A car that got so much more or less than planned makes a new plan: Wh, or of what it still wants."""


class Matched(NamedTuple):
    """A need and the EVSE at which its car is."""

    need: Need
    key: Key


class Planner:
    """Plans all sites; `me` names this process."""

    def __init__(self, db: Db, settings: Settings, me: str) -> None:
        self._db, self._settings, self._me = db, settings, me
        self._bell = asyncio.Event()
        self._made_of: dict[int, int] = {}
        """Site -> what its plan was made of."""

    async def run(self) -> None:
        """Plan for ever."""
        leave = self._db.bus.listen(SITE_TOPIC, lambda _: self._bell.set())
        try:
            while True:
                self._bell.clear()
                try:
                    await self.look()
                except Exception as error:
                    runtime.log.warning("the planner waits", error=repr(error))
                await asyncio.sleep(REST)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY):
                        await self._bell.wait()
        finally:
            leave()
            with contextlib.suppress(Exception):
                await leases.release(self._db, LEASE, self._me)

    async def look(self) -> None:
        """Follow all needs, and plan where it is time to."""
        needs, now = await planning.load_open(self._db), runtime.now()
        if not needs or not await leases.take(self._db, LEASE, self._me, now, now + LEASE_S * SECOND):
            return
        of_vehicle = await planning.load_tokens(self._db)
        seen: set[int] = set()
        first: dict[int, int] = {}
        for root, tree in (await load_roots(self._db, every=True)).trees.items():
            found = await snapshot(self._db, root, tree, now)
            matched = match(found, [one for one in needs if one.id not in seen], of_vehicle)
            seen |= {one.need.id for one in matched}
            first |= behind(found, needs, matched, of_vehicle)
            if matched:
                await self._follow(found, matched, now)
        for need in needs:
            if need.id not in seen:
                await self._alone(need, now, first.get(need.id))

    async def _alone(self, need: Need, now: int, first: int | None) -> None:
        """A need without a car, or behind the `first` need of its car."""
        after = followed(need, None, now)
        if after.state == "waiting":
            after = replace(after, reason=None if first is None else f"its car charges for need {first} first")
        if after != need:
            async with self._db.transaction() as tx:
                await self._keep(tx, need, after, None, now)

    async def _follow(self, found: Snapshot, matched: list[Matched], now: int) -> None:
        """What the needs of a grid connection have got; then a plan, if there must be another."""
        followed_ = [one._replace(need=followed(one.need, found.running[one.key], now)) for one in matched]
        async with self._db.transaction() as tx:
            for before, after in zip(matched, followed_, strict=True):
                if after.need != before.need:
                    await self._keep(tx, before.need, after.need, after.key, now)
        active = [one for one in followed_ if one.need.state == "active"]
        prices = await prices_of(self._db, found)
        made_of = fingerprint(found, [one.need for one in active], prices)
        age = None if found.plan is None else now - found.plan.at
        every = self._settings.energy.plan_every * SECOND
        if self._made_of.get(found.root.id) == made_of and age is not None and age < every and not _off(found, active):
            return
        self._made_of[found.root.id] = made_of
        await self._plan(found, active, prices, now)

    async def _plan(self, found: Snapshot, active: list[Matched], prices: planning.Prices | None, now: int) -> None:
        problem = problem_of(found, {one.key: one.need for one in active}, prices, now)
        began = runtime.monotonic()
        best = await asyncio.to_thread(solved, problem, self._settings.energy.plan_deadline)
        planned = [one for one in active if one.key in best.amps]  # but for who is offline, or has its own way
        tails = await asyncio.to_thread(going_on, found, problem, best, self._settings.energy.along_plan)
        plan = Plan(
            at=now, edges=[slot.start for slot in problem.slots] + [problem.slots[-1].end], by=best.by, why=best.why,
            solve_ms=round((runtime.monotonic() - began) * 1000, 1), unit=None if prices is None else prices.unit,
            limits=limits_of(found), cost=cost_of(problem, best),
            cars=[_car(found, one, problem, best, tails[one.key]) for one in planned],
        )  # fmt: skip
        async with self._db.transaction() as tx:
            await tx.execute_all([planning.plan_put(found.tenant_id, found.root.id, plan)])
            for one in planned:
                await self._keep(tx, one.need, judged(one, best), one.key, now)
            tx.ring(SITE_TOPIC, str(found.root.id))

    async def _keep(self, tx: Tx, before: Need, after: Need, key: Key | None, now: int) -> None:
        """Store a need, and tell the feed when it is at risk, or over."""
        await tx.execute_all([planning.need_put(after, now)])
        kind: str | None = after.state if after.state != before.state and after.state in ("met", "missed") else None
        if after.state == "active" and after.feasible is False and before.feasible is not False:
            kind = "at_risk"
        if kind is not None:
            data = msgspec.json.encode(need_form(after, None if key is None else key[0])).decode()
            subject = None if key is None else key[0]
            tx.emit(Event(after.tenant_id, f"ohmstead.charging_need.{kind}", subject, now, data))


def match(found: Snapshot, needs: list[Need], of_vehicle: dict[int, list[str]]) -> list[Matched]:
    """Needs with their cars: one for each car, first those that have one already, then the earliest departure."""
    matched, taken = [], set()
    order = sorted(needs, key=lambda one: (one.transaction is None, one.source != "ev", one.ready_by, one.id))
    for need in (one for one in order if one.tenant_id == found.tenant_id):
        tokens = of_vehicle.get(need.vehicle_id or 0, ())
        for key, transaction in found.running.items():
            if key not in taken and is_for(need, transaction, tokens):
                taken.add(key)
                matched.append(Matched(need, key))
                break
    return matched


def behind(
    found: Snapshot, needs: list[Need], matched: list[Matched], of_vehicle: dict[int, list[str]]
) -> dict[int, int]:
    """Needs whose car is there and charges for another, and for which."""
    mine = {one.need.id for one in matched}
    taken = [(found.running[one.key], one.need.id) for one in matched]
    return {
        one.id: other
        for one in needs
        if one.id not in mine and one.tenant_id == found.tenant_id
        for transaction, other in taken
        if is_for(one, transaction, of_vehicle.get(one.vehicle_id or 0, ()))
    }


async def prices_of(db: Db, found: Snapshot) -> planning.Prices | None:
    """The prices of a grid connection: those of its own site, else of the first below it that has some."""
    for site in sorted(found.sites, key=lambda one: (one.id != found.root.id, one.id)):
        prices = await planning.load_prices(db, site.id)
        if prices is not None:
            return prices
    return None


def solved(problem: Problem, deadline_s: float) -> Schedule:
    """The cheapest schedule, or in its place that of the water. Blocks."""
    slots, demands, others = problem
    try:
        return schedule(slots, demands, optimised(slots, demands, others, deadline_s), "optimiser")
    except NoSolution as error:
        return schedule(slots, demands, poured(slots, demands, others), "water_filling", str(error))


def going_on(found: Snapshot, problem: Problem, best: Schedule, horizon_s: int) -> dict[Key, list[float]]:
    """What each planned car may go on with when we are gone, within a horizon. Blocks."""
    slots = [one for one in problem.slots if one.start < problem.slots[0].start + horizon_s * SECOND]
    return alone(safe_slots(slots, found.safe_nodes), found.evses, problem.demands, best.amps, _told(found))


def _told(found: Snapshot) -> dict[Key, list[Tail]]:
    """What stations may go on with by what they were told, or will be by the plan that still counts."""
    told = {}
    for evse in found.evses:
        tails = [evse.tail, evse.account.tail, *(one.tail for one in evse.account.sent)]
        told[evse.key] = [one for one in tails if one is not None]
    return told


def judged(one: Matched, best: Schedule) -> Need:
    """The need with what the plan expects."""
    short = best.short.get(one.key)
    expected = one.need.delivered_wh + best.energy_wh[one.key]
    return replace(
        one.need, expected_wh=round(expected, 1), feasible=short is None, reason=None if short is None else short[1]
    )


def _car(found: Snapshot, one: Matched, problem: Problem, best: Schedule, alone: list[float]) -> Car:
    demand = next(demand for demand in problem.demands if demand.key == one.key)
    priced = best.by == "optimiser" and any(slot.price is not None for slot in problem.slots)
    return Car(
        station_id=one.key[0], evse_id=one.key[1], need=one.need.id, transaction=found.running[one.key].id,
        amps=best.amps[one.key], watts_per_a=demand.watts, delivered_wh=one.need.delivered_wh,
        may_wait=priced and one.key not in best.short, alone=alone,
    )  # fmt: skip


def _off(found: Snapshot, active: list[Matched]) -> bool:
    """Whether a car got clearly more or less than the plan said."""
    plan = found.plan
    assert plan is not None
    cars = {one.need: one for one in plan.cars}
    for one in active:
        car = cars.get(one.need.id)
        if car is None:
            return True
        told_at = found.running[one.key].last_at
        expected = car.delivered_wh + plan.planned_wh(car, max(plan.at, told_at))
        if abs(one.need.delivered_wh - expected) > max(OFF_WH, OFF_PART * one.need.rest_wh):
            return True
    return False


async def estimated(db: Db, need: Need, now: int) -> Need:
    """The need as it would fare if nothing else changed, without a solver: for an answer at once. A need whose car is
    not there stays as it is."""
    of_vehicle = await planning.load_tokens(db)
    others = [one for one in await planning.load_open(db) if one.id != need.id]
    for root, tree in (await load_roots(db, every=True)).trees.items():
        found = await snapshot(db, root, tree, now)
        matched = match(found, [need, *others], of_vehicle)
        mine = next((one for one in matched if one.need.id == need.id), None)
        if mine is None:
            continue
        matched = [one._replace(need=followed(one.need, found.running[one.key], now)) for one in matched]
        active = {one.key: one.need for one in matched if one.need.state == "active"}
        if mine.key not in active:
            return need
        problem = problem_of(found, active, None, now)
        best = schedule(problem.slots, problem.demands, poured(*problem), "water_filling")
        if mine.key not in best.amps:
            return need
        return judged(Matched(active[mine.key], mine.key), best)
    return need
