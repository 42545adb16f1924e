"""Which of a site's phases a car draws from, and the best one for a car that a station can put on any. Pure.

An EVSE is wired to phases of the site in an order of its own: the first is the station's L1, on which a car of one
phase charges. What a car uses is known where it says so (ISO 15118); else it counts on all. Where a station can switch
(phaseToUse, K01.FR.19), such a car gets the phase with the most room when it comes, and another while it waits for its
turn, because then nothing is cut. Until its station has accepted that, it counts on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ohmstead.domain.allocation import Key, Node, Point, wired
from ohmstead.domain.regulation import STAGES, Evse


def is_chosen(evse: Evse) -> bool:
    """Whether we say on which phase its car charges."""
    return evse.may_choose and evse.car_phases == 1 < len(evse.phases) and evse.transaction_id is not None


def phase_of(evse: Evse) -> int | None:
    """The station's phase (1, 2, 3) that an order names now; None: it names none."""
    chosen = is_chosen(evse) and evse.account.phase_for == evse.transaction_id
    return evse.account.phase if chosen and STAGES[evse.account.stage] == "as_planned" else None


def used(evse: Evse, now: int) -> tuple[int, ...]:
    """The site's phases that it may draw from: 0, 1, 2."""
    if not is_chosen(evse):
        return evse.phases[: evse.car_phases] if evse.transaction_id is not None else evse.phases
    account = evse.account
    in_force = account.transaction_id == evse.transaction_id and now < account.lapses_at and evse.online
    said = {account.accepted_phase if in_force else None, phase_of(evse)}
    said |= {one.phase for one in account.sent if not one.is_fail_safe}
    return tuple(sorted({evse.phases[(number or 1) - 1] for number in said}))


def with_phases(nodes: Sequence[Node], evses: Sequence[Evse], believed: Mapping[Key, float], now: int) -> list[Evse]:
    """The EVSEs, with a phase for each car that needs one."""
    asking = {one.key for one in evses if is_chosen(one) and one.online and _asks(one)}
    if not asking:
        return list(evses)
    points = [Point(key=one.key, node=one.node, phases=used(one, now)) for one in evses]
    tries = [Point(key=_try(one, n), node=one.node, phases=(phase,))
             for one in evses if one.key in asking for n, phase in enumerate(one.phases)]  # fmt: skip
    wiring = wired(nodes, [*points, *tries])
    for one in evses:
        if one.key not in asking:
            for fuse, factor in wiring[one.key]:
                fuse.left -= factor * max(believed[one.key], one.min_a if one.transaction_id is not None else 0.0)
    found = []
    for one in evses:
        if one.key in asking:
            rooms = [min((fuse.left / factor for fuse, factor in wiring[_try(one, n)]), default=0.0)
                     for n in range(len(one.phases))]  # fmt: skip
            best = max(range(len(rooms)), key=lambda n: (round(rooms[n], 1), -n))
            for fuse, factor in wiring[_try(one, best)]:
                fuse.left -= factor * one.rating_a
            account = replace(one.account, phase=best + 1, phase_for=one.transaction_id)
            one = replace(one, account=account)
        found.append(one)
    return found


def _asks(evse: Evse) -> bool:
    account = evse.account
    return account.phase_for != evse.transaction_id or (account.code == "turn" and account.accepted_a == 0)


def _try(evse: Evse, n: int) -> Key:
    return f"{evse.key[0]} on its L{n + 1}", evse.key[1]
