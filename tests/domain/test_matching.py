from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.matching import choose, is_repeated_start_16, match_stop_16, may_be_repeat, opens_anew
from ohmstead.domain.transactions import Event, Transaction, begin, fold

NOON = 1_764_000_000_000_000


def event(kind: str, seq_no: int | None, at: int, **more: Any) -> Event:
    return Event(kind=kind, seq_no=seq_no, at=NOON + at, **more)  # type: ignore[arg-type]


def folded(*events: Event, id: int = 1, ordinal: int = 0) -> Transaction:
    transaction = begin(id, 2, str(id), ordinal)
    for one in events:
        transaction = fold(transaction, one).transaction
    return transaction


SEEN = folded(event("started", 3, 10), event("updated", 5, 30))


@pytest.mark.parametrize(
    ("sent", "ask"),
    [
        (event("started", 3, 10), True),
        (event("started", 3, 10, offline=True), True),
        (event("updated", 5, 30), True),
        (event("updated", 5, 20), True),  # not a repeat, but only the store knows
        (event("updated", 4, 20), False),  # the number is missing
        (event("updated", 2, 5), False),
        (event("updated", 6, 30), False),
        (event("updated", 3, 31), False),  # later than all we hold: a counter that does not count
        (event("updated", None, 30), True),
        (event("updated", None, 31), False),
    ],
)
def test_the_store_is_asked_only_when_it_could_know(sent: Event, ask: bool) -> None:
    assert may_be_repeat(SEEN, sent) is ask


def test_nothing_repeats_the_first_event() -> None:
    assert not may_be_repeat(begin(1, 2, "x"), event("started", 0, 10))


START = event("started", None, 0, evse_id=1, connector_id=1, token="AB12", meter_start=100.0)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"token": "ab12"}, True),
        ({"token": "ab13"}, False),
        ({"evse_id": 2}, False),
        ({"at": NOON + 1}, False),
        ({"meter_start": 101.0}, False),
    ],
)
def test_a_start_repeats_by_content(change: dict[str, Any], same: bool) -> None:  # E26
    sent = replace(START, **change)
    assert is_repeated_start_16(folded(START), sent) is same
    ended = folded(START, event("updated", None, 5), event("ended", None, 9, meter_stop=200.0, token="X"))
    assert is_repeated_start_16(ended, sent) is same


def test_an_id_is_used_again_only_after_the_end() -> None:
    again = event("started", 0, 50)
    active = folded(event("started", 0, 10))
    assert not opens_anew(active, again)
    ended = folded(event("started", 0, 10), event("ended", 1, 40))
    assert opens_anew(ended, again)
    assert not opens_anew(ended, event("updated", 2, 50))
    assert not opens_anew(ended, event("started", 0, 10))  # its own Started, once more
    assert not opens_anew(ended, event("started", 0, 40))


def test_a_clock_set_back_opens_nothing() -> None:
    started = event("started", 0, 500)
    assert not opens_anew(folded(started, event("ended", 1, 40)), started)


def test_events_go_to_the_transaction_of_their_time() -> None:
    first = folded(event("started", 0, 10), event("ended", 1, 40))
    second = folded(event("started", 0, 50), id=2, ordinal=1)
    both = [second, first]
    assert choose([], event("updated", 0, 0)) is None
    assert choose([first], event("updated", 0, 0)) is first
    assert choose(both, event("updated", 1, 5)) is first
    assert choose(both, event("ended", 1, 40)) is first
    assert choose(both, event("started", 0, 50)) is second
    assert choose(both, event("updated", 1, 60)) is second


def active(id: int, at: int, token: str | None = "A", meter_start: float | None = 100.0) -> Transaction:
    return folded(event("started", None, at, token=token, meter_start=meter_start), id=id)


STOP = event("ended", None, 50, token="a", meter_stop=150.0)
NO_TOKEN = replace(STOP, token=None)
ENDED = folded(event("started", None, 0, token="A"), event("ended", None, 9))


@pytest.mark.parametrize(
    ("transactions", "stop", "number", "found"),
    [
        ([active(1, 0)], STOP, -1, 1),
        ([active(1, 0)], STOP, 0, 1),
        ([active(1, 0)], STOP, None, 1),
        ([active(1, 0)], NO_TOKEN, -1, 1),
        ([active(1, 0), active(2, 0, "B")], STOP, -1, 1),
        ([active(1, 0), active(2, 0, "B")], NO_TOKEN, -1, None),
        ([active(1, 0), active(2, 10)], STOP, -1, None),
        ([active(1, 0), active(2, 60)], STOP, -1, 1),  # had not begun
        ([active(1, 0), active(2, 0, meter_start=151.0)], STOP, -1, 1),
        ([active(1, 0, meter_start=None)], STOP, -1, 1),
        ([ENDED], STOP, -1, None),
        ([active(1, 0)], replace(STOP, token="C"), -1, None),
        ([], STOP, -1, None),
        # an id we never gave
        ([active(1, 0)], STOP, 4711, 1),
        ([active(1, 0)], NO_TOKEN, 4711, None),
        ([active(1, 0, None)], STOP, 4711, None),
        ([active(1, 0), active(2, 10)], STOP, 4711, None),
    ],
)
def test_a_stop_without_a_number_we_know(
    transactions: list[Transaction], stop: Event, number: int | None, found: int | None
) -> None:  # E27
    one = match_stop_16(transactions, stop, number)
    assert (None if one is None else one.id) == found
    if one is not None:
        assert [finding.code for finding in one.findings] == ["stop_matched_by_content"]
