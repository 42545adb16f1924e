from __future__ import annotations

from collections.abc import Iterator

import pytest

from ohmstead import runtime
from ohmstead.gateway import guessing
from ohmstead.gateway.guessing import PER_ADDRESS, PER_PAIR, Guesses


@pytest.fixture
def clock() -> Iterator[runtime.FakeClock]:
    clock, before = runtime.FakeClock(), runtime.clock
    runtime.clock = clock
    yield clock
    runtime.clock = before


def guess(guesses: Guesses, peer: str, identity: str, times: int) -> None:
    for _ in range(times):
        guesses.wrong(peer, identity)


def test_twenty_wrong_ones_and_then_one_every_three_seconds(clock: runtime.FakeClock) -> None:
    guesses = Guesses()
    guess(guesses, "10.0.0.1:1", "CS1", PER_PAIR - 1)
    assert guesses.locked("10.0.0.1:2", "CS1") is None
    guesses.wrong("10.0.0.1:3", "CS1")
    assert guesses.locked("10.0.0.1:4", "CS1") == 3
    assert guesses.locked("10.0.0.2:4", "CS1") is None  # the station itself comes from elsewhere
    assert guesses.locked("10.0.0.1:4", "CS2") is None
    clock.advance(3.1)
    assert guesses.locked("10.0.0.1:4", "CS1") is None
    guesses.wrong("10.0.0.1:3", "CS1")
    assert guesses.locked("10.0.0.1:4", "CS1") == 3


def test_an_address_that_tries_many_identities(clock: runtime.FakeClock) -> None:
    guesses = Guesses()
    guesses.right("10.0.0.1:1", "NEIGHBOUR")
    for number in range(PER_ADDRESS):
        guesses.wrong("10.0.0.1:1", f"CS{number}")
    assert guesses.locked("10.0.0.1:1", "NEW") == 1
    assert guesses.locked("10.0.0.1:1", "NEIGHBOUR") is None
    guess(guesses, "10.0.0.1:1", "NEIGHBOUR", PER_PAIR)
    assert guesses.locked("10.0.0.1:1", "NEIGHBOUR") == 3


def test_a_network_of_ipv6_is_one_address(clock: runtime.FakeClock) -> None:
    guesses = Guesses()
    for number in range(PER_PAIR):
        guesses.wrong(f"[2001:db8::{number:x}]:1", "CS1")
    assert guesses.locked("[2001:db8::ffff]:1", "CS1") == 3
    assert guesses.locked("[2001:db8:0:1::1]:1", "CS1") is None
    assert guesses.locked("local", "CS1") is None


def test_memory_is_bounded(clock: runtime.FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MOST", 10)
    guesses = Guesses()
    for number in range(50):
        guesses.wrong("10.0.0.1:1", f"CS{number}")
        guesses.right("10.0.0.1:1", f"CS{number}")
    assert (len(guesses._counts), len(guesses._good)) == (10, 10)
    clock.advance(61)
    guesses.wrong("10.0.0.1:1", "LATE")
    assert ("10.0.0.1", "LATE") in guesses._counts
