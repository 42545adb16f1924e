"""The control and the planner on a site that somebody else simulates: Caltech's 54 EVSEs in ACN-Sim (`acnportal`), beside
its own EDF, LLF and round robin, and the offline optimum of one linear programme that knows everything beforehand.

    python -m venv acn && acn/bin/pip install acnportal==0.3.3 highspy -e .
    acn/bin/python bench/acn.py [--seeds 20] [--svg FILE]

`acnportal` wants half of a data scientist's workshop, so it lives in an environment of its own. Ohmstead's part is the
real one: `optimised`, `schedule` and `regulate`, with orders that are accepted and meters that are read between two
periods of ACN-Sim (5 minutes). Currents are those the pods know (6 to 32 A, or 8, 16, 24, 32), so the 6 A minimum holds for
all. The optimum knows neither steps nor minimum: it is a bound, not something that can be reached.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import warnings
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

import highspy  # noqa: E402
import numpy as np  # noqa: E402
from acnportal import acnsim, algorithms  # noqa: E402
from msgspec.structs import replace  # noqa: E402

from ohmstead.domain.allocation import Node  # noqa: E402
from ohmstead.domain.control import Ordered, noted, regulate  # noqa: E402
from ohmstead.domain.planning import Demand, Slot, schedule, slot_edges  # noqa: E402
from ohmstead.domain.profiles import SECOND, VOLTAGE  # noqa: E402
from ohmstead.domain.regulation import Evse, Rules  # noqa: E402
from ohmstead.energy.optimiser import optimised  # noqa: E402

T = 1_764_000_000 * SECOND
PERIOD, DAY = 5, 288
"""Minutes, and periods of a day."""
SITE_V, MOST_A = 208.0, 32.0
PODS = {"CC": 80.0, "AV": 80.0}
BOX_STEP_A, MOST_BOX_A = 4, 480
TURNS = (0, 1, 8, 24, 40)
"""Seconds after the start of a period at which the control looks (every second, while something is on its way): lower, read
what was answered, see it at the meters, give, and once more."""
ANGLES = 24


def network() -> Any:
    return acnsim.network.sites.caltech_acn(basic_evse=False, voltage=SITE_V, transformer_cap=150)


def evses_of(site: Any) -> tuple[list[Node], dict[str, Evse]]:
    """The tree of the site, and its EVSEs, as Ohmstead takes them: a pair of lines is what a phase is elsewhere."""
    nodes = [Node("grid", "transformer", None, (240.5,) * 3)]
    pods: dict[str, str] = {}
    for n, name in enumerate(site.constraint_index):
        if (short := name.split()[0]) in PODS:
            nodes.append(Node(short, name, "grid", (PODS[short],) * 3))
            pods |= {id: short for id, part in zip(site.station_ids, site.constraint_matrix[n], strict=True) if part}
    angles = {30: 0, -90: 1, 150: 2}
    found = {}
    for n, id in enumerate(site.station_ids):
        steps = tuple(float(one) for one in site.allowable_rates[n] if one >= 6)
        phase = angles[int(site._phase_angles[n])]
        found[id] = Evse(key=(id, 1), node=pods.get(id, "grid"), station=n, phases=(phase,), steps=steps,
                         connected_since=T - SECOND)  # fmt: skip
    return nodes, found


def day(seed: int, site: Any) -> list[Any]:
    """A working day: most come between 7 and 11, some after noon; none wants more than its stay can bring."""
    dice, found = Random(seed), []
    for id in site.station_ids:
        at = int(dice.gauss(8.5, 1.2) * 60 / PERIOD)
        while at < DAY - 30:
            stay = max(12, int(dice.gauss(6.0 if at < 140 else 3.0, 1.8) * 60 / PERIOD))
            leaves, most = min(DAY - 2, at + stay), MOST_A * SITE_V / 1000 * PERIOD / 60
            wants = round(min(dice.uniform(4, 38), 0.9 * most * (leaves - at)), 2)
            if dice.random() < 0.9:
                battery = acnsim.Battery(wants, 0, MOST_A * SITE_V / 1000)
                found.append(acnsim.EV(max(0, at), leaves, wants, id, f"{id}-{at}", battery))
            at = leaves + int(dice.uniform(3, 30))
    return found


class Ohmstead(algorithms.BaseAlgorithm):
    """What is asked of it every period: the plan of the hours to come, then turns of the control."""

    def __init__(self, nodes: list[Node], evses: dict[str, Evse]) -> None:
        super().__init__()
        self.max_recompute = 1
        self.boxes = boxes(network())
        self.nodes, self.evses = nodes, dict(evses)
        self.rules = Rules()
        self.planned: dict[tuple[str, int], list[float]] = {}
        self.slots: list[Slot] = []
        self.made_of: Any = None
        self.writes = self.count = 0

    def schedule(self, active_sessions: Any) -> dict[str, list[float]]:
        now = T + self.interface.current_time * PERIOD * 60 * SECOND
        here = {one.station_id: one for one in active_sessions if one.remaining_demand > 1e-3}
        drawn = self.interface.last_actual_charging_rate
        self._choose(here)
        self._plan(here, now)
        for id, evse in self.evses.items():
            one = here.get(id)
            if one is None:
                self.evses[id] = replace(evse, transaction_id=None, measured_w=None, need_a=0.0)
                continue
            fresh = evse.transaction_id != one.session_id
            shown = None if fresh else drawn.get(one.session_id, 0.0) * VOLTAGE
            self.evses[id] = replace(
                evse, transaction_id=one.session_id, started_at=now if fresh else evse.started_at, measured_w=shown,
                measured_at=now, need_a=self._needs(evse.key, now),
            )  # fmt: skip
        for seconds, following in itertools.pairwise((*TURNS, PERIOD * 60)):
            self._turn(now + seconds * SECOND, now + following * SECOND)
        return {id: [self._limit(id)] for id in here}

    def _choose(self, here: dict[str, Any]) -> None:
        """The limits per pair of lines that are best now: for what is needed, as far as a pod lets it through, then where
        cars can wait least."""
        wanted: dict[tuple[str, int], list[float]] = {}
        for id, one in here.items():
            part = wanted.setdefault((self.evses[id].node, self.evses[id].phases[0]), [0.0, 0.0])
            wants = one.remaining_demand * 1000 / SITE_V * 60 / PERIOD
            part[0] += min(MOST_A, wants / max(1, one.remaining_time))
            part[1] += min(MOST_A, wants)
        needed, most = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        for (node, phase), part in wanted.items():
            needed[phase] += min(PODS.get(node, math.inf), part[0])
            most[phase] += min(PODS.get(node, math.inf), part[1])
        good = np.minimum(self.boxes, needed).sum(axis=1) * 1e4
        tight = [0.2 + part / max(1.0, whole) for part, whole in zip(needed, most, strict=True)]
        good += (np.minimum(self.boxes, most) * tight).sum(axis=1)
        self.nodes[0] = replace(self.nodes[0], limit_a=tuple(float(one) for one in self.boxes[good.argmax()]))

    def _plan(self, here: dict[str, Any], now: int) -> None:
        """A new plan when cars came or went, and every quarter of an hour."""
        made_of = (sorted(one.session_id for one in here.values()), now // (900 * SECOND))
        if made_of == self.made_of or not here:
            return
        self.made_of = made_of
        demands = [
            Demand(key=(id, 1), node=self.evses[id].node, phases=self.evses[id].phases, watts_per_a=SITE_V,
                   energy_wh=one.remaining_demand * 1000, steps=self.evses[id].steps, min_a=min(self.evses[id].steps),
                   ready_by=T + one.estimated_departure * PERIOD * 60 * SECOND)
            for id, one in here.items()
        ]  # fmt: skip
        edges = slot_edges(now, [one.ready_by for one in demands])
        last = max(one.ready_by for one in demands)
        self.slots = [Slot(one.start, one.end, self.nodes) for one in edges if one.start < last]
        found = optimised(self.slots, demands, [], 5.0)
        self.planned = schedule(self.slots, demands, found, "optimiser").amps

    def _needs(self, key: tuple[str, int], now: int) -> float:
        slot = next((n for n, one in enumerate(self.slots) if one.start <= now < one.end), None)
        return 0.0 if slot is None or key not in self.planned else self.planned[key][slot]

    def _turn(self, now: int, following: int) -> None:
        decision = regulate(self.nodes, list(self.evses.values()), self.answers(), now, self.rules)
        for (id, _), account in decision.accounts.items():
            self.evses[id] = replace(self.evses[id], account=account)
        for order in decision.orders:
            self.count += 1
            self.writes += order.transaction_id is not None
            evse = self.evses[order.key[0]]
            self.evses[order.key[0]] = replace(evse, account=noted(evse.account, Ordered(order, f"c{self.count}"), now))
        for id, evse in self.evses.items():
            if evse.transaction_id is not None and evse.measured_w is not None:  # its meter is asked
                shown = min(evse.measured_w, self._limit(id) * VOLTAGE)
                self.evses[id] = replace(evse, measured_w=shown, measured_at=following)

    def answers(self) -> dict[str, str]:
        return {one.command_id: "accepted" for evse in self.evses.values() for one in evse.account.sent}

    def _limit(self, id: str) -> float:
        """What the station has been told, whether its answer is read yet or not."""
        account = self.evses[id].account
        mine = self.evses[id].transaction_id
        sent = [one for one in account.sent if one.transaction_id == mine]
        if sent:
            return sent[-1].limit_a
        return account.accepted_a or 0.0 if account.transaction_id == mine else 0.0


def simulated(seed: int, scheduler: Any, site: Any) -> tuple[Any, list[Any]]:
    cars = day(seed, site)
    events = acnsim.EventQueue([acnsim.PluginEvent(one.arrival, one) for one in cars])
    run = acnsim.Simulator(site, scheduler, events, datetime(2026, 1, 5), period=PERIOD, verbose=False)
    run.run()
    return run, cars


def optimum(seed: int, site: Any) -> float:
    """kWh that could be delivered if everything were known, currents were free and none had a minimum."""
    cars, solver = day(seed, site), highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    wh_per_a = SITE_V / 1000 * PERIOD / 60
    lower: list[float] = []
    upper, cost, rows = [], [], []
    at: dict[tuple[int, int], list[int]] = {}
    pods: dict[tuple[str, int], list[int]] = {}
    angle = dict(zip(site.station_ids, site._phase_angles, strict=True))
    members = {name.split()[0]: {id for id, part in zip(site.station_ids, site.constraint_matrix[n], strict=True) if part}
               for n, name in enumerate(site.constraint_index) if name.split()[0] in PODS}  # fmt: skip
    for car in cars:
        mine = []
        for period in range(car.arrival, car.departure):
            column = len(cost)
            lower.append(0.0)
            upper.append(MOST_A)
            cost.append(-wh_per_a)
            mine.append(column)
            at.setdefault((period, int(angle[car.station_id])), []).append(column)
            for pod, ids in members.items():
                if car.station_id in ids:
                    pods.setdefault((pod, period), []).append(column)
        rows.append((-math.inf, car.requested_energy, mine, [wh_per_a] * len(mine)))
    rows += [(-math.inf, PODS[pod], columns, [1.0] * len(columns)) for (pod, _), columns in pods.items()]
    sums: dict[tuple[int, int], int] = {}
    for key, columns in at.items():  # a variable for what each pair of lines carries
        sums[key] = len(cost)
        lower.append(0.0)
        upper.append(1e4)
        cost.append(0.0)
        rows.append((0.0, 0.0, [*columns, sums[key]], [*([1.0] * len(columns)), -1.0]))
    parts = factors(site)
    for period in {period for period, _ in at}:
        here = {degrees: sums[period, degrees] for degrees in (30, -90, 150) if (period, degrees) in sums}
        for magnitude, weights in parts:
            for turned in range(ANGLES):
                theta = 2 * math.pi * turned / ANGLES
                values = [weights[one] * math.cos(math.radians(one) - theta) for one in here]
                rows.append((-math.inf, magnitude, list(here.values()), values))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(rows)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.array(cost), np.array(lower), np.array(upper)
    lp.row_lower_, lp.row_upper_ = np.array([one[0] for one in rows]), np.array([one[1] for one in rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(one[2]) for one in rows)])
    lp.a_matrix_.index_ = np.array([column for one in rows for column in one[2]])
    lp.a_matrix_.value_ = np.array([value for one in rows for value in one[3]])
    solver.passModel(lp)
    solver.run()
    return -float(solver.getInfo().objective_function_value)


def factors(site: Any) -> list[tuple[float, dict[int, float]]]:
    """Of each constraint of the transformer: its limit, and what a pair of lines counts there."""
    found = []
    for n, name in enumerate(site.constraint_index):
        if name.split()[0] not in PODS:
            row = site.constraint_matrix[n]
            weights = {int(a): float(part) for a, part in zip(site._phase_angles, row, strict=True)}
            found.append((float(site.magnitudes[n]), weights))
    return found


def judged(run: Any, cars: list[Any], writes: int) -> dict[str, float]:
    got = np.array([min(one.energy_delivered, one.requested_energy) for one in cars])
    wanted = np.array([one.requested_energy for one in cars])
    parts = got / wanted
    rates = run.charging_rates[:, : run.iteration]
    bad = sum(not run.network.is_feasible(rates[:, n : n + 1], violation_tolerance=0.01) for n in range(rates.shape[1]))
    return {
        "kwh": float(got.sum()), "violations": int(bad), "served": float((got > wanted - 0.05).mean() * 100),
        "jain": float(parts.sum() ** 2 / (len(parts) * (parts**2).sum())), "writes": writes / len(cars),
        "peak_kw": float(rates.sum(axis=0).max() * SITE_V / 1000),
    }  # fmt: skip


def schedulers() -> dict[str, Any]:
    sort = algorithms
    return {
        "EDF": lambda: sort.SortedSchedulingAlgo(sort.earliest_deadline_first),
        "LLF": lambda: sort.SortedSchedulingAlgo(sort.least_laxity_first),
        "round robin": lambda: sort.RoundRobin(sort.first_come_first_served),
        "uncontrolled": lambda: sort.UncontrolledCharging(),
    }


def boxes(site: Any) -> Any:
    """What may be drawn on each pair of lines at once, one below the other: at the corners of such a box all constraints of
    the transformer hold, and what they allow is convex."""
    sides = np.arange(0.0, MOST_BOX_A + 1, BOX_STEP_A)
    a, b = (one.ravel() for one in np.meshgrid(sides, sides))
    c, step = np.zeros_like(a), MOST_BOX_A / 2
    while step > 0.25:  # the highest that holds
        higher = c + step
        c, step = np.where(_holds(site, (a, b, higher)), higher, c), step / 2
    held = _holds(site, (a, b, c))
    return np.column_stack((a, b, c))[held]


def _holds(site: Any, box: Any) -> Any:
    held = np.ones(len(box[0]), dtype=bool)
    turned = [np.exp(1j * math.radians(angle)) for angle in (30, -90, 150)]
    for magnitude, weights in factors(site):
        for corner in itertools.product((0, 1), repeat=3):
            parts = zip((30, -90, 150), corner, box, turned, strict=True)
            held &= abs(sum(weights[angle] * one * side * turn for angle, one, side, turn in parts)) <= magnitude
    return held


def one_day(seed: int) -> dict[str, dict[str, float]]:
    best, found = optimum(seed, network()), {}
    site = network()
    ours = Ohmstead(*evses_of(site))
    run, cars = simulated(seed, ours, site)
    found["Ohmstead"] = judged(run, cars, ours.writes)
    for name, make in schedulers().items():
        site = network()
        run, cars = simulated(seed, make(), site)
        signals = run.pilot_signals[:, : run.iteration]
        found[name] = judged(run, cars, int((np.diff(signals, axis=1) != 0).sum()))
    for one in found.values():
        one["share"] = 100 * one["kwh"] / best
    return found


def plot(mean: dict[str, dict[str, float]]) -> str:
    """Bars of the energy by departure, beside the optimum; what breaks the limit is hatched."""
    bars = []
    for n, (name, one) in enumerate(mean.items()):
        height, x = 1.6 * one["share"], 40 + n * 100
        fill = "#b33" if one["violations"] else "#2f6f9f" if name == "Ohmstead" else "#9ab"
        more = f"breaks limits, {one['peak_kw']:.0f} kW" if one["violations"] else f"Jain {one['jain']:.3f}"
        bars.append(f'<rect x="{x}" y="{200 - height:.1f}" width="70" height="{height:.1f}" fill="{fill}"/>'
                    f'<text x="{x + 35}" y="{195 - height:.1f}" text-anchor="middle">{one["share"]:.1f} %</text>'
                    f'<text x="{x + 35}" y="216" text-anchor="middle">{name}</text>'
                    f'<text x="{x + 35}" y="231" text-anchor="middle" font-size="10">{more}</text>')  # fmt: skip
    title = "Energy by departure, % of the offline optimum: mean of the days, Caltech's site in ACN-Sim"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 245" font-family="sans-serif" font-size="12">'
        f'<rect width="560" height="245" fill="white"/><text x="20" y="18">{title}</text>'
        f'<path d="M30 40H540" stroke="#888" stroke-dasharray="4"/>{"".join(bars)}</svg>\n'
    )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seeds", type=int, default=20)
    given.add_argument("--svg", type=Path)
    options = given.parse_args()
    warnings.simplefilter("ignore")  # ACN-Sim warns of every period in which the uncontrolled break the limit
    days = []
    for seed in range(1, options.seeds + 1):
        days.append(one_day(seed))
        print(
            seed, " ".join(f"{name} {one['share']:.1f}" for name, one in days[-1].items()), file=sys.stderr, flush=True
        )
    names = list(days[0])
    mean = {name: {field: round(float(np.mean([one[name][field] for one in days])), 3) for field in days[0][name]}
            for name in names}  # fmt: skip
    for name in names:
        mean[name]["violations"] = sum(one[name]["violations"] for one in days)
    ours = [one["Ohmstead"]["share"] for one in days]
    others = [max(one[name]["share"] for name in ("EDF", "LLF", "round robin")) for one in days]
    worst = min(own - other for own, other in zip(ours, others, strict=True))
    print(json.dumps({"seeds": options.seeds, "lowest_share": round(min(ours), 2), "worst_to_best_other": round(worst, 2),
                      "mean": mean}, indent=1))  # fmt: skip
    if options.svg:
        options.svg.write_text(plot(mean))


if __name__ == "__main__":
    main()
