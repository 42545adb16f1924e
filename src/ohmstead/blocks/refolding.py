"""E: frames that a handler failed on, folded after the fix.

A well-formed frame of the ledger on which a handler of ours failed was kept raw, answered without harm and alarmed
(gateway/dispatch.py). A fix means a new process, and there every session begins anew: before it serves its station it
puts these frames through their handlers again, in the order they came, each in a commit of its own. What the station
was answered then is history: only the books change, and nobody is alarmed about a token of that day.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import HANDLERS, Call, Numbers
from ohmstead.blocks.alerts import UNFOLDED, board_of
from ohmstead.ocpp import codec, signing
from ohmstead.ocpp.versions import VERSIONS, Version
from ohmstead.settings import Settings
from ohmstead.store.db import DatabaseGone, Db, Stale, Write
from ohmstead.store.ledger import Entry, Unfolded, stops_aside, unfolded, write_refolded
from ohmstead.store.sessions import State

REPEAT = "repeat"
"""The kind of a kept frame that turned out to be in the ledger already: the station had sent it twice."""

_failed: WeakKeyDictionary[Db, set[int]] = WeakKeyDictionary()
"""The rows that failed again. Only a fix can change that, and it comes with a new process: a fleet that reconnects must
not pay for them each time."""


@dataclass
class Books:
    """What refolding needs of a session: what it knows of its station, and the right to write for it."""

    version: Version
    state: State
    db: Db
    numbers: Numbers
    settings: Settings
    write: Callable[[], Write]
    """An empty write in the session's right."""
    put: Callable[[Write], Awaitable[None]]
    """Done when it is on disk."""


async def refold(books: Books) -> State:
    """The station's state with all that could be folded now; what fails again stays as it is. Raises Stale and
    DatabaseGone, then the session must end."""
    failed = _failed.setdefault(books.db, set())
    kept = await unfolded(books.db, books.state.station.id)
    waiting = [row for row in kept if row.id not in failed]
    if not waiting:
        return books.state
    failed.update([row.id for row in waiting if not await _again(books, row)])
    if any(row.action == "StartTransaction" for row in waiting):
        # such a start was answered with the transaction id 0, so its stop may have found nothing
        for row in await stops_aside(books.db, books.state.station.id, waiting[0].id):
            await _again(books, row)
    if failed.isdisjoint(row.id for row in kept):
        board = await board_of(books.db, books.state.station, runtime.now())
        board.cleared(UNFOLDED, "csms")
        write = books.write()
        board.write(write)
        if write:
            await books.put(write)
    return books.state


async def _again(books: Books, row: Unfolded) -> bool:
    """Put one frame through its handler; whether it found its place."""
    version, request = _decoded(books.version, row)
    if version is None:
        return False
    now = runtime.now()
    call = Call(
        version, row.action, row.request, books.state, books.write(), books.db, books.numbers, books.settings, now
    )
    try:
        await HANDLERS[version.name, row.action](call, request)
        entry = call.entry or (Entry(REPEAT, row.at) if row.kind == "unfolded" else None)
        if entry is not None and entry.kind != row.kind:
            call.write.events = [event for event in call.write.events if event.type.startswith("ohmstead.transaction.")]
            write_refolded(call.write, row.id, entry)
            await books.put(call.write)
            books.state = replace(books.state, transactions=call.state.transactions)
    except (Stale, DatabaseGone):
        raise
    except Exception as error:
        station = books.state.station.identity
        runtime.log.exception("still not folded", station=station, action=row.action, row=row.id, error=repr(error))
        return False
    return True


def _decoded(spoken: Version, row: Unfolded) -> tuple[Version | None, Any]:
    """The request in the version it came in: the one the station speaks now, unless it was updated since."""
    payload = signing.payload_of(row.request)
    for version in (spoken, *VERSIONS):
        if (version.name, row.action) in HANDLERS:
            try:
                return version, codec.decode_request(version, row.action, payload)[0]
            except codec.Refused:
                continue
    return None, None
