"""What a station of the bench refuses before it lives; its life is tried in tests/acceptance/test_testbench.py."""

from __future__ import annotations

import pytest

from ohmstead.api.bench import BenchRefuses, Seat
from ohmstead.shapes.faults import FaultSwitches
from ohmstead.shapes.testbench import SimulatedStationNew
from ohmstead.testbench.stations import BenchStation

SEAT = Seat(1, None, "B1", "secret-password")


def made(**fields):
    return BenchStation(SEAT, SimulatedStationNew(**fields), ["T"], "ws://127.0.0.1:1/ocpp", None)


def test_it_is_what_was_asked_for():
    shown = made(persona="nulls", evses=3, faults=FaultSwitches(drop=0.5)).shown()
    assert (shown.id, shown.persona, len(shown.evses)) == ("B1", "nulls", 3)
    assert shown.faults == FaultSwitches(drop=0.5)
    assert not shown.connected
    assert (shown.ends_at - shown.started_at).total_seconds() == 480 * 60


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"persona": "nobody"}, "/persona"),
        ({"persona": "own-negative-ids", "ocpp_version": "2.0.1"}, "/ocpp_version"),
        ({"faults": FaultSwitches(answers={"Reset": "Perhaps"})}, "/faults/answers"),
    ],
)
def test_what_there_is_not_is_refused(fields, pointer):
    with pytest.raises(BenchRefuses) as refused:
        made(**fields)
    assert refused.value.pointer == pointer


@pytest.mark.anyio
@pytest.mark.parametrize("step", [{}, {"do": "fly"}, {"do": "charge", "minutes": 9}, {"do": "call", "action": "No"}])
async def test_what_is_no_step_is_refused(step):
    with pytest.raises(BenchRefuses):
        await made().step(step)


@pytest.mark.anyio
async def test_a_step_that_cannot_be_says_why():
    station = made()
    assert await station.step({"do": "fault", "faults": {"half_open": True}}) is None
    assert station.shown().faults.half_open
    assert await station.step({"do": "plug", "connector": 9}) == "EVSE 1 has no connector 9."
