"""A station comes back with another version of OCPP (1.6, 2.0.1, 2.1, in any direction).

Its history, site, tokens and certificates are its own whatever it speaks. When its session begins, what it was set to
is kept in the words of the vocabulary, and what cannot go on is closed: the transactions of the other family of
versions. As soon as its new model is known, a job carries the settings over by one `set_variables`, and says of each
what became of it. Dry runs come here too.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.command import parse
from ohmstead.blocks.monitoring import gone
from ohmstead.blocks.refolding import Books
from ohmstead.domain.commands import confirmed_by
from ohmstead.domain.device_model import Item, Model, Name
from ohmstead.domain.keys16 import key_of
from ohmstead.domain.transactions import infer_end, note
from ohmstead.domain.vendor_words import rules_for
from ohmstead.domain.version_change import Fate, Plan, Setting, ends_transactions, plan, settings
from ohmstead.domain.words import Version
from ohmstead.settings import Settings
from ohmstead.shapes.common import Finding
from ohmstead.store import commands, device_model, ledger, monitors, version_changes
from ohmstead.store.db import DatabaseGone, Db, Stale, Write
from ohmstead.store.forms import transaction_form
from ohmstead.store.sessions import State, load_awaiting, load_state
from ohmstead.store.version_changes import Change, Waiting
from ohmstead.store.word_values import About, load_about, reading

PATIENCE = 3600_000_000
"""Microseconds that the model of the new version may take to come."""
ASKED_FOR = 3600_000_000
"""Microseconds that the settings may wait for their station."""
MOST_AT_ONCE = 500


async def take_over(books: Books) -> State:
    """The station's state in the version that it speaks now; called when a session begins. Raises Stale and
    DatabaseGone, then the session must end."""
    station, now = books.state.station, runtime.now()
    was: Any = station.ocpp_version
    speaks: Any = books.version.name
    if was is None or was == speaks:
        return books.state
    write = books.write()
    ended = _end_transactions(books, write, was, speaks, now) if ends_transactions(was, speaks) else ()
    kept = await _kept(books.db, station.id)
    id = await books.numbers.rows.take()
    change = Change(
        id=id, tenant_id=station.tenant_id, station_id=station.id, was=was, now=speaks, at=now, state="open", kept=kept,
        ended=ended,
    )  # fmt: skip
    write.changed += version_changes.begun(change)
    # the model of the other version is old: it is asked for anew after the boot
    write.changed += device_model.asked(station.tenant_id, station.id, None, now, 0)
    if speaks == "1.6":
        learnt = await gone(books.db, station, await monitors.load(books.db, station.id), now)
        write.changed += learnt.rows
        write.events += learnt.events
    data = {"id": station.identity, "was": was, "now": speaks, "transactions_ended": list(ended), "settings": len(kept)}
    write.emit(feed_event(station, "station.version_changed", data, now))
    for one in confirmed_by(await load_awaiting(books.db, station.id), [("ocpp_version", speaks)], now):
        commands.write_confirmed(write, one, station.identity, now)
    await books.put(write)
    transactions = {} if ended else books.state.transactions
    return replace(books.state, station=replace(station, ocpp_version=speaks), transactions=transactions)


async def _kept(db: Db, station_id: int) -> tuple[Setting, ...]:
    """What it was set to; nothing where that cannot be read: a mistake of ours must not keep a station out."""
    try:
        return await kept_of(db, station_id, await device_model.load(db, station_id))
    except (Stale, DatabaseGone):
        raise
    except Exception as error:
        runtime.log.exception("settings not kept", station=station_id, error=repr(error))
        return ()


def _end_transactions(books: Books, write: Write, was: str, speaks: str, now: int) -> tuple[str, ...]:
    """Close what is open: nothing that the station says now can end it. A real end that comes after all counts."""
    station, ended = books.state.station, []
    for one in books.state.transactions.values():
        text = f"the station came back with OCPP {speaks}: what it began with {was} cannot be ended any more"
        after = infer_end(note(one, "version_changed", text), one.last_at or now).transaction
        ledger.write_changed(write, after, one)
        write.emit(feed_event(station, "transaction.ended", transaction_form(station.identity, after), now))
        ended.append(str(one.id))
    return tuple(ended)


async def kept_of(db: Db, station_id: int, known: Model) -> tuple[Setting, ...]:
    """What a station is set to, in the words of the vocabulary, by the version it spoke last."""
    about = await load_about(db, station_id)
    if about is None:
        return ()
    return await asyncio.to_thread(lambda: settings(reading(known, about), known))


async def check(db: Db, station_id: int, to: Version) -> Plan:
    """The dry run: what would become of the settings. Nothing is known of the station's new model yet."""
    kept = await kept_of(db, station_id, await device_model.load(db, station_id))
    about = await load_about(db, station_id)
    return plan(kept, Model(), to, rules_for(None if about is None else about.vendor))


def notes(profile: int | None, was: str, to: str) -> list[Finding]:
    """What to look after besides its settings, by its security profile."""
    found = []
    if profile == 0 and to != "1.6":
        found.append(
            Finding("security_profile", "OCPP 2.x has no security profile 0: give the station a password first.")
        )
    if profile in (1, 2) and was == "1.6" and to != "1.6":
        text = (
            "In 2.x the password is the text of BasicAuthPassword; 1.6 may have sent the bytes that AuthorizationKey "
            "spells in hex. Set the password in the station to the same text."
        )
        found.append(Finding("password", text))
    if profile in (1, 2) and to == "1.6" and was != "1.6":
        found.append(Finding("password", "In 1.6 the password is AuthorizationKey: 40 hexadecimal digits at most."))
    return found


# ---------------------------------------------------------------------- carrying over, as a job


async def carry_over(db: Db, config: Settings, now: int) -> int:
    """Carry the settings of those over whose new model is known; how many that were."""
    due = await version_changes.due(db, now - PATIENCE)
    for one in due:
        try:
            await _carry_over(db, config, one, now)
        except DatabaseGone:
            raise
        except Exception as error:
            # tried again it would fail again, and hold up those behind it
            runtime.log.exception("not carried over", station=one.change.station_id, error=repr(error))
            await _give_up(db, one.change, f"Ohmstead failed on it: {type(error).__name__}", now)
    return len(due)


async def _give_up(db: Db, change: Change, reason: str, now: int) -> None:
    fates = tuple(Fate(setting=one, verdict="lost", reason=reason) for one in change.kept)
    async with db.transaction() as tx:
        statement, arguments = version_changes.ended(change.id, "given_up", fates, None, now)
        await tx.fetch(statement, **arguments)


async def _carry_over(db: Db, config: Settings, waiting: Waiting, now: int) -> None:
    change = waiting.change
    station = (await load_state(db, change.station_id)).station
    found = await _planned(db, change) if waiting.known else _unknown(change)
    items = found.items if config.stations.makes("reconcile") else ()
    bodies = [body_of(items[n : n + MOST_AT_ONCE], change.now) for n in range(0, len(items), MOST_AT_ONCE)]
    ids = [commands.new_id(now) for _ in bodies]
    command_id = ids[0] if ids else None
    state: version_changes.State = "done" if waiting.known else "given_up"
    counts = {verdict: sum(one.verdict == verdict for one in found.fates) for verdict in ("same", "carried", "lost")}
    data = {"id": station.identity, "was": change.was, "now": change.now, "state": state, "command_id": command_id}
    async with db.transaction() as tx:
        statement, arguments = version_changes.ended(change.id, state, found.fates, command_id, now)
        if not await tx.fetch(statement, **arguments):
            return
        for id, body in zip(ids, bodies, strict=True):
            await commands.add(
                tx, id=id, tenant_id=station.tenant_id, station_id=station.id, identity=station.identity,
                type="set_variables", body=body, now=now, expires_at=now + ASKED_FOR,
            )  # fmt: skip
        tx.emit(feed_event(station, "station.version_carried_over", data | counts, now))


async def _planned(db: Db, change: Change) -> Plan:
    known = await device_model.load(db, change.station_id)
    about: About | None = await load_about(db, change.station_id)
    assert about is not None  # it is connected
    rules = rules_for(about.vendor)
    return await asyncio.to_thread(lambda: plan(change.kept, known, change.now, rules, reading(known, about)))


def _unknown(change: Change) -> Plan:
    reason = f"the station never told all its variables in OCPP {change.now}"
    return Plan(tuple(Fate(setting=one, verdict="lost", reason=reason) for one in change.kept), ())


def body_of(items: tuple[Item, ...], version: Version) -> str:
    """`set_variables` for these."""
    return _body("set_variables", [{**_named(item, version), "value": item.value} for item in items])


def reading_of(items: tuple[Item, ...], version: Version) -> str:
    """`get_variables` for these."""
    return _body("get_variables", [_named(item, version) for item in items])


def _named(item: Item, version: Version) -> dict[str, Any]:
    key = key_of(item.name) if version == "1.6" else None
    name = {"variable": key} if key else {
        field: value for field in Name.__struct_fields__ if (value := getattr(item.name, field)) is not None
    }  # fmt: skip
    attribute = {} if item.attribute == "Actual" else {"attribute": item.attribute}
    return {**name, **attribute}


def _body(type: str, variables: list[dict[str, Any]]) -> str:
    body = msgspec.json.encode({"type": type, "variables": variables}).decode()
    parse(body)  # what we queue is what anybody may ask
    return body
