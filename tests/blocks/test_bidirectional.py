"""Energy both ways: what is said to stations, and dynamic schedules pushed and pulled (K13)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.blocks.command import Unsupported, parse
from ohmstead.domain.profiles import Period, Profile, Schedule
from ohmstead.store import charging
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
ACCEPTED = {"status": "Accepted"}
PERIOD = Period(0, operation_mode="CentralSetpoint", setpoint=-5000.0)
PROFILE = Profile(
    id=9, evse_id=1, stack_level=0, purpose="TxProfile", kind="Dynamic", schedules=(Schedule("W", (PERIOD,)),)
)


def command(kind: str, **fields: Any) -> Any:
    return parse(json.dumps({"type": kind, **fields}))


@pytest.mark.parametrize(
    ("asked", "action", "payload"),
    [
        (command("notify_allowed_energy_transfer", transaction_id="t1", allowed=["DC", "DC_BPT"]),
         "NotifyAllowedEnergyTransfer", {"transactionId": "t1", "allowedEnergyTransfer": ["DC", "DC_BPT"]}),
        (command("use_priority_charging", transaction_id="t1"),
         "UsePriorityCharging", {"transactionId": "t1", "activate": True}),
        (command("afrr_signal", signal=-3, timestamp="2026-11-28T20:00:00Z"),
         "AFRRSignal", {"timestamp": "2026-11-28T20:00:00.000Z", "signal": -3}),
        (command("update_dynamic_schedule", profile_id=9, setpoint=7000),
         "UpdateDynamicSchedule", {"chargingProfileId": 9, "scheduleUpdate": {"setpoint": 7000.0}}),
    ],
)  # fmt: skip
def test_said_in_2_1_alone(asked: Any, action: str, payload: dict[str, Any]) -> None:
    said = converse(asked, "2.1", ACCEPTED, profiles=[PROFILE])
    assert said.requests == [(action, payload)]
    assert said.outcome.accepted
    for version in ("2.0.1", "1.6"):
        with pytest.raises(Unsupported):
            converse(asked, version, profiles=[PROFILE])


@pytest.mark.parametrize("fields", [{"profile_id": 8, "setpoint": 1}, {"profile_id": 9, "limit": 5000}])
def test_an_update_that_does_not_fit_is_not_sent(fields: dict[str, Any]) -> None:  # Q03.FR.02: no limit
    with pytest.raises(Unsupported):
        converse(command("update_dynamic_schedule", **fields), "2.1", profiles=[PROFILE])


@SQLITE
async def test_k13_a_pull_gets_what_was_pushed_last(stage: Stage) -> None:
    pull = {"chargingProfileId": 9}
    unknown = await stage.say("PullDynamicScheduleUpdate", pull, "2.1")
    assert unknown == {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
    await stage.db.store([], [charging.installed(1, 1, PROFILE, "CSO", stage.now)])
    found = await stage.say("PullDynamicScheduleUpdate", pull, "2.1")
    assert found == {"status": "Accepted", "scheduleUpdate": {"setpoint": -5000.0}}
    for answer in ({"status": "Rejected"}, None, ACCEPTED):
        assert (await stage.say("PullDynamicScheduleUpdate", pull, "2.1"))["scheduleUpdate"] == {"setpoint": -5000.0}
        await stage.learn(
            "UpdateDynamicSchedule", {"chargingProfileId": 9, "scheduleUpdate": {"setpoint": 7000}}, answer, "2.1"
        )
    assert (await stage.say("PullDynamicScheduleUpdate", pull, "2.1"))["scheduleUpdate"] == {"setpoint": 7000.0}


@SQLITE
async def test_priority_is_told(stage: Stage) -> None:
    assert await stage.say("NotifyPriorityCharging", {"transactionId": "t1", "activated": True}, "2.1") == {}
    assert stage.fed == ["priority_charging.changed"]
