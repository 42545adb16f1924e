"""ReportChargingProfiles in parts, and limits that others set (K07, K09)."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.store import charging
from tests.blocks.staging import Stage
from tests.blocks.test_smart_charging import ACCEPTED, installed, wire
from tests.domain.test_profiles import profile

pytestmark = pytest.mark.anyio
FULL = {"requestId": 5, "chargingProfile": {"chargingLimitSource": ["CSO", "EMS", "SO", "Other"]}}


def part(*ids: int, request: int = 5, tbc: bool = False, source: str = "CSO") -> dict[str, Any]:
    profiles = [wire(profile(id, stack_level=id))["chargingProfile"] for id in ids]
    return {"requestId": request, "chargingLimitSource": source, "evseId": 1, "chargingProfile": profiles, "tbc": tbc}


async def test_k07_parts_are_joined_and_what_is_not_named_is_gone(stage: Stage, clock: Any) -> None:
    await stage.learn("SetChargingProfile", wire(profile(9)), ACCEPTED)
    clock.advance(1)
    await stage.learn("GetChargingProfiles", FULL, ACCEPTED)
    clock.advance(1)
    await stage.say("ReportChargingProfiles", part(1, tbc=True))
    assert sorted(await installed(stage)) == [1, 9]
    assert ("profiles_report", "5") not in stage.happened
    await stage.say("ReportChargingProfiles", part(2, source="EMS"))
    assert ("profiles_report", "5") in stage.happened
    assert [(one.profile.id, one.source) for one in await charging.load(stage.db, 1)] == [(1, "CSO"), (2, "EMS")]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_part_of_the_profiles_takes_nothing_away(stage: Stage, clock: Any, version: str) -> None:
    await stage.learn("SetChargingProfile", wire(profile(9)), ACCEPTED)
    clock.advance(1)
    await stage.learn("GetChargingProfiles", {"requestId": 5, "chargingProfile": {"stackLevel": 1}}, ACCEPTED, version)
    await stage.say("ReportChargingProfiles", part(1), version)
    assert sorted(await installed(stage)) == [1, 9]


async def test_a_report_nobody_asked_for(stage: Stage) -> None:
    await stage.say("ReportChargingProfiles", part(1, request=99))
    assert [one["code"] for one in await stage.findings()] == ["report_not_asked"]
    assert await installed(stage) == [1]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_k09_limits_of_others(stage: Stage, version: str) -> None:
    schedule = wire(profile(1, 10))["chargingProfile"]["chargingSchedule"]
    said = {"chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": True}, "evseId": 1}
    assert await stage.say("NotifyChargingLimit", {**said, "chargingSchedule": schedule}, version) == {}
    await stage.say("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "SO"}}, version)
    station, evse = await charging.load_limits(stage.db, 1)
    assert (station.evse_id, station.source, station.schedules) == (0, "SO", ())
    assert (evse.evse_id, evse.grid_critical, evse.schedules[0].periods[0].limit) == (1, True, 10)
    assert await stage.say("ClearedChargingLimit", {"chargingLimitSource": "SO"}, version) == {}
    await stage.say("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 1}, version)
    assert await charging.load_limits(stage.db, 1) == []
