"""The cheapest schedule by a linear programme (HiGHS): one current for each car and slot.

    minimise   price x energy + a little for each hour of waiting + much for each Wh that is missing at departure;
               who could wait least waits dearest, so that there is most to choose from when others come
    subject to energy by departure + what is missing = what was promised, for each car
               what all below a fuse draw <= what it has left, for each fuse and slot
               of a car that gives back: what it may spare <= its energy at any time <= what its battery takes

`highspy` is the extra `optimize`; without it, or past the deadline, the caller pours water instead.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from typing import Any

from ohmstead.domain.allocation import Key, Node, Point, wired
from ohmstead.domain.planning import Demand, Slot, set_aside, usable_hours

IS_INSTALLED = importlib.util.find_spec("highspy") is not None
_WAITING = 1e-3
"""Of the spread of prices: what an hour later costs, so that equal prices are used at once."""
_PATIENT = 0.2
"""Of that, for a car that could wait for ever; one that cannot wait at all has as much and the whole."""
_LOST = 0.1
"""Of what a car gives back: what is lost on the way in and out."""
_MISSING = 100.0
"""Of the spread of prices: what a kWh costs that a car has not got."""


class NoSolution(Exception):
    """No schedule within the deadline; the message says why."""


def optimised(
    slots: Sequence[Slot], demands: Sequence[Demand], others: Sequence[Point], deadline_s: float
) -> dict[Key, list[float]]:
    """A per phase for each car and slot, before they are rounded. Raises NoSolution. Blocks: for a thread."""
    if not IS_INSTALLED:
        raise NoSolution("the optimiser is not installed (the extra `optimize`)")
    problem = _Problem(slots, demands, others)
    values = problem.solve(deadline_s)
    amps = {one.key: [0.0] * len(slots) for one in demands}
    for (key, n), column in problem.columns.items():
        amps[key][n] = max(0.0, values[column])
    for (key, n), column in problem.giving.items():
        amps[key][n] -= max(0.0, values[column])
    return amps


class _Problem:
    """The columns and rows, sparse, as HiGHS takes them."""

    def __init__(self, slots: Sequence[Slot], demands: Sequence[Demand], others: Sequence[Point]) -> None:
        self.columns: dict[tuple[Key, int], int] = {}
        self.giving: dict[tuple[Key, int], int] = {}
        """What a car gives back."""
        self._cost: list[float] = []
        self._upper: list[float] = []
        self._rows: list[tuple[float, float, list[int], list[float]]] = []
        prices = [slot.price for slot in slots if slot.price is not None]
        self._mean = sum(prices) / len(prices) if prices else 0.0
        self._spread = max(max(prices, default=0.0) - min(prices, default=0.0), abs(self._mean), 1e-3)
        for demand in demands:
            self._add_car(demand, slots)
        for n, slot in enumerate(slots):
            self._add_fuses(n, slot, demands, set_aside(others, slot, slots[0].start))

    def _column(self, cost: float, upper: float) -> int:
        self._cost.append(cost)
        self._upper.append(upper)
        return len(self._cost) - 1

    def _add_car(self, demand: Demand, slots: Sequence[Slot]) -> None:
        """Its currents while it is there, and the row that its energy is what was promised."""
        wanted = demand.energy_wh / 1000
        most_kwh = demand.cap_a * demand.watts * sum(usable_hours(slot, demand) for slot in slots) / 1000
        waiting = _WAITING * self._spread * (_PATIENT + min(1.0, max(0.0, wanted) / max(most_kwh, 1e-9)))
        index, kwh_per_a = [], []
        for n, slot in enumerate(slots):
            hours = usable_hours(slot, demand)
            if not hours:
                break
            kwh = demand.watts * hours / 1000
            price = self._mean if slot.price is None else slot.price
            later = (slot.start - slots[0].start) / 3.6e9 * waiting
            column = self._column((price + later) * kwh, demand.cap_a)
            self.columns[demand.key, n] = column
            index.append(column)
            kwh_per_a.append(kwh)
            if demand.give_a and slot.price is not None:
                self.giving[demand.key, n] = self._column((later - slot.price) * kwh, demand.give_a)
                index.append(self.giving[demand.key, n])
                kwh_per_a.append(-kwh / (1 - _LOST))
                between = -demand.room_wh / 1000, max(demand.ceiling_wh, demand.energy_wh, 0.0) / 1000
                self._rows.append((*between, list(index), list(kwh_per_a)))
        most = float("inf") if demand.give_a else wanted
        index.append(self._column(_MISSING * self._spread * demand.priority, max(0.0, wanted)))
        self._rows.append((wanted, most, index, [*kwh_per_a, 1.0]))

    def _add_fuses(self, n: int, slot: Slot, demands: Sequence[Demand], others: Sequence[Point]) -> None:
        """For each fuse that all cars together could exceed: what they draw there is at most what it has left."""
        there = [one for one in demands if (one.key, n) in self.columns]
        for left, below in _fuses(slot.nodes, there, others):
            if sum(factor * one.cap_a for one, factor in below) > left:
                index = [self.columns[one.key, n] for one, _ in below]
                self._rows.append((float("-inf"), max(0.0, left), index, [factor for _, factor in below]))

    def solve(self, deadline_s: float) -> Sequence[float]:
        """The values of the columns. Raises NoSolution."""
        import highspy
        import numpy

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("time_limit", deadline_s)
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(self._cost), len(self._rows)
        programme.col_cost_ = numpy.array(self._cost)
        programme.col_lower_ = numpy.zeros(len(self._cost))
        programme.col_upper_ = numpy.array(self._upper)
        programme.row_lower_ = numpy.array([row[0] for row in self._rows])
        programme.row_upper_ = numpy.array([row[1] for row in self._rows])
        matrix = programme.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = numpy.cumsum([0, *(len(row[2]) for row in self._rows)])
        matrix.index_ = numpy.array([one for row in self._rows for one in row[2]])
        matrix.value_ = numpy.array([one for row in self._rows for one in row[3]])
        solver.passModel(programme)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NoSolution(f"no plan within {deadline_s:g} s ({solver.modelStatusToString(solver.getModelStatus())})")
        return list(solver.getSolution().col_value)


def _fuses(
    nodes: Iterable[Node], demands: Sequence[Demand], others: Sequence[Point]
) -> list[tuple[float, list[tuple[Demand, float]]]]:
    """Each fuse: what it has left when what is not planned has its part, and the cars below it."""
    points = [Point(key=one.key, node=one.node, phases=one.phases) for one in demands]
    wiring = wired(nodes, [*points, *others])
    found: dict[int, tuple[float, list[tuple[Demand, float]]]] = {}
    for one in others:
        for fuse, factor in wiring[one.key]:
            fuse.left -= factor * (one.min_a if one.fixed_a is None else one.fixed_a)
    for demand in demands:
        for fuse, factor in wiring[demand.key]:
            found.setdefault(id(fuse), (fuse.left, []))[1].append((demand, factor))
    return list(found.values())
