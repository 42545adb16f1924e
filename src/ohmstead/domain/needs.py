"""Charging needs: so much energy by such a time. A need waits for its car, is active while that charges, and ends `met`
or `missed`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain import tokens
from ohmstead.domain.planning import HOUR, NEGLIGIBLE_WH
from ohmstead.domain.tails import Tail, tail_of
from ohmstead.domain.transactions import Transaction

NeedState = Literal["waiting", "active", "met", "missed", "cancelled", "replaced"]
OPEN = ("waiting", "active")
STALE = HOUR // 3
"""A plan older than this says nothing any more."""


class OfCar(Struct, frozen=True, omit_defaults=True):
    """What a car said of itself (NotifyEVChargingNeeds)."""

    max_periods: int | None = None
    cap_a: float | None = None
    min_a: float | None = None
    discharge_a: float = 0.0
    """The most it gives back, A per phase; it may, if this is above 0."""
    room_wh: float = 0.0
    """What it could give back when it said so, and still keep what its driver wants to have left."""
    ceiling_wh: float | None = None
    """What still went into its battery then; None: what it wants."""
    phases: int | None = None
    """How many phases it charges on, with alternating current."""


class Need(Struct, frozen=True, kw_only=True):
    """Energy in Wh, from the moment it began to count. `transaction` is the number of the one that it is for."""

    id: int
    tenant_id: int
    station_id: int | None = None
    evse_id: int | None = None
    vehicle_id: int | None = None
    token: str | None = None
    energy_wh: float
    soc_percent: float | None = None
    ready_by: int
    priority: int = 1
    source: Literal["api", "ev"] = "api"
    state: NeedState = "waiting"
    transaction: int | None = None
    from_wh: float | None = None
    delivered_wh: float = 0.0
    expected_wh: float | None = None
    feasible: bool | None = None
    reason: str | None = None
    ev: OfCar | None = None
    asked_at: int | None = None
    """When its car asked for a profile: one must follow within 60 s (K15.FR.08)."""
    created_at: int
    updated_at: int

    @property
    def rest_wh(self) -> float:
        return max(0.0, self.energy_wh - self.delivered_wh)

    @property
    def gives(self) -> bool:
        """Its car may be discharged: it is planned until it leaves, whatever it has by now."""
        return self.ev is not None and self.ev.discharge_a > 0


class Car(Struct, frozen=True):
    """A car in a plan: A per phase in each slot. `may_wait`: it gets no more than that, because other hours are
    cheaper."""

    station_id: str
    evse_id: int
    need: int
    transaction: int
    amps: list[float]
    watts_per_a: float
    delivered_wh: float
    may_wait: bool = False
    alone: list[float] = []
    """A per phase in each slot that its station may go on with when we are gone."""


class Plan(Struct, frozen=True):
    """A plan as it is kept. `edges` are the starts of the slots and the end of the last."""

    at: int
    edges: list[int]
    by: str
    why: str
    solve_ms: float
    unit: str | None
    cost: float | None
    cars: list[Car]
    limits: str = ""
    """Of which limits it was made: under others no station may go on along it."""

    def slot(self, at: int) -> int | None:
        """The slot of a moment; None: the plan says nothing of it."""
        found = [n for n, edge in enumerate(self.edges[:-1]) if edge <= at < self.edges[n + 1]]
        return found[0] if found else None

    def tail(self, car: Car) -> Tail | None:
        """What its station may go on with."""
        return tail_of(tuple(self.edges[: len(car.alone) + 1]), car.alone)

    def planned_wh(self, car: Car, until: int) -> float:
        """What a car was to have got since the plan was made."""
        slots = zip(self.edges, self.edges[1:], car.amps, strict=False)
        hours = ((max(0, min(end, until) - start) / HOUR, amps) for start, end, amps in slots)
        return sum(part * amps * car.watts_per_a for part, amps in hours)


def is_for(need: Need, transaction: Transaction, of_vehicle: Collection[str]) -> bool:
    """Whether a transaction is the one that a need waits for."""
    if need.transaction is not None:
        return need.transaction == transaction.id
    if need.station_id is not None and need.station_id != transaction.station_id:
        return False
    if need.evse_id is not None and need.evse_id != transaction.evse_id:
        return False
    wanted = [need.token] if need.token is not None else of_vehicle if need.vehicle_id is not None else None
    if wanted is None:
        return need.station_id is not None
    return transaction.token is not None and any(tokens.same(one, transaction.token) for one in wanted)


def net_wh(one: Transaction) -> float:
    """Energy into the car less what it gave back."""
    return one.energy_wh if one.exported is None else one.energy_wh - one.exported[1] + one.exported[0]


def followed(need: Need, transaction: Transaction | None, now: int) -> Need:
    """The need after what its transaction (None: it has none that runs) has delivered."""
    if transaction is not None:
        begun = need.from_wh if need.from_wh is not None else net_wh(transaction)
        delivered = net_wh(transaction) - begun
        delivered = delivered if need.gives else max(0.0, delivered)
        need = replace(need, state="active", transaction=transaction.id, from_wh=begun, delivered_wh=delivered)
    over = now >= need.ready_by or transaction is None
    if need.state == "active" and need.rest_wh <= NEGLIGIBLE_WH and (over or not need.gives):
        return replace(need, state="met", feasible=True, expected_wh=need.delivered_wh, reason=None)
    if need.state == "active" and transaction is None:
        return replace(need, state="missed", feasible=False, reason="its transaction ended before")
    if now >= need.ready_by:
        why = "no car came" if need.state == "waiting" else "it has less when its time is over"
        return replace(need, state="missed", feasible=False, reason=why)
    return need
