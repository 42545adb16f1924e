"""A05: what a station does that is on its way to another security profile: it comes, boots, speaks, or stays away; and
what that proves (domain/upgrade.py)."""

from __future__ import annotations

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import Call
from ohmstead.blocks.refolding import Books
from ohmstead.blocks.upgrading import told
from ohmstead.domain import upgrade as rules
from ohmstead.domain.commands import Awaiting
from ohmstead.domain.upgrade import Upgrade
from ohmstead.ocpp.versions import V16
from ohmstead.store import commands, upgrades
from ohmstead.store.commands import HOPELESS, write_confirmed
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.sessions import State, Station, find_station

FINISH = "finish_upgrade"
FINISHED_WITHIN = 24 * 3600_000_000
"""Microseconds that the command which puts the list of network profiles right waits for its station."""


async def arrived(books: Books) -> State:
    """The station has connected: what was cut off by the end of its connection before is not heard of any more. For a
    1.6 station, which connects anew without a boot, this is the proof, or the end of it. Raises Stale and DatabaseGone,
    then the session must end."""
    station, now = books.state.station, runtime.now()
    one = rules.read(station.upgrade)
    if one is None:
        return books.state
    after = rules.cut(one, books.state.profile, now)
    if books.version is V16:
        after = rules.booted(after or one, books.state.profile, now) or after
    if after is None:
        return books.state
    write, proved = books.write(), after.step in ("settling", "done")
    write.changed.append((upgrades.proved if proved else upgrades.moved)(station.id, station.upgrade, after))
    write.emit(told(station, after, now))
    if proved:
        write_confirmed(write, Awaiting(one.command_id, (), now), station.identity, now)
    await books.put(write)
    profile = after.to if proved else station.security_profile
    return replace(books.state, station=replace(station, upgrade=upgrades.kept(after), security_profile=profile))


def booted(call: Call, reason: str | None) -> None:
    """The station's boot is about to be accepted: is that the proof? One that we triggered proves nothing old."""
    station, state = call.station, call.state
    one = rules.read(station.upgrade)
    if one is None or station.registration != "accepted" or (reason == "Triggered" and state.profile != one.to):
        return
    _came(call, one, rules.booted(one, state.profile, call.now))


def spoke(call: Call) -> None:
    """The station says something else than its boot. After that it goes on without one, which is proof as well."""
    state = call.state
    one = None if state.profile == state.station.security_profile else rules.read(state.station.upgrade)
    if one is not None and call.action != "BootNotification" and state.station.registration == "accepted":
        _came(call, one, rules.spoke(one, state.profile, call.now))


def _came(call: Call, one: Upgrade, after: Upgrade | None) -> None:
    """Write where it got to by that."""
    station, state = call.station, call.state
    if after is None:
        return
    proved = after.step in ("settling", "done")
    store = upgrades.proved if proved else upgrades.moved
    call.write.changed.append(store(station.id, station.upgrade, after))
    call.write.emit(told(station, after, call.now))
    profile = after.to if proved else station.security_profile
    call.state = replace(state, station=replace(station, upgrade=upgrades.kept(after), security_profile=profile))
    if proved:
        call.happened("security_profile", str(after.to))
    elif after.step == "failed":
        awaited = {"expectation": encode(("security_profile", str(after.to))), "until": call.now - 1}
        call.write.changed.append((HOPELESS, {"station": station.id, **awaited}))
    if after.priority_was is not None and after.step != "done":
        call.ask("finish_upgrade")


async def end_late(db: Db, now: int) -> int:
    """A job: say of upgrades whose time is over what that means; of how many."""
    ended = 0
    for tenant_id, identity, text, since in await upgrades.all_open(db):
        one = rules.read(text)
        after = None if one is None else rules.late(one, now, since)
        station = None if after is None else await find_station(db, tenant_id, identity)
        if after is None or station is None:
            continue
        async with db.transaction() as tx:
            if await upgrades.end(tx, replace(station, upgrade=text), after):
                tx.emit(told(station, after, now))
                if after.step == "failed" and after.priority_was is not None:
                    await _finish(tx, station, now)
                ended += 1
    return ended


async def _finish(tx: Tx, station: Station, now: int) -> None:
    """Its list of network profiles is to be as it was."""
    await commands.add(
        tx, id=commands.new_id(now), tenant_id=station.tenant_id, station_id=station.id, identity=station.identity,
        type=FINISH, body=encode({"type": FINISH}), now=now, expires_at=now + FINISHED_WITHIN,
    )  # fmt: skip
