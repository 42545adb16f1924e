from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.api.limits import Limiter


@pytest.fixture
def clock(monkeypatch):
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    return clock


def test_a_bucket_empties_and_fills_again(clock):
    limiter = Limiter(burst=3, per_second=1)
    assert [limiter.take("a").remaining for _ in range(3)] == [2, 1, 0]
    refused = limiter.take("a")
    assert (refused.allowed, refused.reset_s) == (False, 1)
    assert limiter.take("b").allowed
    clock.advance(1)
    assert limiter.take("a").allowed
    assert not limiter.take("a").allowed
    clock.advance(1000)
    assert limiter.take("a").headers() == {
        "RateLimit-Limit": "3",
        "RateLimit-Remaining": "2",
        "RateLimit-Reset": "1",
    }


def test_full_buckets_are_forgotten(clock):
    limiter = Limiter(burst=1, per_second=1)
    for number in range(10_000):
        limiter.take(str(number))
    clock.advance(5)
    limiter.take("one more")
    assert len(limiter._buckets) == 1
