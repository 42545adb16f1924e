"""Single-phase cars: on which phase of the site they count, and on which they are put."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain.allocation import Node
from ohmstead.domain.control import Ordered, fail_safe, noted, regulate
from ohmstead.domain.phases import phase_of, used
from ohmstead.domain.profiles import SECOND
from ohmstead.domain.regulation import Account, Evse, Sent
from tests.domain.test_profiles import T

SITE = Node("site", "the site", limit_a=(32.0,) * 3)
ROTATIONS = [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0), (0,), (2,)]


def evse(n: int, **fields: Any) -> Evse:
    known: dict[str, Any] = {"transaction_id": f"t{n}", "started_at": T, "car_phases": 1, "may_choose": True}
    return Evse(key=(f"CS{n}", 1), node="site", station=n, **(known | fields))


@pytest.mark.parametrize(
    ("one", "phases"),
    [
        (evse(1, may_choose=False), (0,)),
        (evse(1, may_choose=False, phases=(1, 2, 0)), (1,)),  # rotated: its L1 is the site's L2
        (evse(1, may_choose=False, phases=(1, 2, 0), car_phases=2), (1, 2)),
        (evse(1, may_choose=False, car_phases=None), (0, 1, 2)),
        (evse(1, may_choose=False, transaction_id=None), (0, 1, 2)),  # whoever comes
        (evse(1), (0,)),
        (evse(1, account=Account(phase=3, phase_for="t1")), (0, 2)),  # until it has accepted that
        (evse(1, account=Account(phase=3, phase_for="t0")), (0,)),
        (evse(1, phases=(1, 2, 0), account=Account(phase=3, phase_for="t1", transaction_id="t1", accepted_phase=3,
                                                  lapses_at=T + 1)), (0,)),
        (evse(1, account=Account(phase=3, phase_for="t1", transaction_id="t1", accepted_phase=3, lapses_at=T)), (0, 2)),
        (evse(1, account=Account(phase=3, phase_for="t1", transaction_id="t1", accepted_phase=3, lapses_at=T + 1,
                                 sent=(Sent("c", "TxProfile", 9.0, T, T, "t1", None, None, 2),))), (1, 2)),
        (evse(1, account=Account(phase=3, phase_for="t1", stage=1)), (0,)),  # in other words no phase is named
    ],
)  # fmt: skip
def test_on_which_phases_it_counts(one: Evse, phases: tuple[int, ...]) -> None:
    assert used(one, T) == phases


def turns(nodes: list[Node], evses: list[Evse], seconds: int, *, accept: bool = True) -> list[Evse]:
    """The EVSEs after some turns: orders are accepted (or refused), and the meters show them."""
    answers: dict[str, str] = {}
    for now in range(T, T + seconds * SECOND, 10 * SECOND):
        decision = regulate(nodes, evses, answers, now)
        evses = [replace(one, account=decision.accounts[one.key]) for one in evses]
        for order in decision.orders:
            id = f"c{len(answers)}"
            answers[id] = "accepted" if accept or order.transaction_id is None else "rejected"
            evses = [replace(one, account=noted(one.account, Ordered(order, id), now)) if one.key == order.key else one
                     for one in evses]  # fmt: skip
        evses = [replace(one, measured_at=now + 5 * SECOND,
                         measured_w=(one.account.accepted_a or 0.0) * 230 * one.drawn_on) for one in evses]  # fmt: skip
    return evses


def test_three_cars_of_one_phase_get_a_phase_each_whatever_the_rotation() -> None:
    rotated = [evse(n, phases=phases) for n, phases in enumerate(((0, 1, 2), (1, 2, 0), (0, 1, 2)))]
    found = turns([SITE], rotated, 120)
    assert sorted(used(one, T + 120 * SECOND) for one in found) == [(0,), (1,), (2,)]
    assert [one.account.accepted_a for one in found] == [32] * 3
    alike = turns([SITE], [evse(n, may_choose=False) for n in range(3)], 120)
    assert sum(one.account.accepted_a or 0 for one in alike) <= 32  # on L1, all three


def test_who_waits_for_its_turn_is_put_where_there_is_room() -> None:
    stuck = Account(phase=1, phase_for="t0", code="turn", accepted_a=0.0, transaction_id="t0", accepted_phase=1,
                    lapses_at=T + 900 * SECOND)  # fmt: skip
    full = Node("site", "the site", limit_a=(5.0, 20.0, 9.0))
    (one,) = turns([full], [evse(0, account=stuck)], 60)
    assert (phase_of(one), one.account.accepted_a) == (2, 20)


def test_a_station_that_refuses_the_phase_counts_where_it_is_wired() -> None:
    (one,) = turns([SITE], [evse(0, phases=(1, 2, 0))], 20, accept=False)
    assert (phase_of(one), used(one, T)) == (None, (1,))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            dict, phases=st.sampled_from(ROTATIONS), car_phases=st.sampled_from([None, 1, 1, 2, 3]),
            may_choose=st.booleans(), rating_a=st.sampled_from([16.0, 32.0]), online=st.booleans(),
        ),
        min_size=1, max_size=6,
    ),
    st.tuples(*[st.floats(0, 60)] * 3), st.tuples(*[st.floats(0, 60)] * 3),
)  # fmt: skip
def test_no_phase_of_any_fuse_is_exceeded(
    given_: list[dict[str, Any]], limit: tuple[float, float, float], below: tuple[float, float, float]
) -> None:
    """Cars of one, two and three phases, rotated or not, on a circuit and beside it: what is accepted fits on each
    phase on which a car may charge; and the fail-safe does with any car."""
    nodes = [Node("site", "s", limit_a=limit), Node("b", "B", "site", limit_a=below)]
    evses = [replace(evse(n, **one), node="b" if n % 2 else "site") for n, one in enumerate(given_)]
    evses = [replace(one, ever_seen=one.online) for one in evses]
    found = turns(nodes, evses, 50)
    safe = fail_safe(nodes, found)
    for node, inside in ((nodes[0], found), (nodes[1], [one for one in found if one.node == "b"])):
        for phase, most in enumerate(node.limit_a or ()):
            drawn = [one.account.accepted_a or 0.0 for one in inside if phase in used(one, T + 50 * SECOND)]
            assert sum(drawn) <= most + 1e-6
            assert sum(safe[one.key] for one in inside if phase in one.phases) <= most + 1e-6
