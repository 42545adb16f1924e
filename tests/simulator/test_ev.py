from __future__ import annotations

import pytest

from ohmstead.simulator.dice import Dice
from ohmstead.simulator.ev import Ev, any_ev


def test_direct_current_falls_as_the_battery_fills() -> None:
    powers = [Ev(soc=soc).appetite_w(direct=True) for soc in (20, 55, 70, 80, 90, 99)]
    assert powers == sorted(powers, reverse=True)
    assert powers[0] > 4 * powers[-1]
    assert Ev(soc=2).appetite_w(direct=True) < powers[0]


def test_alternating_current_stays_level_until_nearly_full() -> None:
    assert Ev(soc=20).appetite_w(direct=False) == Ev(soc=90).appetite_w(direct=False) == 11_000
    assert Ev(soc=99.5).appetite_w(direct=False) < 11_000


def test_a_full_car_wants_nothing() -> None:
    assert Ev(soc=80, target_soc=80).appetite_w(direct=True) == 0


def test_losses_stay_outside_the_battery() -> None:
    ev = Ev(battery_wh=50_000, soc=10)
    ev.take(10_000, direct=False)
    assert ev.soc == pytest.approx(10 + 92 * 0.2)
    ev.take(1_000_000, direct=True)
    assert ev.soc == 100


def test_any_ev_is_a_sane_car() -> None:
    for number in range(50):
        ev = any_ev(Dice("cars", number))
        assert 8 <= ev.soc < ev.target_soc <= 100
        assert ev.phases in (1, 3)
