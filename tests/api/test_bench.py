from __future__ import annotations

from ohmstead.api.bench import BenchRefuses, Seat


def test_a_key_sees_what_stands_at_its_sites():
    seat = Seat(1, 7, "B1", "secret")
    assert seat.visible(1, None)
    assert seat.visible(1, (7, 8))
    assert not seat.visible(1, (8,))
    assert not seat.visible(2, None)
    assert not Seat(1, None, "B1", "").visible(1, (7,))


def test_a_refusal_may_point_at_a_field():
    assert BenchRefuses("no", "/persona").pointer == "/persona"
    assert BenchRefuses("no").pointer is None
