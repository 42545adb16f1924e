from __future__ import annotations

from typing import Any

from ohmstead.ocpp.versions import V16
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.dialect16 import Dialect16
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import standard_evses
from ohmstead.simulator.profile_words import parse
from ohmstead.simulator.profiles import UNLIMITED
from ohmstead.simulator.session import Token
from ohmstead.simulator.traits import Charging, Traits

START = 1_764_000_000_000_000


def station(limit_a: float | None, **charging: Any) -> Controller:
    controller = Controller(
        "CS001",
        V16,
        standard_evses(2, 1, "CS001"),
        dialect=Dialect16,
        start=START,
        traits=Traits(charging=Charging(**charging)),
    )
    if limit_a is not None:
        period = {"startPeriod": 0, "limit": limit_a}
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        words = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": schedule,
        }
        controller.install(parse(words, 1, START))
    session = controller.session(1)
    session.plug(Ev(soc=20.0, max_ac_w=22_000))
    session.authorise(Token("TAG"))
    controller.advance(START + 120_000_000, 120.0)
    return controller


def amps(controller: Controller) -> float:
    return round(controller.session(1).evse.read().currents_a[0], 1)


def test_without_a_limit_and_with_one() -> None:
    assert amps(station(None)) > 30
    assert amps(station(11.0)) <= 11.0
    assert station(None).grid.offer_w(station(None).session(1)) == UNLIMITED


def test_who_does_not_obey() -> None:
    assert amps(station(11.0, obeys=False)) > 30


def test_who_knows_some_currents_only() -> None:
    assert 9.5 < amps(station(11.0, steps_a=(6.0, 8.0, 10.0, 13.0, 16.0))) <= 10.0
    assert amps(station(5.0, steps_a=(6.0, 8.0))) == 0.0


def test_limits_are_lost_with_the_line() -> None:
    forgetful, ordinary = station(11.0, keeps_profiles=False), station(11.0)
    for controller in (forgetful, ordinary):
        controller.opened(121.0)
    assert not forgetful.profiles
    assert ordinary.profiles


def test_the_main_meter_is_the_sum() -> None:
    controller = station(None)
    total = sum(session.evse.register_wh for session in controller.sessions.values())
    reading = controller.grid.read()
    assert reading.register_wh == total
    assert reading.power_w == controller.session(1).evse.power_w
    assert controller.grid.phases == 3
