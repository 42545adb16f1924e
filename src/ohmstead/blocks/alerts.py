"""Alerts raised and cleared: the row and the event of the feed, in the commit of what they tell of.

board = await board_of(call)
await board.raised(Cause(...))
board.cleared("security_event/MemoryExhaustion", "station")
put(call, board.learnt())
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from ohmstead.blocks import Call, feed_event
from ohmstead.blocks.command import Learnt
from ohmstead.domain import alerts as domain
from ohmstead.domain.alerts import Alert, Cause, Over
from ohmstead.store import alerts
from ohmstead.store.db import Db, Event, Write, encode
from ohmstead.store.forms import alert_form
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, Station

UNFOLDED = "unfolded"


class Board:
    """The open alerts of one station, and what becomes of them in one commit."""

    def __init__(self, station: Station, open: dict[str, Alert], now: int) -> None:
        self._station, self._open, self._now = station, open, now
        self._events: list[Event] = []
        self._changed: dict[int, Alert] = {}
        self._new: set[int] = set()

    def __iter__(self) -> Iterator[Alert]:
        """The open ones."""
        return iter(list(self._open.values()))

    async def raised(self, cause: Cause, number: Callable[[], Awaitable[int]]) -> None:
        """Open an alert, or count one that is open; `number` gives a new one its id."""
        cause = domain.bounded(self._open, cause)
        before = self._open.get(cause.subject)
        id = await number() if before is None else before.id
        alert, told = domain.raised(before, cause, id, self._now)
        if before is None:
            self._new.add(id)
        self._open[alert.subject] = alert
        self._changed[alert.id] = alert
        if told:
            self._tell("alert.firing", alert)

    def cleared(self, subject: str, by: Over) -> None:
        """It is over, if it was open."""
        before = self._open.pop(subject, None)
        if before is not None:
            after = self._changed[before.id] = domain.cleared(before, self._now, by)
            self._tell("alert.resolved", after)

    def _tell(self, kind: str, alert: Alert) -> None:
        self._events.append(feed_event(self._station, kind, alert_form(self._station.identity, alert), self._now))

    def learnt(self) -> Learnt:
        """What to store and to tell."""
        station = self._station
        rows = [
            row
            for one in self._changed.values()
            for row in alerts.written(station.tenant_id, station.id, one, new=one.id in self._new)
        ]
        return Learnt(rows, self._events)

    def write(self, write: Write) -> None:
        """Store it, and tell it, with what else `write` changes."""
        learnt = self.learnt()
        write.changed += learnt.rows
        write.events += learnt.events


async def board_of(db: Db, station: Station, now: int) -> Board:
    """The board of a station."""
    return Board(station, await alerts.load_open(db, station.tenant_id, station.id), now)


async def raise_alert(call: Call, cause: Cause) -> None:
    """Raise one alert in the commit of this call."""
    board = await board_of(call.db, call.station, call.now)
    await board.raised(cause, call.numbers.rows.take)
    board.write(call.write)


def not_folded(action: str, error: Exception, now: int) -> Cause:
    """A frame of the ledger that a handler of ours failed on, and that is kept raw."""
    text = f"{action} could not be folded and is kept raw: {type(error).__name__}"
    return Cause(subject=UNFOLDED, source="csms", code=UNFOLDED, severity=4, text=text, at=now)


async def fade(db: Db, now: int) -> int:
    """End what told of a moment that is long over and was no more than a notice; how many that were."""
    found = await alerts.load_quiet(db, domain.FADES, now - domain.FADES_AFTER)
    if not found:
        return 0
    async with db.transaction() as tx:
        for one in found:
            await tx.execute(CHANGED_ELSEWHERE, station=one.station_id)  # its session may be counting it just now
            if not await alerts.still_so(tx, one):
                continue
            after = domain.cleared(one.alert, now, "time")
            await tx.execute_all([alerts.settled(one.tenant_id, after)])
            shown = encode(alert_form(one.identity, after))
            tx.emit(Event(one.tenant_id, "ohmstead.alert.resolved", one.identity, now, shown))
            tx.ring(STATION_TOPIC, str(one.station_id))
    return len(found)
