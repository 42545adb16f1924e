"""A site's current shared out: a tree of fuses, what is drawn there that nobody commands, and EVSEs that want some.

Everything is A per phase; a limit in W is a limit of the sum over the phases at nominal voltage. Three rules, in order:

1. What cannot be commanded (offline, disobedient) is counted first, at what it may draw.
2. By priority, then by turn, each EVSE that wants to charge gets its minimum, if every fuse above it has that left. Who
   gets none waits for its turn: below 6 A no car charges (IEC 61851), so sharing less would serve nobody.
3. What is left rises like water, in proportion to the weights, first up to what promises need, then up to what each can
   use; an EVSE stops at a full fuse above it. Then all is rounded down to the steps its station knows.

So no plan exceeds a fuse, and each share has the reason that stopped it. Pure, and quick enough to run at each change.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from ohmstead.domain.profiles import VOLTAGE

Key = tuple[str, int]
"""(station, EVSE)"""
Reason = tuple[str, str]
"""A code, and the words."""
Phases = tuple[float, float, float]
MIN_A = 6.0
_TINY = 1e-9


class Node(Struct, frozen=True):
    """A grid connection, panel or circuit. `load_a` is drawn there without being commanded; negative: fed in. `note`
    says in words what is in it, where a reason names the fuse."""

    id: str
    name: str
    parent: str | None = None
    limit_a: Phases | None = None
    limit_w: float | None = None
    load_a: Phases = (0.0, 0.0, 0.0)
    note: str = ""


class Point(Struct, frozen=True, kw_only=True):
    """An EVSE. `phases` are the site's phases it is wired to: 0, 1, 2."""

    key: Key
    node: str
    phases: tuple[int, ...] = (0, 1, 2)
    wants: bool = True
    cap_a: float = 32.0
    """The most it can use now; `cap_why` says why that is all."""
    cap_why: Reason = ("rating", "all it can give")
    min_a: float = MIN_A
    need_a: float = 0.0
    """What a promise needs on average."""
    priority: int = 1
    turn: float = 0.0
    """Among equals who is lower is served first."""
    steps: tuple[float, ...] = ()
    """The only currents its station knows; none: tenths of an ampere."""
    fixed_a: float | None = None
    """It cannot be commanded now, and may draw this; `cap_why` says why."""


class Share(Struct, frozen=True):
    """What an EVSE may draw per phase, and why not more: a code, and the words."""

    key: Key
    limit_a: float
    code: str
    text: str


class Plan(NamedTuple):
    """`violations` are fuses that what cannot be commanded may exceed already."""

    shares: dict[Key, Share]
    violations: list[str]


class _Fuse:
    """One constraint: a phase of a node, or (`volts`) its power. `left` is what is not given yet, `load` what is drawn
    there without being commanded."""

    __slots__ = ("left", "limit", "load", "name", "note", "rising", "volts", "weight")

    def __init__(self, name: str, limit: float, note: str, volts: float | None = None) -> None:
        self.name, self.limit, self.left, self.load = name, limit, limit, 0.0
        self.note, self.volts = note and f", {note}", volts
        self.rising, self.weight = 0, 0.0

    def carries(self, load: float) -> None:
        self.load += load
        self.left -= load

    def said(self, amps: float) -> str:
        """So many amperes in its own unit."""
        return f"{amps:.1f} A" if self.volts is None else f"{amps * self.volts / 1000:.1f} kW"


Wiring = dict[Key, list[tuple[_Fuse, float]]]


def wired(nodes: Iterable[Node], points: Iterable[Point], voltage: float = VOLTAGE) -> Wiring:
    """For each EVSE the fuses above it, and how much an ampere per phase of it counts there. Raises ValueError for a
    tree that is none."""
    by_id = {node.id: node for node in nodes}
    fuses = {node.id: _fuses(node, voltage) for node in by_id.values()}
    loads = _loads(by_id)
    for id, (phases, power) in fuses.items():
        for fuse, load in zip(phases, loads[id], strict=False):
            fuse.carries(load)
        if power is not None:
            power.carries(sum(loads[id]))
    paths = {id: _path(id, by_id) for id in by_id}
    wiring: Wiring = {}
    for point in points:
        found: list[tuple[_Fuse, float]] = []
        for id in paths[point.node]:
            phases, power = fuses[id]
            found += [(phases[phase], 1.0) for phase in point.phases if phases]
            if power is not None:
                found.append((power, float(len(point.phases))))
        wiring[point.key] = found
    return wiring


def _fuses(node: Node, voltage: float) -> tuple[list[_Fuse], _Fuse | None]:
    phases = [_Fuse(f"{node.name} L{n + 1}", limit, node.note) for n, limit in enumerate(node.limit_a or ())]
    return phases, None if node.limit_w is None else _Fuse(node.name, node.limit_w / voltage, node.note, voltage)


def _path(id: str, nodes: Mapping[str, Node]) -> list[str]:
    path: list[str] = []
    at: str | None = id
    while at is not None:
        if at in path or at not in nodes:
            raise ValueError(f"the tree of fuses is broken at {at}")
        path.append(at)
        at = nodes[at].parent
    return path


def _loads(nodes: Mapping[str, Node]) -> dict[str, list[float]]:
    """What is drawn below each node without being commanded, itself included."""
    total = {id: [0.0, 0.0, 0.0] for id in nodes}
    for node in nodes.values():
        for above in _path(node.id, nodes):
            for phase in range(3):
                total[above][phase] += node.load_a[phase]
    return total


# ---------------------------------------------------------------------- the plan


def allocate(nodes: Iterable[Node], points: Sequence[Point], voltage: float = VOLTAGE) -> Plan:
    """A share for each EVSE."""
    wiring = wired(nodes, points, voltage)
    given: dict[Key, float] = {}
    why: dict[Key, Reason] = {}
    for point in points:
        given[point.key] = point.fixed_a or 0.0
        if point.fixed_a is not None:
            _take(wiring[point.key], point.fixed_a)
            why[point.key] = point.cap_why
    violations = _violations(wiring, points)
    served = [point for point in points if point.fixed_a is None and _admitted(point, wiring, given, why)]
    for caps in ({p.key: min(p.need_a, p.cap_a) for p in served}, {p.key: p.cap_a for p in served}):
        _rise(served, caps, wiring, given, why)
    _round(served, wiring, given, why)
    shares = {
        one.key: Share(one.key, given[one.key], why[one.key][0], _worded(given[one.key], why[one.key][1], one))
        for one in points
    }
    return Plan(shares, violations)


def _violations(wiring: Wiring, points: Iterable[Point]) -> list[str]:
    """Fuses that are not safe whatever is ordered, in words: at worst, because each that cannot be commanded counts
    with the most that it may draw."""
    above: dict[int, tuple[_Fuse, list[float]]] = {}
    for point in points:
        for fuse, factor in wiring[point.key]:
            if fuse.left < -_TINY:
                above.setdefault(id(fuse), (fuse, []))[1].append((point.fixed_a or 0.0) * factor)
    said: dict[tuple[str, str], list[str]] = {}
    for fuse, fixed in above.values():
        name, _, phase = fuse.name.rpartition(" L")
        is_phase = fuse.volts is None
        where = (name if is_phase else fuse.name, _over(fuse, [amps for amps in fixed if amps > 0]))
        said.setdefault(where, []).extend([f"L{phase}"] if is_phase else [])
    return [f"{' '.join((name, ', '.join(phases))).strip()} {text}" for (name, text), phases in said.items()]


def _over(fuse: _Fuse, fixed: Sequence[float]) -> str:
    many = len(fixed) != 1
    who = f"{len(fixed)} EVSE{'s' * many} that cannot be commanded now (offline, or obeying no limit) may draw"
    parts = [f"{who} {fuse.said(sum(fixed))}"] if fixed else []
    parts += [f"{fuse.said(fuse.load)} are drawn beside the cars"] if fuse.load > 0 else []
    over = f"{fuse.said(-fuse.left)} more than its {fuse.said(fuse.limit)}"
    return f"may carry up to {over} at worst: {' and '.join(parts)}{fuse.note}"


def _worded(amps: float, why: str, point: Point) -> str:
    more = f"; priority {point.priority}" if point.priority != 1 else ""
    return f"{amps:g} A: {why}{more}"


def _take(fuses: list[tuple[_Fuse, float]], amps: float) -> None:
    for fuse, factor in fuses:
        fuse.left -= amps * factor


def _room(fuses: list[tuple[_Fuse, float]]) -> tuple[float, str]:
    """How many amperes more fit, and which fuse says so."""
    rooms = [(fuse.left / factor, fuse.name) for fuse, factor in fuses]
    return min(rooms, default=(math.inf, ""))


def _least(point: Point) -> float:
    """The lowest current with which it charges."""
    return min((step for step in point.steps if step >= point.min_a - _TINY), default=point.min_a)


def _admitted(point: Point, wiring: Wiring, given: dict[Key, float], why: dict[Key, Reason]) -> bool:
    if not point.wants:
        why[point.key] = ("idle", "nothing to charge")
    elif point.cap_a == 0:
        why[point.key] = point.cap_why
    elif point.cap_a < _least(point) - _TINY:
        why[point.key] = (point.cap_why[0], f"{point.cap_why[1]}, which is below the {_least(point):g} A it needs")
    else:
        why[point.key] = ("turn", "")
        return True
    return False


def _rise(
    served: list[Point], caps: Mapping[Key, float], wiring: Wiring, given: dict[Key, float],
    why: dict[Key, Reason],
) -> None:  # fmt: skip
    """First the minimum for each in turn, then the water."""
    rising = []
    for point in sorted(served, key=lambda one: (-one.priority, one.turn)):
        if given[point.key] == 0:
            least, (room, name) = _least(point), _room(wiring[point.key])
            if room < least - _TINY:
                why[point.key] = ("turn", f"waits for its turn: {name} has not {least:g} A left")
                continue
            given[point.key] = least
            _take(wiring[point.key], least)
        rising.append(point)
    _Water(rising, wiring, given, why).pour(caps)


class _Water:
    """All rise together, in proportion to their weights, each until its cap or a full fuse.

    They share one level: an EVSE has its base plus weight x level. What happens next is the lowest of all caps and
    fuses; a fuse's own level only rises while EVSEs below it stop, so an old entry of the heap is looked at again and
    never missed.
    """

    def __init__(self, rising: list[Point], wiring: Wiring, given: dict[Key, float], why: dict[Key, Reason]) -> None:
        self._wiring, self._given, self._why = wiring, given, why
        self._points = {one.key: one for one in rising}
        self._base = {one.key: given[one.key] for one in rising}
        self._weight = {one.key: float(max(1, one.priority)) for one in rising}
        self._below: dict[int, tuple[_Fuse, list[Key]]] = {}
        for one in rising:
            for fuse, factor in wiring[one.key]:
                if id(fuse) not in self._below:
                    self._below[id(fuse)] = (fuse, [])
                    fuse.rising, fuse.weight = 0, 0.0
                self._below[id(fuse)][1].append(one.key)
                fuse.rising += 1
                fuse.weight += self._weight[one.key] * factor

    def pour(self, caps: Mapping[Key, float]) -> None:
        heap: list[tuple[float, int, Key | int]] = [
            (max(0.0, caps[key] - base) / self._weight[key], n, key) for n, (key, base) in enumerate(self._base.items())
        ]
        fuses = enumerate(self._below.items(), len(heap))
        heap += [(max(0.0, fuse.left) / fuse.weight, n, number) for n, (number, (fuse, _)) in fuses]
        heapq.heapify(heap)
        rising = set(self._points)
        while heap and rising:
            level, n, what = heapq.heappop(heap)
            if isinstance(what, tuple):
                if what in rising:
                    self._stop(rising, what, level, self._points[what].cap_why)
                continue
            fuse, members = self._below[what]
            if not fuse.rising:
                continue
            now = max(0.0, fuse.left) / max(fuse.weight, _TINY)
            if now > level + _TINY:
                heapq.heappush(heap, (now, n, what))
                continue
            for key in members:
                if key in rising:
                    self._stop(rising, key, level, ("full", f"{fuse.name} is full{fuse.note}"))

    def _stop(self, rising: set[Key], key: Key, level: float, reason: Reason) -> None:
        rising.remove(key)
        more = self._weight[key] * level
        self._given[key], self._why[key] = self._base[key] + more, reason
        for fuse, factor in self._wiring[key]:
            fuse.rising -= 1
            fuse.weight -= self._weight[key] * factor
            fuse.left -= more * factor


def _round(served: list[Point], wiring: Wiring, given: dict[Key, float], why: dict[Key, Reason]) -> None:
    """Down to the steps of each; then, by turn, a step up where that was too much for its fuses' good, first for those
    whose promise needs it; what even that leaves rises in those that know tenths."""
    for one in served:
        _give(one, stepped(one, given[one.key]), wiring, given)
    some = [one for one in served if one.steps and given[one.key] > 0]
    fine = [one for one in served if not one.steps and given[one.key] > 0] if some else []
    some.sort(key=lambda one: (-one.priority, given[one.key] >= min(one.need_a, one.cap_a), one.turn))
    while some:
        some = [one for one in some if _stepped_up(one, wiring, given)]
    if fine:
        _Water(fine, wiring, given, why).pour({one.key: one.cap_a for one in fine})
        for one in fine:
            _give(one, stepped(one, given[one.key]), wiring, given)


def _give(one: Point, amps: float, wiring: Wiring, given: dict[Key, float]) -> None:
    _take(wiring[one.key], amps - given[one.key])
    given[one.key] = amps


def _stepped_up(one: Point, wiring: Wiring, given: dict[Key, float]) -> bool:
    """Whether there was room for one step more."""
    now = given[one.key]
    up = min((step for step in one.steps if step > now and step >= one.min_a), default=math.inf)
    if up > one.cap_a or _room(wiring[one.key])[0] < up - now:
        return False
    _give(one, up, wiring, given)
    return True


def stepped(point: Point, amps: float) -> float:
    """Down to a current that the station knows; what is below the minimum is nothing."""
    down = math.floor(amps * 10 + 1e-6) / 10
    if point.steps:
        down = max((step for step in point.steps if step <= down + _TINY), default=0.0)
    return down if down >= point.min_a - _TINY else 0.0


# ---------------------------------------------------------------------- the way there


def permitted(
    nodes: Iterable[Node], points: Sequence[Point], shares: Mapping[Key, Share], believed: Mapping[Key, float],
    voltage: float = VOLTAGE,
) -> dict[Key, float]:  # fmt: skip
    """What may be commanded now on the way to the plan. A decrease always; an increase only into what stays free while
    everybody else still draws what they are `believed` to, whether or not they were told to draw less."""
    wiring = wired(nodes, points, voltage)
    for one in points:
        _take(wiring[one.key], max(believed.get(one.key, 0.0), one.fixed_a or 0.0))
    found = {}
    for one in sorted(points, key=lambda one: (-one.priority, one.turn)):
        wanted, now = shares[one.key].limit_a, believed.get(one.key, 0.0)
        if one.fixed_a is not None or wanted <= now + _TINY:
            found[one.key] = wanted
            continue
        more = stepped(one, min(wanted, now + max(0.0, _room(wiring[one.key])[0])))
        found[one.key] = max(more, min(now, wanted)) if now >= one.min_a else more
        if found[one.key] > now:
            _take(wiring[one.key], found[one.key] - now)
    return found
