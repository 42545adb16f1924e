from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain.matching import may_be_repeat
from ohmstead.domain.metering import BEGIN, END, POWER, Reading
from ohmstead.domain.sequence import LIMIT
from ohmstead.domain.transactions import Event, Fact, Transaction, begin, fold, infer_end, note

quick = settings(database=None, deadline=None, max_examples=120)
NOON = 1_764_000_000_000_000
SECOND = 1_000_000
STARTED, UPDATED, ENDED, AMENDED = Fact("started"), Fact("updated"), Fact("ended"), Fact("amended")


def event(kind: str, seq_no: int | None, second: float, wh: float | None = None, **more: Any) -> Event:
    """An event `second` seconds after noon, with a register of `wh` at its own time."""
    at = NOON + int(second * SECOND)
    context = more.pop("context", "Sample.Periodic")
    readings = more.pop("readings", ()) if wh is None else (Reading(at, wh, context=context),)
    return Event(kind=kind, seq_no=seq_no, at=at, readings=readings, **more)  # type: ignore[arg-type]


def folded(events: Iterable[Event], ordinal: int = 0) -> Transaction:
    transaction = begin(1, 2, "sess-1", ordinal)
    for one in events:
        transaction = fold(transaction, one).transaction
    return transaction


def facts(events: Iterable[Event]) -> list[tuple[Fact, ...]]:
    transaction, result = begin(1, 2, "sess-1"), []
    for one in events:
        transaction, found = fold(transaction, one)
        result.append(found)
    return result


def codes(transaction: Transaction) -> list[str]:
    return sorted(finding.code for finding in transaction.findings)


SESSION = [
    event("started", 0, 0, 1000.0, context=BEGIN, evse_id=1, connector_id=1, charging_state="EVConnected"),
    event("updated", 1, 5, trigger_reason="Authorized", token="TAG1", token_type="ISO14443", remote_start_id=7),
    event("updated", 2, 10, 1010.0, charging_state="Charging"),
    event("updated", 3, 20, readings=(Reading(NOON + 20 * SECOND, 7360.0, POWER),)),
    event("ended", 4, 30, 1034.68000793457031, context=END, token="TAG2", stopped_reason="EVDisconnected"),
]


def test_one_session() -> None:  # E01
    one = folded(SESSION)
    assert one.complete
    assert one.state == "ended"
    assert (one.started_at, one.ended_at) == (NOON, NOON + 30 * SECOND)
    assert one.energy_wh == 34.68
    assert one.power_w == 7360.0
    assert (one.evse_id, one.connector_id, one.remote_start_id) == (1, 1, 7)
    assert (one.token, one.token_type, one.stop_token) == ("TAG1", "ISO14443", "TAG2")  # E11
    assert (one.charging_state, one.stopped_reason) == ("Charging", "EVDisconnected")
    assert one.events == 5
    assert one.gaps == []
    assert one.findings == ()


def test_facts_of_one_session() -> None:
    assert facts(SESSION) == [(STARTED,), (UPDATED,), (UPDATED,), (UPDATED,), (ENDED,)]


def test_late_events_amend_an_ended_transaction() -> None:  # E04
    order = [SESSION[0], SESSION[4], SESSION[2], SESSION[1], SESSION[3]]
    assert facts(order) == [
        (STARTED,),
        (ENDED, Fact("gap_detected", (1, 3))),
        (AMENDED,),
        (AMENDED,),
        (AMENDED, Fact("gap_closed", (3, 3))),
    ]
    assert folded(order) == folded(SESSION)


def test_an_unknown_transaction_begins_incomplete() -> None:  # E06
    one = folded(SESSION[1:])
    assert not one.complete
    assert one.started_at == NOON + 5 * SECOND
    assert codes(one) == ["started_missing"]
    assert facts([SESSION[4]]) == [(STARTED, ENDED)]
    assert facts([SESSION[2], SESSION[0]]) == [(STARTED,), (AMENDED, Fact("gap_detected", (1, 1)))]
    whole = folded([*SESSION[1:], SESSION[0]])
    assert whole.complete
    assert whole == folded(SESSION)


def test_a_gap_is_shown() -> None:  # E07
    one = folded([*SESSION[:2], SESSION[3], SESSION[4]])
    assert one.gaps == [2]
    assert not one.complete
    assert ("events_missing", "events are missing: 2") in one.findings


def test_numbers_may_start_anywhere() -> None:  # E08
    one = folded([event("started", 57, 0, 10.0), event("updated", 58, 1), event("ended", 59, 2, 20.0)])
    assert one.complete
    assert one.gaps == []


def test_a_jump_of_the_counter_costs_nothing() -> None:
    one = folded([event("started", 0, 0, 10.0), event("ended", 2**31, 2, 20.0)])
    assert len(one.gaps) == 1_000
    assert len(msgspec.json.encode(one)) < 500


def test_a_station_that_drops_every_second_event() -> None:
    one = folded([event("updated", 2 * n, n) for n in range(LIMIT + 100)])
    assert one.gaps == list(range(1, 2 * LIMIT, 2))
    assert not one.complete


def test_a_counter_that_never_counts_loses_nothing() -> None:
    one = folded([event("started", 0, 0, 10.0), event("updated", 0, 5, 15.0), event("ended", 0, 9, 20.0)])
    assert one.complete
    assert one.events == 3
    assert one.energy_wh == 10.0
    assert codes(one) == ["seq_no_reused"]


def test_a_counter_that_runs_backwards_is_not_complete() -> None:
    one = folded([event("started", 5, 0, 10.0), event("ended", 4, 9, 20.0)])
    assert not one.complete
    assert codes(one) == ["seq_no_backwards"]


STOP_AUTHORIZED = event("updated", 3, 5, token="B", trigger_reason="StopAuthorized")
AFTER_THE_END = [event("started", 0, 0, 5.0), event("ended", 1, 9, 6.0, context=END), event("updated", 2, 10, 9.0)]


def test_no_reason_is_local() -> None:  # E10
    assert folded([event("ended", 0, 0)]).stopped_reason == "Local"


@pytest.mark.parametrize(
    ("events", "token", "stop_token"),
    [
        ([event("started", 0, 0), event("ended", 1, 9)], None, None),
        ([event("started", 0, 0, token="A"), event("ended", 1, 9)], "A", None),
        ([event("started", 0, 0), event("updated", 1, 5, token="A"), event("updated", 2, 6, token="B")], "A", None),
        ([event("started", 0, 0), event("ended", 1, 9, token="B")], "B", "B"),
        ([STOP_AUTHORIZED, event("started", 0, 0, token="A")], "A", "B"),
        ([event("started", 0, 0, token=""), event("updated", 1, 5, token="A")], "A", None),
        ([event("started", 0, 0, token="", token_type="NoAuthorization")], "", None),
        ([event("updated", 1, 5), event("updated", 2, 6, token="A")], "A", None),
    ],
)  # fmt: skip
def test_tokens(events: list[Event], token: str | None, stop_token: str | None) -> None:
    for order in (events, events[::-1]):
        one = folded(order)
        assert (one.token, one.stop_token) == (token, stop_token)


def test_what_is_sent_once_is_not_forgotten() -> None:  # E02
    one = folded([
        event("started", 0, 0, token="A", trigger_reason="Authorized"),
        event("updated", 1, 1, evse_id=2, connector_id=1, reservation_id=9, charging_state="Charging"),
        event("updated", 2, 2),
        event("ended", 3, 3),
    ])  # fmt: skip
    assert (one.evse_id, one.connector_id, one.reservation_id, one.token) == (2, 1, 9, "A")
    assert one.charging_state == "Charging"


def test_another_evse_is_a_finding() -> None:
    one = folded(
        [event("started", 0, 0, evse_id=1), event("updated", 1, 1, evse_id=2), event("updated", 2, 2, evse_id=3)]
    )
    assert one.evse_id == 1
    assert codes(one) == ["evse_changed"]


def test_the_charging_state_goes_by_time() -> None:
    one = folded([
        event("started", 0, 0),
        event("updated", 2, 9, charging_state="SuspendedEV"),
        event("updated", 1, 5, charging_state="Charging", readings=(Reading(NOON + 5 * SECOND, 7000.0, POWER),)),
    ])  # fmt: skip
    assert one.charging_state == "SuspendedEV"
    assert one.power_w == 7000.0


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([event("started", 0, 0), event("ended", 1, 9)], "no_energy_register"),
        ([event("started", 0, 0, 5.0), event("ended", 1, 9)], "one_energy_register"),
        ([event("started", 0, 0, 50.0), event("ended", 1, 9, 5.0)], "register_backwards"),
        ([event("started", 0, 0, 0.0), event("ended", 1, 60, 90_000.0)], "implausible_energy"),
        (AFTER_THE_END, "register_after_end"),
        ([event("started", 0, 9, 6.0), event("ended", 1, 0, 6.0)], "ended_before_started"),
        ([event("started", 0, -NOON / SECOND, 5.0), event("ended", 1, 0, 6.0)], "clock_not_set"),
    ],
)  # fmt: skip
def test_findings(events: list[Event], code: str) -> None:
    one = folded(events)
    assert codes(one) == [code]
    assert one.energy_wh >= 0


def test_a_running_transaction_without_a_register_is_no_finding() -> None:
    assert folded([event("started", 0, 0), event("updated", 1, 5)]).findings == ()


def test_an_id_used_again_is_a_finding() -> None:
    assert codes(folded([event("started", 0, 0)], ordinal=1)) == ["transaction_id_reused"]


def test_notes_are_made_once() -> None:
    one = note(note(begin(1, 2, "x"), "odd", "first"), "odd", "second")
    assert one.findings == (("odd", "first"),)


def test_an_inferred_end_invents_no_energy_and_can_be_taken_back() -> None:
    active = folded(SESSION[:3])
    closed, told = infer_end(active, NOON + 60 * SECOND, "Other")
    assert told == (ENDED,)
    assert (closed.state, closed.ended_at, closed.energy_wh) == ("inferred_ended", NOON + 60 * SECOND, 10.0)
    assert not closed.complete
    assert codes(closed) == ["end_inferred"]
    assert infer_end(closed, NOON) == (closed, ())

    late, _ = fold(closed, SESSION[3])
    assert late.state == "inferred_ended"
    again, _ = fold(closed, event("updated", 9, 61))
    assert (again.state, again.ended_at, again.stopped_reason) == ("active", None, None)
    ended, told = fold(late, SESSION[4])
    assert told == (ENDED,)
    assert ended == folded(SESSION)


def test_a_16_transaction() -> None:
    start = event("started", None, 0, evse_id=3, connector_id=1, token="ABC", meter_start=15_000.0)
    sample = event("updated", None, 60, 15_150.02)
    stop = event("ended", None, 90, token="abc", stopped_reason="Remote", meter_stop=15_171.0, readings=(
        Reading(NOON, 15_000.0, context=BEGIN), Reading(NOON + 90 * SECOND, 15_171.75, context=END),
    ))  # fmt: skip
    for order in ([start, sample, stop], [stop, sample, start], [sample, stop, start]):
        one = folded(order)
        assert one.complete
        assert one.energy_wh == 171.75
        assert (one.meter_start, one.token, one.stop_token) == (15_000.0, "ABC", "abc")
        assert one.findings == ()


def test_a_recorded_offline_block() -> None:  # E09: libocpp after an outage, Ended repeats what was said
    at = [NOON + n * SECOND for n in range(20)]
    one = folded([
        event("started", 0, 0, 0.0, context=BEGIN, evse_id=1, token="TAG001", charging_state="EVConnected"),
        event("updated", 1, 1, charging_state="Charging"),
        event("updated", 2, 5, readings=(Reading(at[4], 10.199999809265137), Reading(at[4], 7360.0, POWER))),
        event("updated", 3, 10, 20.400001525878906, offline=True),
        event("ended", 4, 17, offline=True, token="TAG001", charging_state="EVConnected", readings=(
            Reading(at[0], 0.0, context=BEGIN),
            Reading(at[11], 24.480003356933594, context="Sample.Clock"),
            Reading(at[17], 34.68000793457031, context=END),
        )),
    ])  # fmt: skip
    assert one.complete
    assert one.energy_wh == 34.68
    assert one.findings == ()


def test_the_stored_body_is_short_and_comes_back() -> None:
    one = folded(SESSION)
    body = msgspec.json.encode(one)
    assert len(body) < 700
    assert msgspec.json.decode(body, type=Transaction) == one


def test_old_and_newer_bodies_are_read() -> None:
    old = b'{"id":1,"station":2,"transaction":"x","state":"active","of_tomorrow":[1]}'
    assert msgspec.json.decode(old, type=Transaction) == begin(1, 2, "x")


# Whatever the order --------------------------------------------------------------------------------------------------

anything = st.builds(
    lambda kind, seq_no, second, wh, context, token, state, trigger: event(
        kind, seq_no, second, wh, context=context, token=token, charging_state=state, trigger_reason=trigger, evse_id=1
    ),
    st.sampled_from(["started", "updated", "ended"]),
    st.none() | st.integers(0, 12),
    st.integers(0, 30),
    st.none() | st.integers(0, 20).map(float),
    st.sampled_from(["Sample.Periodic", BEGIN, END]),
    st.sampled_from([None, None, "A", "B", ""]),
    st.sampled_from([None, "Charging", "SuspendedEV"]),
    st.sampled_from([None, "StopAuthorized"]),
)
some_events = st.lists(anything, min_size=1, max_size=10, unique_by=(lambda e: e.at))


def shuffled(events: list[Event], seed: int) -> list[Event]:
    return Random(seed).sample(events, len(events))


@quick
@given(some_events, st.integers(0, 99))
def test_any_order_ends_the_same(events: list[Event], seed: int) -> None:
    one, other = folded(events), folded(shuffled(events, seed))
    assert codes(one) == codes(other)
    assert replace(one, noted=()) == replace(other, noted=())


@quick
@given(some_events, st.integers(0, 99))
def test_repeats_change_nothing(events: list[Event], seed: int) -> None:
    """The ledger keeps what it has seen and is asked only where the transaction says it may be a repeat."""
    ledger: set[tuple[int | None, str, int]] = set()
    one = begin(1, 2, "sess-1")
    for sent in shuffled(events + events, seed):
        resent = replace(sent, offline=(sent.at, sent.kind) in {(at, kind) for _, kind, at in ledger})
        if may_be_repeat(one, resent) and (resent.seq_no, resent.kind, resent.at) in ledger:
            continue
        ledger.add((resent.seq_no, resent.kind, resent.at))
        one = fold(one, resent).transaction
    assert one.events == len(events)
    assert replace(one, noted=()) == replace(folded(events), noted=())


@quick
@given(some_events)
def test_the_rules_hold(events: list[Event]) -> None:
    one = folded(events)
    numbers = [e.seq_no for e in events if e.seq_no is not None]
    missing = sorted(set(range(min(numbers), max(numbers) + 1)) - set(numbers)) if numbers else []
    started, ended = ([e for e in events if e.kind == kind] for kind in ("started", "ended"))
    assert one.energy_wh >= 0
    assert one.gaps == missing
    assert one.started_at == min(e.at for e in started or events)
    assert one.ended_at == max((e.at for e in ended), default=None)
    assert (one.state == "ended") == bool(ended)
    assert not one.complete or (started and ended and not missing)
    assert len(codes(one)) == len(set(codes(one)))
    assert msgspec.json.decode(msgspec.json.encode(one), type=Transaction) == one


int64 = st.integers(-(2**63), 2**63 - 1)
wild = st.builds(
    Event,
    kind=st.sampled_from(["started", "updated", "ended"]),
    at=int64,
    seq_no=st.none() | int64,
    evse_id=st.none() | int64,
    meter_start=st.none() | st.floats(-1e15, 1e15),
    meter_stop=st.none() | st.floats(-1e15, 1e15),
    readings=st.lists(
        st.builds(Reading, int64, st.floats(-1e15, 1e15), phase=st.none() | st.text(max_size=2), location=st.text()),
        max_size=3,
    ).map(tuple),
)


@quick
@given(st.lists(wild, min_size=1, max_size=5))
def test_nothing_a_station_says_raises(events: list[Event]) -> None:
    one = folded(events)
    assert one.energy_wh >= 0
    assert len(one.gaps) <= LIMIT
    assert len(codes(one)) == len(set(codes(one)))
    assert msgspec.json.decode(msgspec.json.encode(one), type=Transaction) == one


@quick
@given(st.integers(1, 30), st.integers(0, 99), st.data())
def test_a_session_in_any_order_is_complete_when_all_is_there(length: int, seed: int, data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([0, 57]))
    events = [event("updated", first + n, n, 1000.0 + 10 * n) for n in range(1, length)]
    events = [
        event("started", first, 0, 1000.0, context=BEGIN, token="A"),
        *events,
        event("ended", first + length, length, 1000.0 + 10 * length, context=END),
    ]
    arrived = shuffled(events, seed)
    for n in range(len(arrived) - 1):
        assert not folded(arrived[: n + 1]).complete
    one = folded(arrived)
    assert one.complete
    assert one.energy_wh == 10 * length
    assert one.findings == ()
