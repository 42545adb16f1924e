"""One turn of a site's control: what was answered and measured, the plan, and what is to be ordered now. Pure.

Each EVSE has an account: what it was ordered, what it accepted and until when, how it obeys. From it follows what it
may draw at this moment, whatever it was told (`believed`): the plan counts with that, not with what we wish.

* Orders lapse (`Rules.lapse_s`) and are renewed; what then takes over is the plan of the hours to come, for a car that
  has one (tails.py), else the fail-safe TxDefaultProfile, and the sum of these is safe too. A station that is offline
  is counted at its order until that lapses, then at what takes over.
* Decreases are ordered at once, increases at most every `Rules.raise_every_s` for a station, and only into what is free
  while everybody else still draws what it may.
* Accepted is not applied (obedience.py). A lowered order is looked for at the meter, which is asked if it does not
  tell by itself (`Decision.asks`); until it is seen, nobody else gets what it sets free, unless the EVSE was seen to
  obey before. What is measured above its order is taken from the others at once; then it is ordered again in other
  words (STAGES), and in the end an alarm. Who did not obey in one transaction is not believed in the next, until its
  meter shows it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from msgspec import Struct

from ohmstead.domain.allocation import Key, Plan, Point, Reason
from ohmstead.domain.profiles import SECOND, VOLTAGE, Purpose
from ohmstead.domain.tails import MOST_PERIODS, Tail

Stage = Literal[
    "as_planned", "whole_amperes", "other_kind", "default_profile", "station_profile", "reset", "disobedient"
]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""How an order is put, each after the one before was not obeyed or was refused. `other_kind`: Relative, at the highest
stack level. `reset`: its station reboots, where its operator allows that (`Evse.reset`), then all begins anew."""
ResetLeave = Literal["never", "idle", "always"]
"""Whether a station that obeys no limit may be reset: when nothing charges there, or in the transaction too."""
LADDER = (0.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 32.0)
"""The currents that every station knows."""
FOREVER = 2**62
FULL = 1e6
STRIKES = 2
"""Measurements above the order, one after the other, until it is put in other words."""
DRAWS_A, BEGINS_S = 1.0, 120
"""Less than this shows nothing while its car may still begin; most begin within so many seconds."""
AROUND = 30 * SECOND
"""A station that goes on along its plan by its own clock is counted at the most of the time around now: others make
room before it takes more."""
IMPLAUSIBLE = 3.0
"""A measurement of more than so many times the rating is none: some stations report watts as amperes."""
Answers = Mapping[str, str]
"""Command -> its state."""


class Rules(Struct, frozen=True, kw_only=True):
    """How the control behaves; seconds and amperes."""

    lapse_s: int = 900
    raise_every_s: int = 15
    hysteresis_a: float = 0.5
    turn_s: int = 900
    """For how long at least one is served before it may have to wait for its turn again."""
    rest_s: int = 300
    """For how long at least it waits then; else two would change places in every turn."""
    react_s: int = 5
    """From when on after an order a measurement above it is taken from the others: a car has so long (IEC 61851)."""
    settle_s: int = 20
    """From when on after an order its measurement must obey."""
    stale_s: int = 300
    """A measurement older than this says nothing."""
    retry_s: int = 60
    along_plan_s: int = 0
    """For how long an order goes on along the plan, when it is not renewed."""


class Sent(Struct, frozen=True, array_like=True):
    """An order on its way."""

    command_id: str
    purpose: str
    limit_a: float
    at: int
    lapses_at: int
    transaction_id: str | None = None
    """None: a fail-safe."""
    setpoint_w: float | None = None
    tail: Tail | None = None
    phase: int | None = None

    @property
    def is_fail_safe(self) -> bool:
        return self.transaction_id is None


class Account(Struct, frozen=True, omit_defaults=True):
    """What is known of one EVSE's orders; as JSON it is stored."""

    sent: tuple[Sent, ...] = ()
    accepted_a: float | None = None
    accepted_at: int = 0
    before_a: float = FULL
    """What it might draw before the order was lowered, and when that was: for a while both are right."""
    lowered_at: int = 0
    lapses_at: int = 0
    transaction_id: str | None = None
    """The one the accepted order is for."""
    setpoint_w: float | None = None
    """It orders so much power out of the car (below 0)."""
    tail: Tail | None = None
    """What the order says beyond `lapses_at`."""
    default_a: float | None = None
    """The fail-safe it has."""
    default_at: int = 0
    default_tried_at: int = 0
    doubt_a: float = 0.0
    """An order whose answer never came, and until when it may count."""
    doubt_until: int = 0
    raised_at: int = 0
    capped: bool = False
    """It has a ChargingStationMaxProfile of ours."""
    served_at: int | None = None
    rested_at: int | None = None
    cut_at: int | None = None
    """When it had to make room for others, having been served."""
    stage: int = 0
    staged_for: str | None = None
    """The transaction in which it came to its stage."""
    staged_at: int = 0
    strikes: int = 0
    judged_at: int = 0
    seen_a: float = 0.0
    """The last measurement that was judged."""
    trusted: bool | None = None
    """Its meter once showed that it obeys a lower order; or that it does not; None: neither yet."""
    metered_at: int = 0
    """When its meter was asked last."""
    on_top_for: str | None = None
    """The transaction in which it was sent a profile at the highest stack level: that one must go with the next."""
    reset_at: int = 0
    reset_for: str | None = None
    """The transaction in which its station was reset: once is enough."""
    reset_due: bool = False
    """It obeyed nothing: its station is reset once nothing charges there."""
    applied: bool = False
    limit_a: float = 0.0
    """Its share in the last plan, with the reason."""
    code: str = "idle"
    text: str = ""
    phases: int = 3
    phase: int | None = None
    """The station's phase that was chosen for the car of a transaction."""
    phase_for: str | None = None
    accepted_phase: int | None = None
    """The one that the accepted order names."""

    def in_force_w(self, transaction_id: str, now: int) -> float | None:
        """What the order that the station accepted for this transaction allows, in W at nominal voltage; None: there is
        none in force."""
        if self.accepted_a is None or self.transaction_id != transaction_id or self.lapses_at <= now:
            return None
        return self.accepted_a * VOLTAGE * self.phases


class Evse(Struct, frozen=True, kw_only=True):
    """One EVSE as it is found now."""

    key: Key
    node: str
    station: int
    phases: tuple[int, ...] = (0, 1, 2)
    """Of the site: those that the station's L1, L2, L3 are wired to (phases.py)."""
    car_phases: int | None = None
    """How many of them its car uses; None: all, for all we know."""
    may_choose: bool = False
    """Its station puts a car of one phase on the one that it is told."""
    rating_a: float = 32.0
    min_a: float = 6.0
    steps: tuple[float, ...] = ()
    priority: int = 1
    online: bool = True
    ever_seen: bool = True
    connected_since: int | None = None
    alone: bool = True
    """The only EVSE of its station."""
    others_charge: bool = False
    """Another EVSE of its station has a transaction."""
    reset: ResetLeave = "never"
    transaction_id: str | None = None
    started_at: int = 0
    full: bool = False
    """The car takes nothing now (SuspendedEV)."""
    measured_w: float | None = None
    measured_at: int = 0
    external_a: float | None = None
    external_source: str = ""
    need_a: float = 0.0
    planned_a: float | None = None
    """No more than this now, because the plan has better hours for it; and why."""
    planned_why: str = ""
    setpoint_w: float | None = None
    """The plan wants so much power out of the car (below 0); to its fuses it counts as nothing."""
    tail: Tail | None = None
    """What it may go on with by the plan, if we are gone."""
    periods_max: int = MOST_PERIODS
    asked_at: int = 0
    """When its car asked for a profile (ISO 15118): one ordered since is the answer."""
    account: Account = Account()

    @property
    def measured_a(self) -> float | None:
        return None if self.measured_w is None else self.measured_w / (VOLTAGE * self.drawn_on)

    @property
    def drawn_on(self) -> int:
        """How many phases its car draws from."""
        return min(self.car_phases or 3, len(self.phases))


class Order(NamedTuple):
    """A charging profile to be set; `duration_s` None: until it is replaced."""

    key: Key
    purpose: Purpose
    limit_a: float
    duration_s: int | None
    transaction_id: str | None = None
    """None: a fail-safe, for all transactions to come."""
    setpoint_w: float | None = None
    """In the place of the limit, which is 0 then: power out of the car (below 0)."""
    tail: Tail | None = None
    """What follows after `duration_s`."""
    on_top: bool = False
    """As a Relative profile at the highest stack level."""
    sole: bool = False
    """Other TxProfiles of its transaction go."""
    phase: int | None = None
    """The station's phase that the car shall charge on: 1, 2, 3."""


class Reset(NamedTuple):
    """A station to be reset for an EVSE: now, or when nothing charges."""

    key: Key
    when: Literal["immediately", "idle"]


class Told(NamedTuple):
    """Something for the feed: `limit.applied`, `limit.violated`; or the `alarm` and its end."""

    kind: str
    key: Key
    limit_a: float
    measured_a: float | None


class Decision(NamedTuple):
    plan: Plan
    orders: list[Order]
    cancels: list[str]
    """Commands that an order of now replaces, if they are not sent yet."""
    accounts: dict[Key, Account]
    told: list[Told]
    believed: dict[Key, float]
    asks: list[Key]
    """EVSEs whose meter must be asked now."""
    resets: list[Reset]
    watch: bool
    """Something is on its way: the next turn should come soon."""


# ---------------------------------------------------------------------- what it may draw


def believed(evse: Evse, now: int) -> float:
    """The most it may draw now, by all we know: its order in force, those on their way, those of unknown fate, its
    fail-safe, and its rating where it has none."""
    account = evse.account
    default = evse.rating_a if account.default_a is None else account.default_a
    in_force = account.accepted_a is not None and now < account.lapses_at
    same = evse.transaction_id is not None and account.transaction_id == evse.transaction_id
    if same and in_force:
        most = max(account.accepted_a or 0.0, *_soon(account, now))
    elif same and account.tail is not None and now < account.tail.end:
        most = max(default, *_soon(account, now))  # the fail-safe too: it may have cut the tail short
    elif evse.transaction_id is not None or not evse.online:
        most = default if evse.ever_seen else 0.0
    else:
        return 0.0
    most = max([most, *(one.limit_a for one in account.sent if not one.is_fail_safe)])
    if account.doubt_until > now:
        most = max(most, account.doubt_a)
    if has_its_own_way(evse):
        measured = fresh(evse, now, Rules())
        unknown = measured is None or (_is_doubted(evse) and _may_begin(evse, measured))
        return max(most, evse.rating_a if unknown else measured or 0.0)
    return min(max(most, _unseen(evse, now, Rules())), evse.rating_a)


def _soon(account: Account, now: int) -> tuple[float, float]:
    found = None if account.tail is None else account.tail.highest(now - AROUND, now + AROUND)
    return 0.0, found or 0.0


def _unseen(evse: Evse, now: int, rules: Rules) -> float:
    """What it may still draw because its meter has not shown yet that it obeys its lower order."""
    account = evse.account
    over = now >= account.lowered_at + rules.settle_s * SECOND
    if account.trusted or account.applied or over or account.transaction_id != evse.transaction_id:
        return 0.0
    return account.before_a


def fresh(evse: Evse, now: int, rules: Rules) -> float | None:
    """What it was measured to draw, in A per phase; None where that says nothing now."""
    measured = evse.measured_a
    if measured is None or now - evse.measured_at > rules.stale_s * SECOND or measured > IMPLAUSIBLE * evse.rating_a:
        return None
    return max(0.0, measured)  # what a car gives back makes no room for others: it may stop at any moment


def point_of(evse: Evse, phases: tuple[int, ...], now: int, rules: Rules) -> Point:
    """The EVSE as the plan takes it; `phases` are those that it may draw from."""
    may = believed(evse, now)
    common = {"phases": phases, "min_a": evse.min_a, "priority": evse.priority, "steps": evse.steps}
    if not evse.online:
        why = ("offline", "offline, so it counts with the most that it may draw")
        return Point(key=evse.key, node=evse.node, fixed_a=may, cap_why=why, **common)  # type: ignore[arg-type]
    if evse.transaction_id is not None and has_its_own_way(evse):
        why = ("disobedient", "it obeys no limit, so it counts with what it draws")
        return Point(key=evse.key, node=evse.node, fixed_a=may, cap_why=why, **common)  # type: ignore[arg-type]
    cap, why = _cap(evse, now, rules)
    wants = evse.transaction_id is not None
    need = min(evse.need_a, cap)
    turn = _turn(evse, now, rules)
    return Point(key=evse.key, node=evse.node, wants=wants, cap_a=cap, cap_why=why, need_a=need, turn=turn, **common)  # type: ignore[arg-type]


def has_its_own_way(evse: Evse) -> bool:
    """It draws more than it was told, or refused to be told anything."""
    account = evse.account
    unruled = account.stage > 0 and account.transaction_id != evse.transaction_id
    return account.strikes > 0 or unruled or _is_doubted(evse) or STAGES[account.stage] == "disobedient"


def _is_doubted(evse: Evse) -> bool:
    """It did not obey in another transaction, and its meter has shown nothing else yet in this one."""
    account = evse.account
    if account.trusted is not False or evse.full:
        return False
    other = account.transaction_id != evse.transaction_id
    return other or not account.applied or _may_begin(evse, account.seen_a)


def _may_begin(evse: Evse, measured: float) -> bool:
    """A car that draws nothing yet, and came a moment ago."""
    return measured < DRAWS_A and evse.measured_at - evse.started_at < BEGINS_S * SECOND


def _cap(evse: Evse, now: int, rules: Rules) -> tuple[float, Reason]:
    """The most it can use, and why not more."""
    cap, why = evse.rating_a, ("rating", "all it can give")
    if evse.external_a is not None and evse.external_a < cap:
        cap, why = evse.external_a, ("external", f"limited by {evse.external_source}")
    if evse.planned_a is not None and evse.planned_a < cap:
        cap, why = evse.planned_a, ("planned", evse.planned_why)
    account, measured = evse.account, fresh(evse, now, rules)
    if evse.full:
        return min(cap, evse.min_a), ("demand", "the car takes nothing now")
    ordered = (account.accepted_a or 0.0) if account.transaction_id == evse.transaction_id else 0.0
    patient = evse.measured_at > account.raised_at + 3 * rules.settle_s * SECOND
    if measured is not None and patient and measured < ordered - 1.5 and not _on_fewer_phases(measured, ordered, evse):
        usable = max(evse.min_a, math.ceil(measured) + 2.0)
        if usable < cap:
            cap, why = usable, ("demand", "the car takes no more")
    return cap, why


def _on_fewer_phases(measured: float, ordered: float, evse: Evse) -> bool:
    """Whether it looks like a car that takes all it may, on one or two of its phases."""
    wired = evse.drawn_on
    return any(abs(measured * wired / used - ordered) < 0.12 * ordered for used in range(1, wired))


def _turn(evse: Evse, now: int, rules: Rules) -> float:
    """Lower is first: who has its turn, then who waits longest, then who was served longest."""
    account = evse.account
    if account.served_at is not None:
        served = (now - account.served_at) / SECOND
        return served if served >= rules.turn_s else -1e12
    if account.cut_at is not None and now - account.cut_at < rules.rest_s * SECOND:
        return 1e12
    return -(now - (account.rested_at or evse.started_at or now)) / SECOND
