"""K15 to K17: a car says what it needs, gets its profile, and tells the schedule it made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from ohmstead.domain.regulation import Account
from ohmstead.energy_settings import Energy
from ohmstead.settings import Settings
from ohmstead.store import energy, planning
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands, contracts
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_smart_charging import ACCEPTED, wire
from tests.domain.test_profiles import profile

pytestmark = [pytest.mark.anyio, SQLITE]
AC = {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
NEEDS = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": AC}
SAID = {"evseId": 1, "maxScheduleTuples": 4, "chargingNeeds": NEEDS}
STARTED = {"eventType": "Started", "timestamp": "2025-11-24T16:00:00Z", "triggerReason": "CablePluggedIn", "seqNo": 0,
           "evse": {"id": 1, "connectorId": 1}, "transactionInfo": {"transactionId": "t1"}}  # fmt: skip


async def asked(stage: Stage) -> list[dict[str, Any]]:
    rows = await stage.db.fetch_many(Statement(select(commands.c.body).order_by(commands.c.id)))
    return [json.loads(row[0]) for row in rows]


@pytest.fixture
async def charging(stage: Stage) -> Stage:
    stage.settings = Settings()
    await stage.say("TransactionEvent", STARTED)
    return stage


async def controlled(stage: Stage) -> None:
    async with stage.db.transaction() as tx:
        await tx.execute_all([energy.account_put(1, 11, stage.state.station.id, 1, Account(), stage.now)])


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_k10_needs_bring_a_profile_at_once_where_nobody_plans(charging: Stage, version: str) -> None:
    assert await charging.say("NotifyEVChargingNeeds", SAID, version) == {"status": "Accepted"}
    (body,) = await asked(charging)
    assert (body["type"], body["evse_id"], body["profile"]["purpose"]) == ("set_charging_profile", 1, "TxProfile")
    assert body["profile"]["transaction_id"] == "t1"
    assert body["profile"]["schedules"] == [
        {"unit": "A", "duration_s": 86_400, "periods": [{"start_s": 0, "limit": 16}]}
    ]
    (need,) = await planning.load_open(charging.db)
    assert (need.energy_wh, need.source, need.state, need.ev.cap_a) == (20_000, "ev", "active", 16)


async def test_where_the_control_rules_the_need_goes_into_its_plan(charging: Stage) -> None:
    await controlled(charging)
    assert await charging.say("NotifyEVChargingNeeds", SAID) == {"status": "Accepted"}
    again = {**SAID, "chargingNeeds": {**NEEDS, "acChargingParameters": {**AC, "energyAmount": 5000}}}
    await charging.say("NotifyEVChargingNeeds", again)  # K17: it thinks again
    assert await asked(charging) == []
    assert [one.energy_wh for one in await planning.load_open(charging.db)] == [5000]


async def test_k12_without_a_transaction_or_a_plan(stage: Stage) -> None:
    stage.settings = Settings()
    assert await stage.say("NotifyEVChargingNeeds", SAID) == {"status": "Rejected"}
    await stage.say("TransactionEvent", STARTED)
    dc = {"requestedEnergyTransfer": "DC", "controlMode": "ScheduledControl"}
    said = {"evseId": 1, "chargingNeeds": dc}
    assert await stage.say("NotifyEVChargingNeeds", said, "2.1") == {"status": "NoChargingProfile"}
    assert await asked(stage) == []


async def test_a_dc_car_says_power_and_state_of_charge(charging: Stage) -> None:
    most = {"evMaxCurrent": 200, "evMaxVoltage": 500, "evMaxPower": 50_000}
    dc = {**most, "stateOfCharge": 20, "evEnergyCapacity": 60_000, "fullSoC": 80}
    said = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC", "dcChargingParameters": dc}}
    assert await charging.say("NotifyEVChargingNeeds", said) == {"status": "Accepted"}
    (body,) = await asked(charging)
    assert (body["profile"]["schedules"][0]["unit"], body["profile"]["schedules"][0]["periods"][0]["limit"]) == (
        "W", 50_000,
    )  # fmt: skip
    assert [one.energy_wh for one in await planning.load_open(charging.db)] == [36_000]


@pytest.mark.parametrize(("amps", "status"), [(10, "Accepted"), (16, "Rejected")])
@pytest.mark.parametrize(("ruled", "version"), [(True, "2.0.1"), (False, "2.1")])
async def test_k11_a_schedule_above_the_limit_is_rejected_and_the_limit_said_again(
    charging: Stage, amps: float, status: str, ruled: bool, version: str
) -> None:
    await charging.learn("SetChargingProfile", wire(profile(9, 10, purpose="TxDefaultProfile")), ACCEPTED)
    if ruled:
        await controlled(charging)
    periods = [{"startPeriod": 0, "limit": amps}]
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    said = {"timeBase": "2025-11-24T16:00:05Z", "evseId": 1, "chargingSchedule": schedule}
    assert (await charging.say("NotifyEVChargingSchedule", said, version))["status"] == status
    expected = [10.0] if status == "Rejected" and not ruled else []
    assert [one["limit_a"] for one in await asked(charging)] == expected
    assert [one["code"] for one in await charging.findings()] == (
        ["schedule_above_limit"] if status == "Rejected" else []
    )


@pytest.mark.parametrize(("since", "status"), [(None, "Rejected"), (["DC", "AC_three_phase"], "Accepted")])
async def test_what_its_contract_does_not_allow_is_rejected_until_it_is_allowed(
    charging: Stage, since: list[str] | None, status: str
) -> None:  # Q01.FR.07, K18.FR.22, Q02.FR.05
    authorized = {**STARTED, "eventType": "Updated", "triggerReason": "Authorized", "seqNo": 1,
                  "idToken": {"idToken": "DE-8AA-C1A2B3C4D", "type": "eMAID"}}  # fmt: skip
    contract = {"emaid": "DE8AAC1A2B3C4D", "pcid": "V", "token": "DE-8AA-C1A2B3C4D", "energy_transfer": '["DC"]',
                "state": "active", "tenant_id": 1, "issued_at": 0, "created_at": 0}  # fmt: skip
    told = {"allowed": since, "transaction_id": "t1"}
    row = {"id": "c1", "station_id": charging.state.station.id, "tenant_id": 1, "state": "accepted", "calls": "[]",
           "type": "notify_allowed_energy_transfer", "body": json.dumps(told), "created_at": 1, "updated_at": 1,
           "expires_at": 1}  # fmt: skip
    async with charging.db.transaction() as tx:
        await tx.execute(Statement(contracts.insert().values({name: bindparam(name) for name in contract})), **contract)
        if since is not None:
            await tx.execute(Statement(commands.insert().values({name: bindparam(name) for name in row})), **row)
    await charging.say("TransactionEvent", authorized, "2.1")
    assert await charging.say("NotifyEVChargingNeeds", SAID, "2.1") == {"status": status}
    assert [one["code"] for one in await charging.findings()] == (
        ["energy_transfer_not_allowed"] if status == "Rejected" else []
    )
    assert len(await planning.load_open(charging.db)) == (status == "Accepted")


@pytest.mark.parametrize(("transfer", "discharge"), [("DC_BPT", True), ("DC_BPT", False), ("DC", True)])
async def test_k14_what_a_car_gives_back_is_planned_where_it_asks_for_that_and_the_operator_wants_it(
    charging: Stage, transfer: str, *, discharge: bool
) -> None:  # Q02.FR.01: one that asks for no BPT is never discharged
    charging.settings = Settings(energy=Energy(discharge=discharge))
    await controlled(charging)
    v2x = {"maxChargePower": 11_040, "maxDischargePower": 6_900, "evTargetEnergyRequest": -1,
           "evMinEnergyRequest": -900, "evMinV2XEnergyRequest": -8_000, "evMaxEnergyRequest": 12_000}  # fmt: skip
    needs = {"requestedEnergyTransfer": transfer, "controlMode": "ScheduledControl", "v2xChargingParameters": v2x}
    said = {"evseId": 1, "maxScheduleTuples": 4, "chargingNeeds": needs}
    assert await charging.say("NotifyEVChargingNeeds", said, "2.1") == {"status": "Accepted"}
    found = await planning.load_open(charging.db)
    if not discharge or transfer == "DC":
        assert found == []
        return
    (need,) = found
    assert (need.energy_wh, need.gives, need.ev.discharge_a) == (0, True, 10)
    assert (need.ev.room_wh, need.ev.ceiling_wh) == (8_000, 12_000)
