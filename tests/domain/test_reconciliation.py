"""The table of what follows from what is known of a transaction of which something is missing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain import reconciliation as rules
from ohmstead.domain.reconciliation import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Check,
    Situation,
    Step,
    lacks,
    next_step,
    opened_by,
)
from ohmstead.domain.transactions import Event, Transaction, begin, fold, infer_end

NOW = 1_800_000_000_000_000
CHECK = Check(opened_at=NOW - HOUR)
SILENT = replace(CHECK, reason="silent")
ONLINE = Situation(now=NOW, online=True, may_ask=True)
OFFLINE = replace(ONLINE, online=False, gone_for=HOUR)


def told(*events: tuple[str, int | None]) -> Transaction:
    one = begin(1, 1, "tx-1")
    for number, (kind, seq_no) in enumerate(events):
        one = fold(one, Event(kind=kind, at=NOW - HOUR + number, seq_no=seq_no)).transaction  # type: ignore[arg-type]
    return one


RUNS = told(("started", 0), ("updated", 1))
HOLED = told(("started", 0), ("updated", 3))
ENDED = told(("started", 0), ("ended", 1))
SHORT = told(("started", 0), ("ended", 3))
HEADLESS = told(("updated", 3))
OLD = told(("started", None))


def ask(at: int = NOW + rules.ANSWERS) -> Step:
    return Step("ask", at)


def look(at: int) -> Step:
    return Step("look", at)


def close(verdict: str) -> Step:
    return Step("close", verdict=verdict)  # type: ignore[arg-type]


def said(ongoing: bool | None, in_queue: bool) -> Check:
    return replace(CHECK, answered=True, ongoing=ongoing, in_queue=in_queue)


@pytest.mark.parametrize(
    ("check", "one", "around", "step"),
    [
        # all is there by now
        (CHECK, ENDED, ONLINE, close("complete")),
        (CHECK, RUNS, ONLINE, close("complete")),
        # messages may just have overtaken each other
        (replace(CHECK, opened_at=NOW), HOLED, ONLINE, look(NOW + rules.SETTLES)),
        (replace(CHECK, opened_at=NOW, reason="rebooted"), RUNS, ONLINE, look(NOW + rules.AFTER_BOOT)),
        # then the station is asked, a few times
        (CHECK, HOLED, ONLINE, ask()),
        (CHECK, SHORT, ONLINE, ask()),
        (CHECK, HEADLESS, ONLINE, ask()),
        (replace(CHECK, reason="silent"), RUNS, ONLINE, ask()),
        (CHECK, HOLED, OFFLINE, look(NOW + 5 * MINUTE)),
        (replace(CHECK, asked=5), HOLED, ONLINE, close("unanswered")),
        # as long as there is something in its queue nothing is decided
        (said(True, True), HOLED, ONLINE, ask()),
        (said(False, True), SHORT, OFFLINE, look(NOW + 5 * MINUTE)),
        (replace(said(False, True), opened_at=NOW - 8 * DAY), SHORT, ONLINE, close("lost")),
        # nothing more will come
        (said(True, False), HOLED, ONLINE, close("lost")),
        (said(False, False), SHORT, ONLINE, close("lost")),
        (said(False, False), HOLED, ONLINE, close("end_lost")),
        (replace(said(False, False), reason="silent"), RUNS, ONLINE, close("end_lost")),
        (replace(said(True, False), reason="silent"), RUNS, ONLINE, close("ongoing")),
        # the station is gone
        (CHECK, RUNS, replace(OFFLINE, gone_for=4 * DAY), close("complete")),
        (replace(CHECK, reason="vanished"), RUNS, replace(OFFLINE, gone_for=4 * DAY), close("vanished")),
        (CHECK, SHORT, replace(OFFLINE, gone_for=4 * DAY), close("unanswered")),
        # where we may not ask, time decides
        (CHECK, HOLED, replace(ONLINE, may_ask=False), look(NOW + HOUR)),
        (replace(CHECK, opened_at=NOW - DAY), SHORT, replace(ONLINE, may_ask=False), close("not_asked")),
        # 1.6 cannot be asked: what is plain to see for half an hour counts
        (
            SILENT,
            OLD,
            replace(ONLINE, may_ask=False, over_since=NOW - SECOND),
            look(NOW - SECOND + 30 * MINUTE),
        ),
        (
            SILENT,
            OLD,
            replace(ONLINE, may_ask=False, over_since=NOW - HOUR),
            close("end_lost"),
        ),
    ],
)
def test_what_follows(check: Check, one: Transaction, around: Situation, step: Step) -> None:
    assert next_step(check, one, around) == step


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (RUNS, None),
        (HOLED, "gap"),
        (HEADLESS, "started_missing"),
        (ENDED, None),
        (SHORT, "incomplete"),
        (OLD, None),
        (infer_end(RUNS, NOW).transaction, "incomplete"),
    ],
)
def test_what_must_be_looked_into(one: Transaction, reason: str | None) -> None:
    assert opened_by(one) == reason
    assert lacks(one) == (reason is not None)


def test_only_two_verdicts_infer_an_end() -> None:
    found = [
        verdict for verdict in ("complete", "ongoing", "lost", "end_lost", "vanished") if close(verdict).infers_end
    ]
    assert found == ["end_lost", "vanished"]


def test_the_pauses_grow_to_an_hour() -> None:
    assert [rules.pause(n) // MINUTE for n in (0, 1, 2, 5, 6, 50)] == [1, 2, 4, 32, 60, 60]
