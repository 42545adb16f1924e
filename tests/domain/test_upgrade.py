"""The way to another security profile: which step follows which, and what the door takes at each."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain.upgrade import (
    BOTH,
    NEXT,
    OPEN,
    STAYED,
    Forbidden,
    Step,
    Upgrade,
    booted,
    check,
    cut,
    free_slot,
    is_open,
    late,
    move,
    read,
    slots,
    spoke,
    taken,
)

NOW = 1_764_000_000_000_000
ONE = Upgrade(
    step="network_profile", was=1, to=2, command_id="cmd_1", started_at=NOW, deadline=NOW + 5, slot=2, url="wss://h/o",
    priority="2,1", priority_was="1",
)  # fmt: skip
STEPS: list[Step] = list(NEXT)


def at(step: Step, **more: object) -> Upgrade:
    return replace(ONE, step=step, **more)


def kept(one: Upgrade) -> str:
    return msgspec.json.encode(one).decode()


@pytest.mark.parametrize("step", STEPS)
def test_what_the_door_takes(step: Step) -> None:
    text = kept(at(step))
    assert taken(1, text) == ((1, 2) if step in BOTH else (1,))
    assert taken(2, text) == (2,)  # it is there already, or somebody changed it meanwhile
    assert read(text) == at(step)
    assert text.startswith(f'{{"step":"{step}"')  # store/upgrades.py looks for it there
    assert is_open(at(step)) == (step in OPEN)


def test_nothing_is_on_its_way() -> None:
    assert taken(3, None) == (3,)
    assert read(None) is None
    assert not is_open(None)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("following", STEPS)
def test_only_what_may_follow_follows(step: Step, following: Step) -> None:
    if following in NEXT[step]:
        after = move(at(step), following, NOW, reason="why")
        assert (after.step, after.reason) == (following, "why")
        assert (after.deadline is None) == (following in ("overdue", "done", "failed"))
    else:
        with pytest.raises(ValueError, match="cannot follow"):
            move(at(step), following, NOW)


@pytest.mark.parametrize(
    ("step", "came_with", "after"),
    [
        ("network_profile", 1, "failed"),
        ("priority", 1, "failed"),
        ("priority", 2, "proof"),
        ("reset", 1, "proof"),
        ("reset", 2, "proof"),
        ("proof", 1, None),
        ("overdue", 2, None),
        ("settling", 2, None),
        ("done", 2, None),
        ("failed", 1, None),
    ],
)
def test_a_new_connection(step: Step, came_with: int, after: Step | None) -> None:
    found = cut(at(step), came_with, NOW)
    assert (found.step if found else None) == after


@pytest.mark.parametrize(
    ("step", "came_with", "after"),
    [
        ("network_profile", 1, None),
        ("priority", 1, None),
        ("priority", 2, "settling"),
        ("reset", 1, None),  # it says so before it goes
        ("reset", 2, "settling"),
        ("proof", 2, "settling"),
        ("proof", 1, "failed"),
        ("overdue", 2, "settling"),
        ("overdue", 1, "failed"),
        ("settling", 2, "settling"),
        ("done", 2, None),
        ("failed", 1, None),
    ],
)
def test_an_accepted_boot(step: Step, came_with: int, after: Step | None) -> None:
    found = booted(at(step), came_with, NOW)
    assert (found.step if found else None) == after
    if after == "settling":  # 1.6 has no list of network profiles
        assert (alone := booted(at(step, priority=None), came_with, NOW)) is not None
        assert alone.step == ("settling" if step == "settling" else "done")


@pytest.mark.parametrize("step", STEPS)
def test_a_message_without_a_boot(step: Step) -> None:
    proof = spoke(at(step), 2, NOW)
    assert (proof.step if proof else None) == ("settling" if step in BOTH else None)
    assert spoke(at(step), 1, NOW) is None


@pytest.mark.parametrize(
    ("step", "after"),
    [("network_profile", "failed"), ("priority", "failed"), ("reset", "overdue"), ("proof", "overdue"),
     ("overdue", None), ("settling", None), ("done", None)],
)  # fmt: skip
def test_its_time_is_over(step: Step, after: Step | None) -> None:
    found = late(at(step), NOW + 5)
    assert (found.step if found else None) == after
    assert late(at(step), NOW + 4) is None
    assert late(at(step, deadline=None), NOW + 9) is None


def test_it_is_there_when_its_time_is_over() -> None:
    """As before: it may yet come anew, so both profiles are taken. Anew, and without a word of the new one: it fell
    back, which is as safe only where its list of profiles can be put right (2.x)."""
    hour = NOW + STAYED
    assert "reset it" in (((found := late(at("proof"), NOW + 5, NOW - 1)) and found.reason) or "")
    steps: list[Step] = ["proof", "overdue"]
    for step in steps:
        assert late(at(step), hour, NOW + 3) is None
        gone = late(at(step), hour + 4, NOW + 3)
        assert gone is not None
        assert (gone.step, taken(1, kept(gone))) == ("failed", (1,))
        assert late(at(step, priority=None, priority_was=None), hour + 4, NOW + 3) is None
    assert late(at("overdue", deadline=None), hour + 4, None) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["came", "booted", "late"]), st.booleans()), max_size=12))
def test_whatever_happens_there_is_a_way_in(story: list[tuple[str, bool]]) -> None:
    """A station that its way has led to the new profile, and one that is in the old: the one of them that it tells by
    its boot is taken from then on."""
    one, profile = at("reset"), 1
    for what, new in story:
        came_with = 2 if new and 2 in taken(profile, kept(one)) else profile if not new else None
        if came_with is None:
            continue
        found = {
            "came": cut(one, came_with, NOW), "booted": booted(one, came_with, NOW), "late": late(one, NOW + 10**12)
        }[what]  # fmt: skip
        one = found or one
        profile = 2 if one.step in ("settling", "done") else profile
        assert profile in taken(profile, kept(one))
        if one.step in BOTH:
            assert set(taken(profile, kept(one))) == {1, 2}


# ---------------------------------------------------------------------- what may be asked


@pytest.mark.parametrize(
    ("was", "to", "version", "allowed", "why"),
    [
        (1, 2, "2.0.1", False, None),
        (1, 3, "1.6", False, None),
        (2, 3, None, False, None),
        (2, 2, "2.1", True, "already"),
        (3, 2, "2.1", True, None),
        (3, 2, "2.1", False, "AllowSecurityProfileDowngrade"),
        (3, 2, "2.0.1", True, "Only in OCPP 2.1"),
        (3, 2, None, True, "nothing yet"),
        (3, 1, "2.1", True, "A05.FR.09"),
        (2, 1, "2.1", True, "A05.FR.09"),
        (1, 0, "1.6", True, "A05.FR.09"),
    ],
)
def test_where_a_station_may_go(was: int, to: int, version: str | None, allowed: bool, why: str | None) -> None:
    if why is None:
        check(was, to, version, allowed)
    else:
        with pytest.raises(Forbidden, match=why):
            check(was, to, version, allowed)


@pytest.mark.parametrize(
    ("priority", "possible", "wanted", "slot"),
    [
        ("1", (), None, 2),
        ("0", (), None, 1),
        ("2,1", (), None, 3),
        ("1", ("0,1,2",), None, 0),
        ("1,0", ("0", "1", "2"), None, 2),
        ("1", ("0",), 5, 5),
        ("1", (), 1, None),
        ("0,1", ("0", "1"), None, None),
    ],
)
def test_a_free_slot(priority: str, possible: tuple[str, ...], wanted: int | None, slot: int | None) -> None:
    if slot is None:
        with pytest.raises(Forbidden, match="in use"):
            free_slot(priority, possible, wanted)
    else:
        assert free_slot(priority, possible, wanted) == slot


def test_a_list_of_slots() -> None:
    assert slots(" 2, 1,x,,0") == [2, 1, 0]
