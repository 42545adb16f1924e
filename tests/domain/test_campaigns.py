"""What a campaign does next: a table, and what holds whatever the counts."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.campaigns import Rules, Wave, decide, outcome, wave_of

NOON = time(12)


def wave(ready=0, offline=0, running=0, done=0, failed=0, skipped=0) -> Wave:
    return Wave(ready, ready + offline, running, done, failed, skipped)


@pytest.mark.parametrize(
    ("rules", "waves", "begun", "state", "number", "begin", "said"),
    [
        ({}, [wave(ready=5)], 0, "running", 0, 5, None),
        ({}, [wave(done=5)], 0, "done", 0, 0, None),
        ({}, [wave(offline=2, done=3)], 0, "running", 0, 0, "offline"),
        ({}, [wave(running=2)], 0, "running", 0, 0, None),
        ({"max_in_flight": 3}, [wave(ready=5, running=2)], 0, "running", 0, 1, None),
        ({"max_in_flight": 2}, [wave(ready=5, running=3)], 0, "running", 0, 0, None),
        ({"per_minute": 4}, [wave(ready=5)], 3, "running", 0, 1, None),
        ({"waves": (10, 100)}, [wave(running=1), wave(ready=9)], 0, "running", 0, 0, None),
        ({"waves": (10, 100)}, [wave(done=1), wave(ready=9)], 0, "running", 1, 9, None),
        ({"waves": (10, 100)}, [wave(offline=1), wave(ready=9)], 0, "running", 1, 9, None),
        ({"waves": (10, 100)}, [wave(ready=1, done=1), wave(ready=9)], 0, "running", 0, 1, None),
        ({"stop_at_failures_percent": 10}, [wave(ready=5, done=9, failed=1)], 0, "running", 0, 5, None),
        ({"stop_at_failures_percent": 10}, [wave(ready=5, done=8, failed=1)], 0, "stopped", 0, 0, "1 of 9"),
        ({"stop_at_failures_percent": 0}, [wave(done=99, failed=1)], 0, "stopped", 0, 0, "at most 0 %"),
        ({}, [wave(failed=9)], 0, "done", 0, 0, None),
        ({"from_time": time(13), "to_time": time(14)}, [wave(ready=5)], 0, "running", 0, 0, "window"),
        ({"from_time": time(11), "to_time": time(13)}, [wave(ready=5)], 0, "running", 0, 5, None),
        ({"from_time": time(22), "to_time": time(13)}, [wave(ready=5)], 0, "running", 0, 5, None),
        ({"from_time": time(22), "to_time": time(6)}, [wave(ready=5)], 0, "running", 0, 0, "window"),
    ],
)
def test_what_is_next(rules, waves, begun, state, number, begin, said):
    found = decide(Rules(**rules), waves, begun, NOON)
    assert (found.state, found.wave, found.begin) == (state, number, begin)
    assert (found.reason is None) is (said is None)
    assert said is None or said in found.reason


@pytest.mark.parametrize(
    ("total", "waves", "sizes"),
    [
        (100, (5, 25, 100), [5, 20, 75]),
        (3, (5, 100), [1, 2]),
        (1, (5, 50, 100), [1, 0, 0]),
        (10, (100,), [10]),
        (10, (50, 100), [5, 5]),
    ],
)
def test_a_canary_is_one_station_at_least(total, waves, sizes):
    found = [wave_of(place, total, waves) for place in range(total)]
    assert found == sorted(found)
    assert [found.count(n) for n in range(len(waves))] == sizes


counts = st.builds(wave, *(st.integers(0, 20) for _ in range(6)))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(counts, min_size=1, max_size=4),
    st.none() | st.integers(1, 10),
    st.none() | st.integers(1, 10),
    st.integers(0, 12),
)
def test_caps_are_never_broken(waves, in_flight, per_minute, begun):
    percents = tuple(100.0 * (n + 1) / len(waves) for n in range(len(waves)))
    found = decide(Rules(waves=percents, max_in_flight=in_flight, per_minute=per_minute), waves, begun, NOON)
    assert found.begin >= 0
    assert in_flight is None or not found.begin or found.begin + sum(one.running for one in waves) <= in_flight
    assert per_minute is None or not found.begin or found.begin + begun <= per_minute
    assert found.begin <= sum(one.ready for one in waves[: found.wave + 1])
    assert not any(one.running for one in waves[: found.wave])  # nothing is begun past a wave that is under way
    if found.state == "done":
        assert not any(one.waiting or one.running for one in waves)


@pytest.mark.parametrize(
    ("state", "awaits", "attempts", "becomes"),
    [
        ("queued", False, 1, None),
        ("sent", False, 1, None),
        ("accepted", True, 1, None),
        ("accepted", False, 1, "done"),
        ("confirmed", True, 1, "done"),
        ("rejected", False, 1, "failed"),
        ("error", False, 1, "failed"),
        ("timed_out", False, 1, "waiting"),
        ("timed_out", False, 2, "failed"),
        ("expired", False, 1, "waiting"),
        ("unconfirmed", True, 2, "failed"),
        ("cancelled", False, 1, "failed"),
    ],
)
def test_what_a_command_makes_of_its_station(state, awaits, attempts, becomes):
    assert outcome(state, awaits, attempts, Rules(attempts=2)) == becomes
