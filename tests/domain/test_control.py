"""The control against a site that is simulated second by second: whatever stations do, no fuse is exceeded for longer
than a cycle may take to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.allocation import Node
from ohmstead.domain.control import Ordered, fail_safe, noted, regulate
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.domain.regulation import STAGES, Account, Decision, Evse, Order, Reset, ResetLeave, Rules, Told, believed
from ohmstead.domain.tails import Tail
from tests.domain.test_profiles import T
from tests.energy_day import CYCLE, RESTART, STORM, Day

RULES = Rules()


class Bay:
    """One EVSE with a car, and a station with a character of its own."""

    def __init__(self, n: int, manner: str = "good", wish_a: float = 32.0) -> None:
        self.evse = Evse(key=(f"CS{n}", 1), node="site", station=n)
        self.manner, self.wish_a = manner, wish_a
        self.draws = 0.0
        self.car = False
        self.default_a: float | None = None
        self.own_a: float | None = None
        self.own_until = 0
        self.station_a = 1e9
        self.shown: tuple[float, int] | None = None

    def take(self, order: Order, now: int) -> str:
        """A profile was sent."""
        if self.manner == "refuses" or (self.manner == "defaults_only" and order.purpose == "TxProfile"):
            return "rejected"
        if self.manner == "silent" and order.transaction_id is not None:
            return "timed_out"
        until = 2**62 if order.duration_s is None else now + order.duration_s * SECOND
        limit = float(int(order.limit_a)) if self.manner == "rounds" else order.limit_a
        if order.purpose == "TxProfile":
            self.own_a, self.own_until = limit, until
        elif order.purpose == "TxDefaultProfile":
            self.default_a = limit
        else:
            self.station_a = limit
        return "accepted"

    def limit(self, now: int) -> float:
        if self.manner in ("ignores", "hangs"):
            return 32.0
        if self.manner == "default_obeyed":
            own = self.default_a
        else:
            own = self.own_a if self.own_a is not None and now < self.own_until else self.default_a
        return min(32.0 if own is None else own, self.station_a)

    def live(self, now: int) -> None:
        limit = self.limit(now) if self.car else 0.0
        self.draws = min(limit, self.wish_a) if limit >= 6 else 0.0
        if self.car and self.manner != "frozen":
            factor = VOLTAGE * 3 if self.manner == "amps" else 1.0
            self.shown = (self.draws * VOLTAGE * 3 * factor, now)
        elif self.car and self.shown is None:
            self.shown = (0.0, now)


class Site:
    """Bays behind one fuse, and the control every ten seconds."""

    def __init__(self, limit_a: float, bays: list[Bay]) -> None:
        self.nodes = [Node("site", "the site", limit_a=(limit_a,) * 3)]
        self.bays = {bay.evse.key: bay for bay in bays}
        self.now = T
        self.answers: dict[str, str] = {}
        self.told: list[Told] = []
        self.orders: list[tuple[int, Order]] = []
        self.resets: list[Reset] = []
        self.over_s = 0
        """For how long the fuse is exceeded, and the longest that ever was."""
        self.longest_s = 0
        self.count = 0

    def plug(self, bay: Bay) -> None:
        bay.car = True
        bay.evse = replace(bay.evse, transaction_id=f"tx{self.count}", started_at=self.now)
        self.count += 1

    def unplug(self, bay: Bay) -> None:
        bay.car, bay.own_a, bay.shown = False, None, None
        bay.evse = replace(bay.evse, transaction_id=None, measured_w=None)

    @property
    def draws(self) -> float:
        return sum(bay.draws for bay in self.bays.values())

    def turn(self) -> Decision:
        for bay in self.bays.values():
            if bay.shown is not None and bay.evse.online:
                bay.evse = replace(bay.evse, measured_w=bay.shown[0], measured_at=bay.shown[1])
        decision = regulate(self.nodes, [bay.evse for bay in self.bays.values()], self.answers, self.now, RULES)
        for key, account in decision.accounts.items():
            self.bays[key].evse = replace(self.bays[key].evse, account=account)
        for order in decision.orders:
            self.count += 1
            bay, id = self.bays[order.key], f"c{self.count}"
            self.answers[id] = bay.take(order, self.now)
            bay.evse = replace(bay.evse, account=noted(bay.evse.account, Ordered(order, id), self.now))
            self.orders.append((self.now, order))
        for reset in decision.resets:
            bay = self.bays[reset.key]
            bay.manner = "good" if bay.manner == "hangs" else bay.manner
            bay.own_a, bay.evse = None, replace(bay.evse, connected_since=self.now + SECOND)
        self.resets += decision.resets
        self.told += decision.told
        return decision

    def run(self, seconds: int, each: Callable[[], None] | None = None) -> None:
        watch = False
        for n in range(seconds):
            if n % 10 == 0 or watch:
                watch = self.turn().watch
            if each is not None:
                each()
            self.now += SECOND
            for bay in self.bays.values():
                bay.live(self.now)
            fuse = (self.nodes[0].limit_a or (0.0,))[0]
            self.over_s = self.over_s + 1 if self.draws > fuse + 0.5 else 0
            self.longest_s = max(self.longest_s, self.over_s)


def site(limit_a: float, *manners: str) -> Site:
    one = Site(limit_a, [Bay(n, manner) for n, manner in enumerate(manners)])
    one.run(30)  # fail-safes go out before the first car
    return one


def test_cars_come_and_share_what_there_is() -> None:
    one = site(48, *["good"] * 4)
    for bay in one.bays.values():
        one.plug(bay)
        one.run(40)
    one.run(60)
    assert [bay.draws for bay in one.bays.values()] == pytest.approx([12] * 4)
    assert one.longest_s == 0
    first = next(iter(one.bays.values()))
    one.unplug(first)
    one.run(90)
    assert sum(bay.draws for bay in one.bays.values()) == pytest.approx(48, abs=0.5)
    assert {told.kind for told in one.told} == {"limit.applied"}


def test_the_fail_safe_is_safe_with_a_car_at_every_evse() -> None:
    one = site(40, *["good"] * 9)
    safe = [bay.default_a for bay in one.bays.values()]
    assert sum(one or 0 for one in safe) <= 40
    assert sorted(safe, key=float) == pytest.approx([0, 0, 0] + [6.6] * 6)
    for bay in one.bays.values():
        one.plug(bay)
    for _ in range(1200):  # nobody commands them any more
        one.now += SECOND
        for bay in one.bays.values():
            bay.live(one.now)
        assert one.draws <= 40


def test_orders_lapse_to_the_fail_safe_when_we_are_gone() -> None:
    one = site(32, "good", "good")
    one.plug(one.bays["CS0", 1])
    one.run(60)
    assert one.draws == pytest.approx(32)
    one.now += 1000 * SECOND
    for bay in one.bays.values():
        bay.live(one.now)
    assert one.draws == pytest.approx(16)


def test_an_offline_station_is_counted_at_its_order_then_at_its_fail_safe() -> None:
    one = site(48, "good", "good")
    away, other = one.bays["CS0", 1], one.bays["CS1", 1]
    one.plug(away)
    one.plug(other)
    one.run(60)
    assert (away.draws, other.draws) == (24, 24)
    away.evse = replace(away.evse, online=False)
    one.unplug(other)
    one.run(60)
    one.plug(other)
    one.run(1200)
    assert away.evse.account.code == "offline"
    assert (away.draws, other.draws) == (24, 24)
    one.nodes = [replace(one.nodes[0], limit_a=(40.0,) * 3)]
    one.run(60)
    assert one.draws <= 40


@pytest.mark.parametrize("manner", ["good", "rounds", "ignores", "defaults_only", "default_obeyed", "refuses", "frozen",
                                    "amps", "silent"])  # fmt: skip
def test_whatever_one_of_four_does_the_fuse_is_not_exceeded_for_longer_than_a_cycle(manner: str) -> None:
    one = site(64, "good", "good", "good", manner)
    for n, bay in enumerate(one.bays.values()):
        bay.wish_a = 32 - n
        one.plug(bay)
        one.run(30)
    one.run(900)
    # its car has five seconds, its meter is looked at every second meanwhile, and the others make room
    assert one.longest_s <= 10, manner
    assert one.over_s == 0, manner
    good = [bay.draws for bay in one.bays.values()][:3]
    assert min(good) >= 6


def test_one_who_ignores_its_limit_escalates_and_raises_an_alarm_and_calms_down() -> None:
    one = site(64, "good", "ignores")
    one.nodes = [replace(one.nodes[0], limit_a=(40.0,) * 3)]
    for bay in one.bays.values():
        one.plug(bay)
    one.run(400)
    bad = one.bays["CS1", 1]
    purposes = [order.purpose for _, order in one.orders if order.key == bad.evse.key and order.transaction_id]
    assert list(dict.fromkeys(purposes)) == ["TxProfile", "TxDefaultProfile", "ChargingStationMaxProfile"]
    assert [told.kind for told in one.told if told.key == bad.evse.key] == ["limit.violated", "alarm"]
    assert one.draws <= 40.5
    bad.manner = "good"
    one.run(400)
    assert "calmed" in [told.kind for told in one.told]
    assert one.draws == pytest.approx(40, abs=1)
    one.unplug(bad)
    one.run(30)
    assert bad.station_a >= 32  # what stood for an order is lifted


@pytest.mark.parametrize(
    ("leave", "during", "afterwards", "told"),
    [
        ("never", [], [], ["limit.violated", "alarm", "calmed"]),
        ("idle", [], ["idle"], ["limit.violated", "alarm", "calmed"]),
        ("always", ["immediately"], [], ["limit.violated", "limit.applied"]),
    ],
)
def test_a_reset_is_the_last_resort_and_only_where_it_is_allowed(
    leave: ResetLeave, during: list[str], afterwards: list[str], told: list[str]
) -> None:
    one = site(64, "good", "hangs")
    one.nodes = [replace(one.nodes[0], limit_a=(40.0,) * 3)]
    bad = one.bays["CS1", 1]
    bad.evse = replace(bad.evse, reset=leave, connected_since=T)
    for bay in one.bays.values():
        one.plug(bay)
    one.run(500)
    assert [reset.when for reset in one.resets] == during
    one.unplug(bad)
    one.run(30)
    assert [reset.when for reset in one.resets] == during + afterwards
    assert [news.kind for news in one.told if news.key == bad.evse.key] == told
    assert one.over_s == 0


def test_no_second_reset_in_a_transaction_and_none_while_others_charge() -> None:
    one = site(64, "good", "ignores")
    bad = one.bays["CS1", 1]
    bad.evse = replace(bad.evse, reset="always", others_charge=True, connected_since=T)
    one.nodes = [replace(one.nodes[0], limit_a=(40.0,) * 3)]
    for bay in one.bays.values():
        one.plug(bay)
    one.run(500)
    assert (one.resets, bad.evse.account.reset_due) == ([], True)
    one.unplug(bad)
    bad.evse = replace(bad.evse, others_charge=False)
    one.plug(bad)
    one.run(600)
    assert [reset.when for reset in one.resets] == ["immediately"]
    assert (STAGES[bad.evse.account.stage], bad.evse.account.reset_due) == ("disobedient", False)


def test_a_thousand_changes_a_minute() -> None:
    one = site(64, *["good"] * 4)
    for bay in one.bays.values():
        one.plug(bay)
    one.run(60)
    before = len(one.orders)

    def change() -> None:
        for n in range(17):
            one.nodes = [replace(one.nodes[0], limit_a=(float(30 + (one.now // SECOND * 7 + n * 13) % 34),) * 3)]
            one.turn()

    one.run(10, change)
    assert one.longest_s <= 1
    raised: dict[Any, list[int]] = {}
    for at, order in one.orders[before:]:
        raised.setdefault(order.key, []).append(at)
    assert len(one.orders) - before < 17 * 10


def test_an_hour_of_the_day_with_our_restart_in_an_event_and_a_storm_of_limits() -> None:
    day = Day(1)
    day.storm_s = 2
    day.run(RESTART[0] - 30, RESTART[0] + 50)  # sixty EVSEs, most of their cars come at once
    day.run(STORM[0] - 2, STORM[0] + 14)
    found = day.outcome()
    assert found["longest_s"] <= CYCLE, found
    assert found["told"]["limit.applied"] > 10
    assert found["served_percent"] > 0


def test_increases_wait_and_decreases_do_not() -> None:
    one = site(32, "good", "good")
    one.plug(one.bays["CS0", 1])
    one.plug(one.bays["CS1", 1])
    one.run(60)
    one.orders.clear()
    one.unplug(one.bays["CS0", 1])
    at = one.now
    one.run(40)
    assert [(order.limit_a, when - at < 20 * SECOND) for when, order in one.orders] == [(32, True)]
    one.nodes = [replace(one.nodes[0], limit_a=(10.0,) * 3)]
    one.orders.clear()
    one.run(1)
    assert [order.limit_a for _, order in one.orders if order.transaction_id] == [10]


def test_rotation_below_six_amperes_each() -> None:
    one = site(13, *["good"] * 3)
    for bay in one.bays.values():
        one.plug(bay)
    served: dict[Any, int] = {}

    def count() -> None:
        for key, bay in one.bays.items():
            served[key] = served.get(key, 0) + (bay.draws > 0)

    one.run(5400, count)
    assert one.longest_s == 0
    assert min(served.values()) > 2400  # of 5400 s, two of three at a time


def test_a_station_that_reconnects_is_told_again_once() -> None:
    one = site(32, "good")
    bay = one.bays["CS0", 1]
    one.plug(bay)
    one.run(60)
    one.orders.clear()
    bay.evse = replace(bay.evse, connected_since=one.now)
    bay.own_a = None  # it forgot
    one.run(60)
    told = [(order.purpose, order.limit_a) for _, order in one.orders]
    assert told == [("TxProfile", 32), ("TxDefaultProfile", 32)]


@pytest.mark.parametrize(("takes", "periods"), [(1, 1), (3, 3), (24, 7)])
def test_a_car_gets_no_more_periods_than_it_takes_and_is_told_again_when_it_asks(takes: int, periods: int) -> None:
    """K15.FR.07 (maxScheduleTuples), K16.FR.12."""
    one = site(32, "good")
    bay = one.bays["CS0", 1]
    one.plug(bay)
    quarter = 900 * SECOND
    tail = Tail(tuple(T + n * quarter for n in range(1, 7)), (10.0, 8.0, 12.0, 6.0, 9.0, 7.0), T + 7 * quarter)
    bay.evse = replace(bay.evse, need_a=10.0, tail=tail, periods_max=takes, transaction_id="t")
    rules = Rules(lapse_s=900, along_plan_s=7200)
    (first, *_) = regulate(one.nodes, [bay.evse], {}, T, rules).orders
    assert 1 + len([] if first.tail is None else list(first.tail.steps())) == periods
    told = replace(bay.evse, account=noted(bay.evse.account, Ordered(first, "c"), T))
    quiet = regulate(one.nodes, [told], {"c": "accepted"}, T + SECOND, rules)
    assert quiet.orders == []
    asking = replace(told, account=quiet.accounts[told.key], asked_at=T + 2 * SECOND)
    (again, *_) = regulate(one.nodes, [asking], {}, T + 2 * SECOND, rules).orders
    assert (again.purpose, again.limit_a) == ("TxProfile", first.limit_a)


def test_what_the_car_does_not_take_others_get_unless_it_is_on_one_phase() -> None:
    one = site(40, "good", "good")
    slow, other = one.bays.values()
    slow.wish_a = 8.0
    one.plug(slow)
    one.plug(other)
    one.run(300)
    assert (slow.draws, other.draws) == (8, pytest.approx(30, abs=0.6))
    one_phase = Evse(key=("X", 1), node="site", station=9, transaction_id="t", measured_w=20 * VOLTAGE, measured_at=T,
                     account=Account(accepted_a=20.0, transaction_id="t", lapses_at=2**62))  # fmt: skip
    decision = regulate([Node("site", "s", limit_a=(40.0,) * 3)], [one_phase], {}, T)
    assert decision.plan.shares["X", 1].limit_a == 32


def test_believed() -> None:
    evse = Evse(key=("X", 1), node="site", station=9)
    assert believed(evse, T) == 0
    assert believed(replace(evse, online=False), T) == 32
    assert believed(replace(evse, online=False, ever_seen=False), T) == 0
    assert believed(replace(evse, transaction_id="t", account=Account(default_a=6.0)), T) == 6


def test_fail_safe_gives_priority_its_minimum_first() -> None:
    evses = [Evse(key=("X", n), node="site", station=9, priority=n) for n in range(3)]
    found = fail_safe([Node("site", "s", limit_a=(13.0,) * 3)], evses)
    assert found["X", 0] == 0
    assert found["X", 1] >= 6
    assert found["X", 2] >= 6
