"""The turn of the control itself: accounts settled and judged, the plan made, orders chosen (see regulation.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ohmstead.domain.allocation import Key, Node, Plan, Point, allocate, permitted
from ohmstead.domain.obedience import LAST, judged, meter_due, settled
from ohmstead.domain.phases import phase_of, used, with_phases
from ohmstead.domain.profiles import SECOND
from ohmstead.domain.regulation import (
    FOREVER,
    LADDER,
    STAGES,
    Account,
    Answers,
    Decision,
    Evse,
    Order,
    Reset,
    Rules,
    Sent,
    Told,
    believed,
    has_its_own_way,
    point_of,
)

RETRY_DISOBEDIENT_S = 300


def regulate(
    nodes: Sequence[Node], evses: Sequence[Evse], answers: Answers, now: int, rules: Rules = Rules(),  # noqa: B008
    safe_nodes: Sequence[Node] | None = None,
) -> Decision:  # fmt: skip
    """One turn. `nodes` is the tree with its limits and loads of now, `safe_nodes` that of the fail-safe."""
    told: list[Told] = []
    found = []
    for evse in evses:
        stage = evse.account.stage
        evse = replace(evse, account=settled(evse.account, answers, now))
        account, news = judged(evse, now, rules)
        told += news
        if account.stage == LAST > stage and not any(one.kind == "alarm" for one in news):
            told.append(Told("alarm", evse.key, account.accepted_a or 0.0, evse.measured_a))  # it refuses all orders
        found.append(replace(evse, account=account))
    beliefs = {evse.key: believed(evse, now) for evse in found}
    found = with_phases(nodes, found, beliefs, now)
    points = [point_of(evse, used(evse, now), now, rules) for evse in found]
    plan = allocate(nodes, points)
    may = permitted(nodes, points, plan.shares, beliefs)
    safe = fail_safe(safe_nodes or nodes, found)
    turn = _Turn(plan, may, beliefs, now, rules)
    for evse in found:
        turn.account(evse)
    raised = _raised(found)
    for evse in found:
        turn.order(evse, raised)
        turn.order_fail_safe(evse, safe[evse.key])
        turn.lift_cap(evse)
        turn.reset(evse)
        turn.look_at_meter(evse)
    return Decision(
        plan, turn.orders, turn.cancels, turn.accounts, told, beliefs, turn.asks, turn.resets,
        turn.watch or bool(turn.orders),
    )  # fmt: skip


def fail_safe(nodes: Sequence[Node], evses: Sequence[Evse]) -> dict[Key, float]:
    """What each EVSE may draw when we are gone and every one of them has a car: safe for all fuses together."""
    points = [
        Point(key=one.key, node=one.node, phases=one.phases, cap_a=one.rating_a, min_a=one.min_a, steps=one.steps,
              turn=float(n))
        for n, one in enumerate(sorted(evses, key=lambda one: (-one.priority, one.key)))
    ]  # fmt: skip
    return {key: share.limit_a for key, share in allocate(nodes, points).shares.items()}


def _raised(evses: Sequence[Evse]) -> dict[int, int]:
    """Station -> when it was last ordered to give more."""
    found: dict[int, int] = {}
    for evse in evses:
        found[evse.station] = max(found.get(evse.station, 0), evse.account.raised_at)
    return found


class _Turn:
    """What comes of one turn."""

    def __init__(
        self, plan: Plan, may: Mapping[Key, float], beliefs: Mapping[Key, float], now: int, rules: Rules
    ) -> None:  # fmt: skip
        self._plan, self._may, self._beliefs, self._now, self._rules = plan, may, beliefs, now, rules
        self.orders: list[Order] = []
        self.cancels: list[str] = []
        self.accounts: dict[Key, Account] = {}
        self.asks: list[Key] = []
        self.resets: list[Reset] = []
        self.watch = False

    def account(self, evse: Evse) -> None:
        """The share, and since when it is served or waits."""
        share, account, now = self._plan.shares[evse.key], evse.account, self._now
        account = replace(account, limit_a=share.limit_a, code=share.code, text=share.text, phases=evse.drawn_on)
        if evse.transaction_id is None:
            account = replace(account, served_at=None, rested_at=None, cut_at=None)
        elif share.limit_a > 0 and account.served_at is None:
            account = replace(account, served_at=now, rested_at=None, cut_at=None)
        elif share.limit_a == 0 and account.rested_at is None:
            cut_at = None if account.served_at is None else now
            account = replace(account, served_at=None, rested_at=now, cut_at=cut_at)
        self.accounts[evse.key] = account

    def order(self, evse: Evse, raised: dict[int, int]) -> None:
        """The order of this turn, if there must be one."""
        if not evse.online or evse.transaction_id is None:
            return
        account, now = self.accounts[evse.key], self._now
        if STAGES[account.stage] == "reset":
            return
        if STAGES[account.stage] == "disobedient":
            wanted = evse.min_a if now - account.staged_at >= RETRY_DISOBEDIENT_S * SECOND else None
            if wanted is None or account.sent:
                return
            account = self.accounts[evse.key] = replace(account, staged_at=now)
        else:
            wanted = self._wanted(evse, account, raised)
        if wanted is None:
            return
        order = _put(evse, account, wanted, self._rules, now)
        current = _current(evse, account, now)
        if order.limit_a > (self._beliefs[evse.key] if current is None else current):
            raised[evse.station] = now
            self.accounts[evse.key] = replace(account, raised_at=now)
        self.cancels += [one.command_id for one in account.sent if not one.is_fail_safe]
        self.orders.append(order)

    def _wanted(self, evse: Evse, account: Account, raised: Mapping[int, int]) -> float | None:
        """What to order now; None: all is as it should be, or must wait."""
        now, rules, may = self._now, self._rules, self._may[evse.key]
        current = _current(evse, account, now)
        if has_its_own_way(evse):  # what it draws is no measure of what it shall
            may = min(may, evse.min_a if current is None else current)
        if current is None:
            return may
        if may < current - 0.05:
            return may
        on_its_way = any(not one.is_fail_safe for one in account.sent)
        if on_its_way:
            return None
        if evse.setpoint_w != account.setpoint_w and STAGES[account.stage] == "as_planned":
            return may
        due = now - raised.get(evse.station, 0) >= rules.raise_every_s * SECOND
        if phase_of(evse) != account.accepted_phase and STAGES[account.stage] == "as_planned":
            return may
        enough = may >= current + rules.hysteresis_a or (current == 0 < may)
        if enough and due:
            return may
        forgotten = evse.connected_since is not None and evse.connected_since > account.accepted_at
        other_words = account.staged_at > account.accepted_at
        lapsing = account.lapses_at - now < rules.lapse_s * SECOND // 3
        asked = evse.asked_at > account.accepted_at
        outdated = account.tail is not None and evse.tail is None  # made of other limits, or for a need that is met
        return min(current, may) if forgotten or other_words or lapsing or asked or outdated else None

    def order_fail_safe(self, evse: Evse, safe_a: float) -> None:
        """See to it that it has the fail-safe that it should."""
        account, now = self.accounts[evse.key], self._now
        if not evse.online or STAGES[account.stage] in (
            "default_profile", "station_profile", "reset", "disobedient",
        ):  # fmt: skip
            return
        has = account.default_a
        forgotten = evse.connected_since is not None and evse.connected_since > account.default_at
        right = has is not None and not forgotten and (abs(has - safe_a) < 0.05 or has < safe_a < has + 1.0)
        waiting = any(one.is_fail_safe for one in account.sent)
        if right or waiting or now - account.default_tried_at < self._rules.retry_s * SECOND:
            return
        self.accounts[evse.key] = replace(account, default_tried_at=now)
        self.orders.append(Order(evse.key, "TxDefaultProfile", safe_a, None))

    def lift_cap(self, evse: Evse) -> None:
        """A ChargingStationMaxProfile that stood for an order goes when its stage is over."""
        account = self.accounts[evse.key]
        if account.capped and evse.online and account.stage < STAGES.index("station_profile"):
            self.accounts[evse.key] = replace(account, capped=False)
            self.orders.append(Order(evse.key, "ChargingStationMaxProfile", evse.rating_a, None))

    def reset(self, evse: Evse) -> None:
        """Its station reboots, where that is the stage; or where it was to be waited for until nothing charges."""
        account = self.accounts[evse.key]
        is_stage = STAGES[account.stage] == "reset" and account.reset_at < account.staged_at
        is_idle = account.reset_due and evse.transaction_id is None and not evse.others_charge
        if evse.reset == "never" or not evse.online or not (is_stage or is_idle):
            return
        done_for = evse.transaction_id if is_stage else account.reset_for
        self.accounts[evse.key] = replace(account, reset_at=self._now, reset_for=done_for, reset_due=False)
        self.resets.append(Reset(evse.key, "immediately" if is_stage else "idle"))

    def look_at_meter(self, evse: Evse) -> None:
        """Ask its meter where it is time to know, once for each reason; soon there is something to see."""
        account, now = self.accounts[evse.key], self._now
        due = meter_due(evse, account, self._rules)
        if due is not None and due <= now and max(evse.measured_at, account.metered_at) < due:
            self.asks.append(evse.key)
            self.accounts[evse.key] = replace(account, metered_at=now)
        soon = due is not None and now < due + 2 * self._rules.react_s * SECOND
        self.watch |= evse.online and (bool(account.sent) or soon)


def _current(evse: Evse, account: Account, now: int) -> float | None:
    """What it was ordered last, and has not refused; None: nothing is in force."""
    on_its_way = [one for one in account.sent if not one.is_fail_safe]
    if on_its_way:
        return on_its_way[-1].limit_a
    if account.accepted_a is None or account.transaction_id != evse.transaction_id or account.lapses_at <= now:
        return None
    return account.accepted_a


def _put(evse: Evse, account: Account, limit_a: float, rules: Rules, now: int) -> Order:
    """The order in the words of its stage."""
    stage = STAGES[account.stage]
    if stage != "as_planned":
        limit_a = max(step for step in LADDER if step <= limit_a + 1e-9)
    if stage == "default_profile":  # these two stay until they are replaced: nothing would take over from them
        return Order(evse.key, "TxDefaultProfile", limit_a, None, evse.transaction_id)
    if stage == "station_profile":
        return Order(evse.key, "ChargingStationMaxProfile", limit_a, None, evse.transaction_id)
    if stage == "other_kind":
        return Order(evse.key, "TxProfile", limit_a, rules.lapse_s, evse.transaction_id, on_top=True)
    setpoint = evse.setpoint_w if stage == "as_planned" and limit_a == 0 else None
    tail = None
    if evse.tail is not None and stage == "as_planned" and setpoint is None:
        lapses_at, until = now + rules.lapse_s * SECOND, now + rules.along_plan_s * SECOND
        tail = evse.tail.after(lapses_at, until, evse.periods_max - 1)
    sole = account.on_top_for == evse.transaction_id
    order = Order(evse.key, "TxProfile", limit_a, rules.lapse_s, evse.transaction_id, setpoint, tail, sole=sole)
    return order._replace(phase=phase_of(evse))


class Ordered(NamedTuple):
    """An order and the number of its command."""

    order: Order
    command_id: str


def noted(account: Account, ordered: Ordered, now: int) -> Account:
    """The account once the order is on its way; those it replaces are taken back, or run into their own end."""
    order = ordered.order
    lapses_at = FOREVER if order.duration_s is None else now + order.duration_s * SECOND
    of_order = (order.transaction_id, order.setpoint_w, order.tail, order.phase)
    sent = Sent(ordered.command_id, order.purpose, order.limit_a, now, lapses_at, *of_order)
    capped = account.capped or (order.purpose == "ChargingStationMaxProfile" and order.transaction_id is not None)
    on_top_for = order.transaction_id if order.on_top else account.on_top_for
    return replace(account, sent=(*account.sent, sent), capped=capped, on_top_for=on_top_for)
