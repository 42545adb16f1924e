"""B10: what a station does that is on its way to another CSMS or address: it comes, boots, or stays away; and what that
says (domain/csms_migration.py)."""

from __future__ import annotations

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import Call
from ohmstead.blocks.migrating import CONTINUE, confirmed, told
from ohmstead.blocks.refolding import Books
from ohmstead.domain import csms_migration as rules
from ohmstead.domain.csms_migration import Migration
from ohmstead.store import commands, csms_migrations
from ohmstead.store.csms_migrations import Underway
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.sessions import State, Station, find_station

BODY = encode({"type": CONTINUE})
CONTINUED_WITHIN = 24 * 3600_000_000
"""Microseconds that the next step waits for its station."""


async def back(books: Books) -> State:
    """The station has connected: what was cut off by the end of its connection before is not heard of any more. Raises
    Stale and DatabaseGone, then the session must end."""
    station, now = books.state.station, runtime.now()
    one = rules.read(station.csms_migration)
    after = None if one is None else rules.cut(one, now)
    if after is None:
        return books.state
    write = books.write()
    write.changed.append(csms_migrations.moved(station.id, station.csms_migration, after))
    write.changed += csms_migrations.command_ended(after)
    write.emit(told(station, after, now))
    if rules.goes_on(after):
        commands.write_new(write, station.identity, CONTINUE, BODY, now, now + CONTINUED_WITHIN)
    await books.put(write)
    return replace(books.state, station=replace(station, csms_migration=csms_migrations.kept(after)))


def booted(call: Call, reason: str | None) -> None:
    """The station's boot is about to be accepted. One that we triggered says nothing of where it would go."""
    station = call.station
    one = rules.read(station.csms_migration)
    if one is None or station.registration != "accepted" or reason == "Triggered":
        return
    after = rules.booted(one, call.now)
    if after is None:
        return
    call.write.changed.append(csms_migrations.moved(station.id, station.csms_migration, after))
    call.write.changed += csms_migrations.command_ended(after)
    call.write.emit(told(station, after, call.now))
    call.state = replace(call.state, station=replace(station, csms_migration=csms_migrations.kept(after)))
    if rules.goes_on(after):
        call.ask(CONTINUE)


async def watch(db: Db, now: int) -> int:
    """A job: let those go on whose transactions have ended, and say of those whose time is over what that means; of how
    many."""
    moved = 0
    for one in await csms_migrations.all_open(db):
        migration = rules.read(one.kept)
        station = await find_station(db, one.tenant_id, one.identity)
        if migration is None or station is None:
            continue
        after = rules.late(migration, await csms_migrations.seen(db, one, migration, now), now)
        if after is not None:
            async with db.transaction() as tx:
                moved += await end(tx, station, one.kept, after, now)
        elif _drained(one, migration) and not await commands.queued_of_type(db, one.station_id, CONTINUE):
            async with db.transaction() as tx:
                await _continue(tx, station, now)
            moved += 1
    return moved


def _drained(one: Underway, migration: Migration) -> bool:
    return migration.step == "draining" and not one.transactions and one.connected_since is not None


async def end(tx: Tx, station: Station, was: str | None, after: Migration, now: int) -> bool:
    """Write what became of it, its command with it; False when it was moved in the same moment."""
    if not await csms_migrations.end(tx, station.id, was, after):
        return False
    await tx.execute_all(csms_migrations.command_ended(after))
    for event in (told(station, after, now), *confirmed(station, after, now)):
        tx.emit(event)
    tx.ring(commands.COMMAND_TOPIC, after.command_id)
    if rules.goes_on(after):
        await _continue(tx, station, now)
    return True


async def _continue(tx: Tx, station: Station, now: int) -> None:
    await commands.add(
        tx, id=commands.new_id(now), tenant_id=station.tenant_id, station_id=station.id, identity=station.identity,
        type=CONTINUE, body=BODY, now=now, expires_at=now + CONTINUED_WITHIN,
    )  # fmt: skip
