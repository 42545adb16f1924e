"""A station that keeps its own books, a line that loses, repeats, holds back and reorders, and the ledger's rules.

The station knows what it measured; nothing of the domain is used for that. Whatever becomes of its events on the way,
the record must say what the delivered ones say: the same in every order, energy once, and what is missing by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from msgspec.structs import replace

from ohmstead.domain.matching import choose, may_be_repeat, opens_anew
from ohmstead.domain.metering import BEGIN, END, PERIODIC, Reading
from ohmstead.domain.transactions import Event, Transaction, begin, fold

SECOND = 1_000_000


@dataclass
class Session:
    """One transaction by its station's own books."""

    id: str
    evse_id: int
    begun_wh: float
    events: list[Event] = field(default_factory=list)
    ended: bool = False


class Station:
    """What it does and measures. Its clock may jump, and it may come back from a reboot in the middle."""

    def __init__(self, evses: int = 2, per_evse: bool = False) -> None:
        self.now = 1_750_000_000 * SECOND
        self.offline = False
        self.registers = dict.fromkeys(range(1, evses + 1), 0.0)
        self.running: dict[int, Session] = {}
        self.sessions: list[Session] = []
        self.outbox: list[tuple[str, Event]] = []
        self._per_evse, self._numbers = per_evse, dict.fromkeys(self.registers, 0)

    def start(self, evse_id: int) -> None:
        session = Session(f"tx-{len(self.sessions)}", evse_id, self.registers[evse_id])
        self.running[evse_id] = session
        self.sessions.append(session)
        if not self._per_evse:
            self._numbers[evse_id] = 0
        self._tell(session, "started", BEGIN)

    def charge(self, evse_id: int, wh: float, seconds: float) -> None:
        self.registers[evse_id] += wh
        self.now += int(seconds * SECOND)
        if (session := self.running.get(evse_id)) is not None:
            self._tell(session, "updated", PERIODIC)

    def end(self, evse_id: int) -> None:
        self.now += SECOND
        session = self.running.pop(evse_id)
        session.ended = True
        self._tell(session, "ended", END)

    def reboot(self) -> None:
        """It ends what runs (PowerLoss), and is offline until it is back."""
        self.offline = True
        for evse_id in list(self.running):
            self.end(evse_id)

    def jump(self, seconds: int) -> None:
        """Its clock is set."""
        self.now += seconds * SECOND

    def _tell(self, session: Session, kind: str, context: str) -> None:
        number = self._numbers[session.evse_id]
        self._numbers[session.evse_id] += 1
        one = Event(
            kind=kind,  # type: ignore[arg-type]
            at=self.now, seq_no=number, offline=self.offline,
            evse_id=session.evse_id if kind == "started" else None, token="T" if kind == "started" else None,
            readings=(Reading(self.now, self.registers[session.evse_id], context=context),),
        )  # fmt: skip
        session.events.append(one)
        self.outbox.append((session.id, one))


class Ledger:
    """The rules of the ledger over what arrived, as the handler applies them."""

    def __init__(self) -> None:
        self.records: dict[str, list[Transaction]] = {}
        self.kept: set[tuple[int, int | None, str, int]] = set()
        self.counted = 0
        self._numbers = 0

    def take(self, called: str, event: Event) -> None:
        found = self.records.setdefault(called, [])
        known = choose(found, event)
        if known is None or opens_anew(known, event):
            self._numbers += 1
            known = begin(self._numbers, 1, called, len(found))
            found.append(known)
        mark = (known.id, event.seq_no, event.kind, event.at)
        if may_be_repeat(known, event) and mark in self.kept:
            return
        self.kept.add(mark)
        self.counted += 1
        after = fold(known, event).transaction
        found[[one.id for one in found].index(known.id)] = after


def wrong(sessions: Sequence[Session], delivered: dict[str, list[Event]], ledger: Ledger) -> list[str]:
    """Where the ledger differs from what the stations' books and the line's say; empty: nowhere."""
    found: list[str] = []
    if ledger.counted != sum(len(events) for events in delivered.values()):
        found.append(f"{ledger.counted} events were counted")
    for session in sessions:
        events = delivered.get(session.id, [])
        if not events:
            continue
        (one,) = ledger.records[session.id]
        found += [f"{session.id}: {fault}" for fault in _faults(session, events, one)]
    return found


def _faults(session: Session, events: list[Event], one: Transaction) -> list[str]:
    faults = []
    numbers = sorted(event.seq_no or 0 for event in events)
    missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    ends = {event.kind for event in events}
    whole = {"started", "ended"} <= ends and not missing
    straight = begin(one.id, 1, session.id)
    for event in sorted(events, key=lambda event: (event.seq_no, event.at)):
        straight = fold(straight, event).transaction
    if replace(one, noted=()) != replace(straight, noted=()):
        faults.append("another order makes another record")
    if one.gaps != missing[:1000] or one.complete != whole:
        faults.append(f"missing {missing}, but it names {one.gaps}")
    values = [event.readings[0].value for event in events]
    measured = max(values) - min(values)
    if one.energy_wh > round(measured, 3):
        faults.append(f"{one.energy_wh} Wh of {measured}")
    if {"started", "ended"} <= ends and abs(one.energy_wh - measured) > 0.001:
        faults.append(f"{one.energy_wh} Wh, the register says {measured}")
    return faults


class Line:
    """Carries what the station says, as the dice have it."""

    def __init__(self, station: Station, ledger: Ledger) -> None:
        self.station, self.ledger = station, ledger
        self.delivered: dict[str, list[Event]] = {}
        self.sent: list[tuple[str, Event]] = []

    def deliver(self, place: int) -> None:
        called, event = self.station.outbox.pop(place % len(self.station.outbox))
        self.delivered.setdefault(called, []).append(event)
        self.sent.append((called, event))
        self.ledger.take(called, event)

    def lose(self, place: int) -> None:
        self.station.outbox.pop(place % len(self.station.outbox))

    def repeat(self, place: int, offline: bool) -> None:
        """Its answer was lost: the station says it again, perhaps from its queue."""
        called, event = self.sent[place % len(self.sent)]
        self.ledger.take(called, replace(event, offline=offline))

    def drain(self, dice: Random) -> None:
        """All that is left comes, in any order."""
        while self.station.outbox:
            self.deliver(dice.randrange(len(self.station.outbox)))


def live(dice: Random, events: int) -> tuple[Station, Line]:
    """A life of so many events, by dice: sessions, outages, reboots, jumps of the clock, losses, repeats."""
    station, ledger = Station(evses=4, per_evse=dice.random() < 0.3), Ledger()
    line, told = Line(station, ledger), 0
    while told < events:
        before, evse_id, what = len(station.outbox), dice.randint(1, 4), dice.random()
        if evse_id not in station.running:
            station.start(evse_id)
        elif what < 0.80:
            station.charge(evse_id, dice.randrange(100), dice.random() * 900)
        elif what < 0.95:
            station.end(evse_id)
        elif what < 0.97:
            station.offline = not station.offline
        elif what < 0.98:
            station.reboot()
        else:
            station.jump(dice.randint(-100_000, 100_000))
        told += len(station.outbox) - before
        while station.outbox and not station.offline and dice.random() < 0.9:
            place = dice.randrange(len(station.outbox))
            line.lose(place) if dice.random() < 0.03 else line.deliver(place)
            if line.sent and dice.random() < 0.1:
                line.repeat(len(line.sent) - 1 - min(len(line.sent) - 1, dice.randrange(20)), dice.random() < 0.5)
    line.drain(dice)
    return station, line
