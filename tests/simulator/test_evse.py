from __future__ import annotations

import pytest

from ohmstead.simulator.dice import Dice
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import Connector, Evse


def charging(**more: object) -> Evse:
    evse = Evse(1, register_wh=1000.0, dice=Dice(1), **more)  # type: ignore[arg-type]
    evse.plug(Ev(soc=20))
    evse.close()
    return evse


def run(evse: Evse, seconds: int, limit_w: float = float("inf")) -> None:
    for _ in range(seconds):
        evse.advance(1.0, limit_w)


def test_power_rises_gently_and_the_register_follows() -> None:
    evse = charging()
    powers = []
    for _ in range(30):
        evse.advance(1.0)
        powers.append(evse.power_w)
    assert 0 < powers[0] < powers[4] < powers[20] <= 22_080
    assert powers[-1] == pytest.approx(11_000, rel=0.02)
    assert evse.register_wh == pytest.approx(1000 + 11_000 * 26 / 3600, rel=0.03)


def test_a_lower_limit_is_obeyed_within_five_seconds() -> None:
    evse = charging()
    run(evse, 30)
    run(evse, 5, 6000)
    assert evse.power_w <= 6000
    for _ in range(200):
        evse.advance(1.0, 6000)
        assert evse.power_w <= 6000


def test_too_little_current_is_none() -> None:
    evse = charging()
    assert not evse.offers(5.9 * 690)
    run(evse, 30, 5.9 * 690)
    assert evse.power_w == 0
    assert evse.register_wh == 1000


def test_nothing_flows_through_an_open_contactor() -> None:
    evse = charging()
    run(evse, 20)
    evse.open()
    register = evse.register_wh
    run(evse, 20)
    assert (evse.power_w, evse.register_wh) == (0, register)


def test_one_phase() -> None:
    evse = Evse(1)
    evse.plug(Ev(phases=1, max_ac_w=22_000))
    evse.close()
    run(evse, 60)
    reading = evse.read()
    assert evse.power_w <= 32 * 230
    assert reading.currents_a[0] == pytest.approx(32, rel=0.03)
    assert reading.currents_a[1:] == (0, 0)
    assert reading.soc is None


def test_direct_current_has_one_voltage_and_tells_the_charge() -> None:
    evse = charging(direct=True, max_power_w=50_000.0)
    run(evse, 60)
    reading = evse.read()
    assert reading.power_w == pytest.approx(50_000, rel=0.02)
    assert len(reading.voltages_v) == 1
    assert reading.soc is not None
    assert reading.soc > 20


def test_what_cannot_be_plugged() -> None:
    evse = Evse(3, [Connector(1), Connector(2)])
    with pytest.raises(ValueError, match="EVSE 3 has no connector 5"):
        evse.plug(Ev(), 5)
    evse.plug(Ev(), 2)
    assert evse.connector_id == 2
    with pytest.raises(ValueError, match="a car already"):
        evse.plug(Ev())
    evse.unplug()
    assert evse.unplug() is None


def test_the_same_dice_give_the_same_curve() -> None:
    one, two = charging(), charging()
    run(one, 100)
    run(two, 100)
    assert one.register_wh == two.register_wh
