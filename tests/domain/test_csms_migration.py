"""The way to another CSMS: which steps follow, what a boot says, what time says."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain import csms_migration as rules
from ohmstead.domain.csms_migration import NEXT, Destination, Migration, Seen, Step

MINUTE = 60_000_000
ONE = Migration(
    step="watching", to="elsewhere", url="ws://other", command_id="cmd_1", started_at=0, deadline=100 * MINUTE,
    silence=60 * MINUTE, slot=2, priority="2,1", priority_was="1", listed=True, left_at=10 * MINUTE,
)  # fmt: skip
AWAY = Seen(None, 11 * MINUTE, 0)


def at(step: Step, to: Destination = "elsewhere", **more: Any) -> Migration:
    return replace(ONE, step=step, to=to, **more)


def test_only_what_follows() -> None:
    for step, following in NEXT.items():
        for to in NEXT:
            if to in following:
                assert rules.move(at(step), to, 5).step == to
            else:
                with pytest.raises(ValueError, match="cannot follow"):
                    rules.move(at(step), to, 5)
    gone = rules.move(at("priority", left_at=None), "reset", 7)
    assert (gone.left_at, gone.deadline) == (7, 7 + rules.ANSWERED_WITHIN)
    assert rules.move(gone, "overdue", 9).deadline is None
    assert rules.is_open(gone)
    assert not rules.is_open(at("returned"))


@pytest.mark.parametrize(
    ("step", "after"),
    [("network_profile", "failed"), ("priority", "failed"), ("reset", "watching"), ("draining", None), ("done", None)],
)
def test_a_lost_connection(step: Step, after: Step | None) -> None:
    found = rules.cut(at(step), 5)
    assert (None if found is None else found.step) == after


@pytest.mark.parametrize(
    ("step", "to", "after"),
    [
        ("draining", "elsewhere", None),
        ("watching", "elsewhere", "failed"),
        ("overdue", "tenant", "failed"),
        ("watching", "here", "settling"),
        ("settling", "here", "settling"),
        ("done", "elsewhere", "returned"),
        ("done", "here", None),
        ("failed", "elsewhere", None),
    ],
)
def test_a_boot_here(step: Step, to: Destination, after: Step | None) -> None:
    found = rules.booted(at(step, to), 5)
    assert (None if found is None else found.step) == after
    if after == "failed":
        assert found is not None
        assert found.reason == rules.FELL_BACK
        assert rules.goes_on(found), "its list is put back"


@pytest.mark.parametrize(
    ("uses", "slot", "after", "said"),
    [("2", 2, "done", None), ("1", 2, "failed", "by slot 1, not by 2"), (None, 2, "failed", "does not say"),
     (None, None, "done", None)],
)  # fmt: skip
def test_which_slot_it_uses(uses: str | None, slot: int | None, after: Step, said: str | None) -> None:
    found = rules.settled(at("settling", "here", slot=slot), uses, 5)
    assert found.step == after
    assert (said or "") in (found.reason or "")


@pytest.mark.parametrize(
    ("one", "seen", "now", "after", "said"),
    [
        (at("watching"), AWAY, 99, None, ""),
        (at("watching"), AWAY, 100, "done", "silent here for 89 minutes"),
        (at("watching"), Seen(None, 90 * MINUTE, 0), 100, None, ""),
        (at("watching"), Seen(5 * MINUTE, 0, 0), 100, "failed", "did not restart"),
        (at("watching"), Seen(50 * MINUTE, 0, 0), 100, "failed", "fell back"),
        (at("watching", "here"), AWAY, 100, "overdue", "neither to the new place nor back for 89 minutes"),
        (at("watching", "here"), Seen(None, 0, 0, None, "wrong password"), 100, "overdue", "because: wrong password"),
        (at("watching", "tenant", tenant="n"), Seen(None, 0, 0, 12 * MINUTE), 13, "done", "booted at n"),
        (at("watching", "tenant", tenant="n"), Seen(None, 0, 0, 9 * MINUTE), 13, None, ""),
        (at("overdue", "tenant", tenant="n", deadline=None), Seen(None, 0, 0, 12 * MINUTE), 200, "done", "booted at n"),
        (at("overdue", deadline=None), AWAY, 999, None, ""),
        (at("draining", listed=False), Seen(1, 1, 2), 100, "failed", "2 of its transactions did not end"),
        (at("draining", listed=False), Seen(None, 1, 0), 100, "failed", "was not here any more"),
        (at("priority"), AWAY, 100, "failed", "lost before it was restarted (priority)"),
    ],
)
def test_time(one: Migration, seen: Seen, now: int, after: Step | None, said: str) -> None:
    found = rules.late(one, seen, now * MINUTE)
    assert (None if found is None else found.step) == after
    assert said in ("" if found is None else found.reason or "")


def test_an_operator_says() -> None:
    assert rules.answered(at("watching"), True, 5).step == "done"
    assert rules.answered(at("overdue"), False, 5).step == "failed"
    with pytest.raises(ValueError, match="nobody waits"):
        rules.answered(at("draining"), True, 5)
