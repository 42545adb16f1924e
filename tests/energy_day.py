"""A day of a site with sixty EVSEs, second by second: four panels behind one grid connection, a load of its own,
stations of seven characters, a demand response event with our restart in it, a minute of a thousand limit changes.

The rules are the real ones (domain/control.py); stations and cars are played here. `Day.run` counts for how long each
fuse is exceeded: what the cars draw, held against the most that was left for them at any moment of the last cycle,
because nobody can follow a limit or a load before it changed.
"""

from __future__ import annotations

import time
from collections import deque
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from ohmstead.domain.allocation import Node, Phases
from ohmstead.domain.control import Ordered, noted, regulate
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.domain.regulation import Account, Evse, Order
from ohmstead.domain.site_limits import SiteLimit, effective

T = 1_764_000_000 * SECOND
MANNERS = ("ignores", "ignores", "default_obeyed", "default_obeyed", *["rounds"] * 6, *["forgets"] * 6, *["amps"] * 4,
           *["frozen"] * 4, *["good"] * 36)  # fmt: skip
RATING, LEAST, REACTS, MEASURES = 32.0, 6.0, 2, 10
"""Amperes; seconds until a new limit is what is drawn, and between two measurements."""
GRID_A, PANEL_A = 200.0, 80.0
HOUR, CYCLE = 3600, 10
EVENT, RESTART, STORM = (17 * HOUR, 19 * HOUR), (17 * HOUR + 2400, 20), (20 * HOUR, 60)
"""Seconds of the day: from and to; from and for how long."""
EVENT_W = 90_000.0
TOLERANCE = 0.5
_account = msgspec.json.Decoder(Account)


class Bay:
    """An EVSE, its station, and the car that may be there."""

    def __init__(self, n: int, manner: str, visits: list[tuple[int, int, float, float]]) -> None:
        phases = (0, 1, 2) if n % 4 else ((n // 4) % 3,)
        self.evse = Evse(key=(f"CS{n}", 1), node=f"panel{n % 4}", station=n, phases=phases, connected_since=T - SECOND)
        self.manner, self.visits, self.offset = manner, visits, n % MEASURES
        self.draws, self.wish_a, self.left_wh, self.leaves = 0.0, 0.0, 0.0, 0
        self.got_wh, self.wanted_wh = 0.0, 0.0
        self.default_a: float | None = None
        self.own: tuple[float, int] | None = None
        self.station_a = 1e9
        self.since: tuple[float, int] = (0.0, 0)
        """The limit that counts, and from when on the car follows it."""
        self.asked = False
        self.writes = 0

    def take(self, order: Order, now: int) -> str:
        self.writes += 1
        limit = float(int(order.limit_a)) if self.manner == "rounds" else order.limit_a
        if order.purpose == "TxProfile":
            self.own = (limit, 2**62 if order.duration_s is None else now + order.duration_s * SECOND)
        elif order.purpose == "TxDefaultProfile":
            self.default_a = limit
        else:
            self.station_a = limit
        return "accepted"

    def limit(self, now: int) -> float:
        own = None if self.own is None or now >= self.own[1] else self.own[0]
        if self.manner == "ignores":
            return RATING
        limit = self.default_a if own is None or self.manner == "default_obeyed" else own
        return min(RATING if limit is None else limit, self.station_a)

    def live(self, second: int, now: int) -> None:
        """One second: the car follows the limit, after a while; the meter may tell."""
        if self.evse.transaction_id is None:
            return
        limit = self.limit(now)
        if limit != self.since[0]:
            self.since = (limit, second + REACTS)
        if second >= self.since[1]:
            wants = self.wish_a if self.left_wh > 0 else 0.0
            self.draws = min(limit, wants) if limit >= LEAST else 0.0
            if self.draws < LEAST:
                self.draws = 0.0
        watts = self.draws * VOLTAGE * len(self.evse.phases)
        self.left_wh -= watts / 3600
        self.got_wh += watts / 3600
        if not self.evse.online or not (self.asked or second % MEASURES == self.offset):
            return
        self.asked = False
        if self.manner != "frozen" or self.evse.measured_w is None:
            shown = watts * VOLTAGE if self.manner == "amps" else watts
            self.evse = replace(self.evse, measured_w=shown)
        self.evse = replace(self.evse, measured_at=now)

    def come_and_go(self, second: int, now: int) -> bool:
        """Whether a car came or left."""
        if self.evse.transaction_id is not None and second >= self.leaves:
            self.draws, self.own = 0.0, None
            self.evse = replace(self.evse, transaction_id=None, measured_w=None)
            return True
        if self.evse.transaction_id is None and self.visits and self.visits[0][0] <= second:
            _, self.leaves, self.left_wh, self.wish_a = self.visits.pop(0)
            self.wanted_wh += self.left_wh
            self.since = (0.0, second)
            self.evse = replace(self.evse, transaction_id=f"tx{second}", started_at=now, measured_w=None)
            return True
        return False

    def link(self, second: int, now: int) -> bool:
        """Its connection breaks every three hours for a minute; some forget all of their profiles then."""
        at = (second + self.evse.station * 177) % (3 * HOUR)
        if at == 0:
            self.evse = replace(self.evse, online=False)
        elif at == 60:
            self.evse = replace(self.evse, online=True, connected_since=now)
            if self.manner == "forgets":
                self.own, self.default_a = None, None
            return True
        return False


def visits_of(dice: Random) -> list[tuple[int, int, float, float]]:
    """From, to, Wh, A: a car in the morning and one in the evening, most of the time."""
    found = []
    for hour, stays in ((8.0, 7.0), (17.0, 5.0)):
        if dice.random() < 0.85:
            begin = int((hour + dice.gauss(0, 0.8)) * HOUR)
            end = begin + int(max(1.0, stays + dice.gauss(0, 1.0)) * HOUR)
            found.append((begin, min(end, 24 * HOUR - 1), dice.uniform(8_000, 45_000), float(dice.randint(8, 32))))
    return found


class Day:
    """The site; `run` lets a time of the day happen."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, Random(seed)
        manners = list(MANNERS)
        self.dice.shuffle(manners)
        self.bays = {bay.evse.key: bay for bay in (Bay(n, m, visits_of(self.dice)) for n, m in enumerate(manners))}
        self.load, self.told_load = 20.0, (20.0, 20.0, 20.0)
        self.entries = [
            SiteLimit(id=1, limit_w=EVENT_W, start=T + EVENT[0] * SECOND, end=T + EVENT[1] * SECOND, is_event=True)
        ]
        self.answers: dict[str, str] = {}
        self.count, self.turns, self.cpu_s = 0, 0, 0.0
        self.over: dict[str, int] = {}
        self.excesses: list[tuple[int, str, float, int]] = []
        """When one began (seconds of the day), at which fuse, by how many amperes at most, for how long."""
        self.while_away: list[tuple[int, str, float, int]] = []
        self.told: dict[str, int] = {}
        self.peak: dict[str, float] = {}
        self.next_turn = 0
        self.storm_s = STORM[1]
        self.left: dict[str, deque[float]] = {}
        """What each fuse left to the cars in every second of the last cycle."""

    def nodes(self, load: Phases, now: int) -> list[Node]:
        limit = effective(3 * VOLTAGE * GRID_A, self.entries, now)
        grid = Node("grid", "grid", None, (GRID_A,) * 3, limit.limit_w, load)
        return [grid, *(Node(f"panel{n}", f"panel {n}", "grid", (PANEL_A,) * 3) for n in range(4))]

    def turn(self, now: int) -> bool:
        """A turn of the control; whether it wants the next one soon."""
        begun, self.turns = time.process_time(), self.turns + 1
        evses = [bay.evse for bay in self.bays.values()]
        decision = regulate(self.nodes(self.told_load, now), evses, self.answers, now)
        self.cpu_s += time.process_time() - begun
        for key, account in decision.accounts.items():
            self.bays[key].evse = replace(self.bays[key].evse, account=account)
        for order in decision.orders:
            self.count += 1
            bay, id = self.bays[order.key], f"c{self.count}"
            self.answers[id] = bay.take(order, now)
            bay.evse = replace(bay.evse, account=noted(bay.evse.account, Ordered(order, id), now))
        for key in decision.asks:
            self.bays[key].asked = True
        for told in decision.told:
            self.told[told.kind] = self.told.get(told.kind, 0) + 1
        return decision.watch

    def restart(self) -> None:
        """All that is left of the control is what the database has; what was on its way has no answer."""
        self.answers = dict.fromkeys(self.answers, "gone")
        for bay in self.bays.values():
            stored = _account.decode(msgspec.json.encode(bay.evse.account))
            bay.evse = replace(bay.evse, account=stored)

    def run(self, begin: int, end: int) -> None:
        for second in range(begin, end):
            now = T + second * SECOND
            rung = self._world(second, now)
            if second == RESTART[0]:
                self.restart()
            away = RESTART[0] <= second < RESTART[0] + RESTART[1]
            if STORM[0] <= second < STORM[0] + self.storm_s:
                for _ in range(17):
                    self.entries[1:] = [SiteLimit(id=2, limit_w=self.dice.uniform(60_000, 130_000))]
                    self.turn(now)
                rung = True
            elif len(self.entries) > 1:
                del self.entries[1:]
            if not away and (rung or second >= self.next_turn):
                self.next_turn = second + (1 if self.turn(now) else 10)
            for bay in self.bays.values():
                bay.live(second, now)
            self._judge(second, now)
            if second == RESTART[0] + RESTART[1] - 1:
                self._close(second, self.while_away)  # from here on it is ours again

    def _world(self, second: int, now: int) -> bool:
        """Cars, connections and the load; whether the control is rung."""
        rung = False
        for bay in self.bays.values():
            rung |= bay.come_and_go(second, now)
            rung |= bay.link(second, now)
        if second % 300 == 0:
            busy = 60 if 8 * HOUR <= second < 18 * HOUR else 15
            self.load = Random(self.seed * 100_000 + second).uniform(0.3, 1.0) * busy
        if second % 300 == 5:  # the building's meter tells it
            self.told_load = (self.load,) * 3
            rung = True
        return rung

    def _judge(self, second: int, now: int) -> None:
        """For how long which fuse is exceeded."""
        drawn = {f"panel{n}": [0.0, 0.0, 0.0] for n in range(4)} | {"grid": [0.0] * 3}
        for bay in self.bays.values():
            for phase in bay.evse.phases if bay.draws else ():
                drawn[bay.evse.node][phase] += bay.draws
                drawn["grid"][phase] += bay.draws
        limit_w = effective(3 * VOLTAGE * GRID_A, self.entries, now).limit_w or 0.0
        left = dict.fromkeys(drawn, PANEL_A) | {"grid": GRID_A - self.load, "grid W": limit_w / VOLTAGE - 3 * self.load}
        drawn["grid W"] = [sum(drawn["grid"])]
        for id, amps in left.items():
            window = self.left.setdefault(id, deque(maxlen=CYCLE))
            window.append(amps)
            over = max(drawn[id]) - max(window)
            if over > TOLERANCE:
                self.over[id] = self.over.get(id, 0) + 1
                self.peak[id] = max(self.peak.get(id, 0.0), over)
            elif id in self.over:
                self._close(second, self.excesses, id)

    def _close(self, second: int, where: list[tuple[int, str, float, int]], *ids: str) -> None:
        for id in ids or list(self.over):
            where.append((second - self.over[id], id, round(self.peak.pop(id), 1), self.over.pop(id)))

    def outcome(self) -> dict[str, Any]:
        wanted = sum(bay.wanted_wh for bay in self.bays.values())
        return {
            "longest_s": max((one[3] for one in self.excesses), default=0),
            "longest_while_away_s": max((one[3] for one in self.while_away), default=0),
            "excesses": len(self.excesses),
            "worst": sorted(self.excesses, key=lambda one: -one[3])[:5],
            "seconds_over": sum(one[3] for one in self.excesses),
            "served_percent": round(100 * sum(bay.got_wh for bay in self.bays.values()) / wanted, 1) if wanted else 100,
            "profiles": sum(bay.writes for bay in self.bays.values()),
            "turns": self.turns,
            "ms_per_turn": round(1000 * self.cpu_s / max(1, self.turns), 2),
            "told": self.told,
        }
