"""Whatever becomes of events on their way, the record says what the delivered ones say (tests/deliveries.py)."""

from __future__ import annotations

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.deliveries import Ledger, Line, Station, live, wrong

places = st.integers(0, 40)
evses = st.integers(1, 2)


class Delivery(RuleBasedStateMachine):
    """Rules are what may happen at a station, on the line and to the clock, in any order."""

    @initialize(per_evse=st.booleans())
    def begin(self, per_evse: bool) -> None:
        self.station, self.ledger = Station(per_evse=per_evse), Ledger()
        self.line = Line(self.station, self.ledger)

    @rule(evse_id=evses)
    def plug_or_unplug(self, evse_id: int) -> None:
        self.station.end(evse_id) if evse_id in self.station.running else self.station.start(evse_id)

    @rule(evse_id=evses, wh=st.integers(0, 5_000), seconds=st.integers(0, 900))
    def charge(self, evse_id: int, wh: int, seconds: int) -> None:
        self.station.charge(evse_id, wh, seconds)

    @rule(offline=st.booleans())
    def the_line_comes_or_goes(self, offline: bool) -> None:
        self.station.offline = offline

    @rule()
    def reboot(self) -> None:
        self.station.reboot()

    @rule(seconds=st.integers(-200_000, 200_000))
    def the_clock_is_set(self, seconds: int) -> None:
        self.station.jump(seconds)

    @precondition(lambda self: self.station.outbox)
    @rule(place=places)
    def deliver(self, place: int) -> None:
        self.line.deliver(place)

    @precondition(lambda self: self.station.outbox)
    @rule(place=places)
    def lose(self, place: int) -> None:
        self.line.lose(place)

    @precondition(lambda self: self.line.sent)
    @rule(place=places, offline=st.booleans())
    def repeat(self, place: int, offline: bool) -> None:
        self.line.repeat(place, offline)

    def teardown(self) -> None:
        if hasattr(self, "line"):
            self.line.drain(Random(7))
            assert wrong(self.station.sessions, self.line.delivered, self.ledger) == []


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_life_by_dice() -> None:
    station, line = live(Random(1), 3_000)
    assert wrong(station.sessions, line.delivered, line.ledger) == []
    assert len(station.sessions) > 100


def test_the_books_notice_what_is_wrong() -> None:
    station, line = live(Random(2), 300)
    called = next(called for called, (one,) in line.ledger.records.items() if one.complete)
    event = line.delivered[called].pop()
    assert wrong(station.sessions, line.delivered, line.ledger)
    line.delivered[called].append(event)
    assert wrong(station.sessions, line.delivered, line.ledger) == []
