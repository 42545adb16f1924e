"""The engine of desired state: look at a station, compare, ask one thing, see what came of it.

What it knows between two looks is one row for each station, written in the transaction that queues the command: after a
crash nothing is asked twice and nothing is forgotten. A station is looked at when something about it changed: a layer,
its variables, its row, a start, the end of a command; and once a day it is asked itself. The first look at a new
station is its onboarding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.domain.desired import Check, Ended, Record, Step, as_kept, concluded, in_words, next_step, noticed
from ohmstead.fleet import layers
from ohmstead.fleet.aspects import ASPECTS, Seen, discover
from ohmstead.fleet.layers import Parents
from ohmstead.settings import Settings
from ohmstead.shapes.desired import Desired
from ohmstead.store import commands, desired, device_model
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.desired import Declared, Look, Place

ASKED_FOR = 600_000_000
"""Microseconds that a command may wait: its station is online."""
MOST_UNDER_WAY = 200
"""Stations of one tenant that are asked at the same time: a fleet is not asked all at once."""
READ_EVERY = 24 * 3600_000_000
NOT_TAKEN = frozenset({"expired", "cancelled"})
"""Ends of a command that never reached its station."""
HEARTBEAT = "connection.heartbeat_interval"
UNASKED = "stations.unasked_calls leaves reconcile out: nothing is asked of stations"


class Situation(NamedTuple):
    """Everything that is declared in one tenant."""

    layers: Sequence[Declared]
    parents: Parents
    revision: str


class Comparison(NamedTuple):
    wanted: Desired
    layers: Sequence[Declared]
    checks: list[Check]


async def situation(db: Db, tenant_id: int) -> Situation:
    revision = (await desired.revisions(db)).get(tenant_id, "")
    return Situation(await desired.layers(db, tenant_id), await desired.parents(db, tenant_id), revision)


async def compare(db: Db, place: Place, now: Situation) -> Comparison:
    """What is declared of a station beside what is known of it."""
    discover()
    its = layers.applying(now.layers, place, now.parents)
    wanted = layers.together(its)
    if place.ocpp_version is None:
        return Comparison(wanted, its, [])
    seen = Seen(place, await device_model.load(db, place.id))
    checks: list[Check] = []
    for name, aspect in ASPECTS.items():
        if (one := getattr(wanted, name)) is not None:
            checks += await aspect.compare(db, seen, one)
    return Comparison(wanted, its, as_kept(place.record, checks))


async def advance(db: Db, config: Settings, now: int) -> int:
    """Look at those stations whose turn it is; how many that were."""
    looked = 0
    for tenant_id in await desired.revisions(db):
        told = await situation(db, tenant_id)
        room = MOST_UNDER_WAY - await desired.under_way(db, tenant_id)
        places = await desired.due(db, tenant_id, told.revision, now) if room > 0 else []
        for place in places[:room]:  # each may be asked something
            try:
                await _look(db, config, place, told, now)
            except Exception as error:
                runtime.log.exception("a station is not brought to what is declared", station=place.identity,
                                      error=repr(error))  # fmt: skip
            looked += 1
    return looked


async def _look(db: Db, config: Settings, place: Place, told: Situation, now: int) -> None:
    found = await compare(db, place, told)
    record = place.record
    if record.command_id is not None:
        record = concluded(record, _ended(place), found.checks, now)
        found = found._replace(checks=as_kept(record, found.checks))
    record, local = noticed(record, found.checks, found.wanted.on_local_change != "report")
    record = replace(record, heartbeat=_heartbeat(found.wanted))
    step, body, record = _next(config, place, found, record, now)
    if body is not None:
        record = replace(record, command_id=commands.new_id(now))
    reads = [at + READ_EVERY for at in record.asked_at.values()] if step.state == "in_step" else []
    looks = [at for at in (step.look_at, *reads) if at is not None and at > now]
    look = Look(step.state, step.reason, record, told.revision, min(looks, default=None))
    async with db.transaction() as tx:
        if body is not None:
            await _ask(tx, place, str(record.command_id), body, now)
        await desired.put(tx, place, look, now)
        _tell(tx, place, look, found.checks, local, now)


def _heartbeat(wanted: Desired) -> int | None:
    values = [one.value for one in wanted.configuration or () if one.name == HEARTBEAT]
    return next((value for value in values if isinstance(value, int) and value > 0), None)


def _next(
    config: Settings, place: Place, found: Comparison, record: Record, now: int
) -> tuple[Step, dict[str, Any] | None, Record]:
    """What to do, the command for it, and what to remember of that."""
    readable = [
        name for name, aspect in ASPECTS.items()
        if aspect.read and place.ocpp_version in aspect.read_in and getattr(found.wanted, name)
    ]  # fmt: skip
    asked_at = {name: record.asked_at.get(name) or _as_if_read(place.id, now) for name in readable}
    unproved = tuple(one.key for one in found.checks if one.same and one.key in record.unproved)
    record = replace(record, asked_at=asked_at, unproved=unproved)
    step = _step(config, found, record, now)
    body = _body(found.wanted, step)
    if body is not None:
        asked = tuple(one.key for one in step.due)
        aspect = ASPECTS[step.due[0].aspect]
        if step.restart or aspect.name not in readable:
            return step, body, replace(record, asked=asked)
        if not aspect.proves:
            return step, body, replace(record, asked=asked, unproved=(*unproved, *asked))
        return step, body, replace(record, asked=asked, asked_at=asked_at | {aspect.name: now})
    if not config.stations.makes("reconcile"):
        return step, None, record
    for name in readable:
        of_it = tuple(one.key for one in found.checks if one.aspect == name and one.key in unproved)
        if of_it or (step.state == "in_step" and now - asked_at[name] >= READ_EVERY):
            rest = tuple(key for key in unproved if key not in of_it)
            record = replace(record, asked=of_it, unproved=rest, asked_at=asked_at | {name: now})
            return (step._replace(state="working") if of_it else step), _read(found.wanted, name), record
    return step, None, record


def _read(wanted: Desired, name: str) -> dict[str, Any] | None:
    read = ASPECTS[name].read
    return None if read is None else read(getattr(wanted, name))


def _as_if_read(station_id: int, now: int) -> int:
    """It told of itself when it came; the days after that the stations of a fleet are asked one after the other."""
    return now - station_id * 2_654_435_761 % READ_EVERY // 2


def _ended(place: Place) -> Ended:
    state = place.command_state
    if state is None:
        return Ended(False, False, None)  # it is no longer kept
    accepted = state in ("accepted", "confirmed")
    return Ended(accepted, state not in NOT_TAKEN, place.command_reason or (None if accepted else state))


def _step(config: Settings, found: Comparison, record: Record, now: int) -> Step:
    wrong = [one for one in found.checks if not one.same]
    if not found.layers or found.wanted == Desired():
        return Step("undeclared", None)
    if wrong and not config.stations.makes("reconcile"):
        return Step("held", f"{UNASKED}; {in_words(wrong, record)}")
    return next_step(record, found.checks, now, may_restart=found.wanted.restart == "when_idle")


def _body(wanted: Desired, step: Step) -> dict[str, Any] | None:
    if not step.due:
        return None
    if step.restart:
        return {"type": "reset", "when": "idle"}
    aspect = ASPECTS[step.due[0].aspect]
    return aspect.mend(getattr(wanted, aspect.name), step.due)


async def _ask(tx: Tx, place: Place, id: str, body: dict[str, Any], now: int) -> None:
    text = msgspec.json.encode({**body, "if_offline": "queue"}).decode()
    await commands.add(
        tx, id=id, tenant_id=place.tenant_id, station_id=place.id, identity=place.identity, type=body["type"],
        body=text, now=now, expires_at=now + ASKED_FOR,
    )  # fmt: skip


def _tell(tx: Tx, place: Place, look: Look, checks: Sequence[Check], local: Sequence[Check], now: int) -> None:
    """Into the feed: local changes, and each new state but that of working on it."""
    if local:
        changed = [{"what": one.what, "wanted": one.wanted, "actual": one.actual} for one in local]
        _emit(tx, place, "station.changed_locally", {"id": place.identity, "changed": changed}, now)
    if look.state != place.state and look.state in ("in_step", "waiting", "held"):
        kind = "station.in_step" if look.state == "in_step" else "station.drifted"
        _emit(tx, place, kind, {"id": place.identity, "state": look.state, "reason": look.reason}, now)


def _emit(tx: Tx, place: Place, kind: str, data: dict[str, Any], now: int) -> None:
    tx.emit(Event(place.tenant_id, f"ohmstead.{kind}", place.identity, now, encode(data)))


def anew(place: Place, now: int) -> Look:
    """What was tried in vain is forgotten, and the station is looked at at once."""
    record = replace(place.record, trials={}, restored={}, settled={}, kept_as={})
    return Look(place.state or "unknown", "it is tried again", record, "", now)
