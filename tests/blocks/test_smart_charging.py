"""Profiles set, cleared and read in each version, and what the answers teach."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks.command import Ask, NotAnswered, Unsupported, parse
from ohmstead.blocks.smart_charging import refuse_ended
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.domain.profiles import Profile
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp.versions import V16
from ohmstead.store import charging
from ohmstead.store.sessions import State
from tests.blocks.staging import Stage, converse, station
from tests.domain.test_profiles import profile

pytestmark = pytest.mark.anyio
ACCEPTED = {"status": "Accepted"}
"""Of all three actions."""


def command(kind: str, **fields: Any) -> Any:
    return parse(json.dumps({"type": kind, **fields}))


def setting(
    version: str, *answers: Any, profiles: Any = (), known: Any = (), tx: str | None = "17", **fields: Any
) -> Any:
    transactions = {} if tx is None else {tx: Transaction(id=1, station_id=1, transaction_id=tx, evse_id=1)}
    return converse(command("set_charging_profile", **fields), version, *answers, profiles=profiles, known=known,
                    transactions=transactions)  # fmt: skip


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_k01_a_limit_for_the_running_transaction(version: str, clock: runtime.FakeClock) -> None:
    said = setting(version, ACCEPTED, evse_id=1, limit_a=10)
    ((action, payload),) = said.requests
    inner = payload["csChargingProfiles" if version == "1.6" else "chargingProfile"]
    schedules = inner["chargingSchedule"]
    (schedule,) = [schedules] if version == "1.6" else schedules  # one only (K01.FR.34)
    assert action == "SetChargingProfile"
    assert payload["connectorId" if version == "1.6" else "evseId"] == 1
    assert inner["transactionId"] == (17 if version == "1.6" else "17")
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 10.0}]
    assert schedule["startSchedule"] == runtime.rfc3339(clock.now())
    assert said.outcome.accepted


def test_a_tx_profile_needs_a_transaction(clock: runtime.FakeClock) -> None:
    with pytest.raises(Unsupported, match=r"No transaction runs on EVSE 1.*K01\.FR\.03"):
        setting("2.0.1", tx=None, evse_id=1, limit_a=10)


def test_of_two_transactions_on_an_evse_the_later_one_runs(clock: runtime.FakeClock) -> None:
    stored = {
        id: Transaction(id=n, station_id=1, transaction_id=id, evse_id=evse, started_at=n)
        for n, (id, evse) in enumerate([("16", 1), ("17", 1), ("18", 2)], 1)
    }
    state = State(station=station(), connectors={}, transactions=stored)
    asked = command("set_charging_profile", evse_id=1, limit_a=10)
    request = next(asked.calls(Ask(V16, state, "cmd_1")))
    assert request.cs_charging_profiles.transaction_id == 17
    refuse_ended(state, request)
    request.cs_charging_profiles.transaction_id = 16
    with pytest.raises(Unsupported, match="17 began on EVSE 1 after 16"):
        refuse_ended(state, request)


def test_k02_the_limit_of_the_station(clock: runtime.FakeClock) -> None:
    said = setting("2.0.1", ACCEPTED, tx=None, evse_id=0, limit_w=9000, purpose="ChargingStationMaxProfile")
    inner = said.requests[0][1]["chargingProfile"]
    assert (inner["chargingProfilePurpose"], inner["chargingProfileKind"]) == ("ChargingStationMaxProfile", "Absolute")
    said = setting("1.6", ACCEPTED, tx=None, evse_id=0, limit_w=9000, purpose="ChargingStationMaxProfile")
    assert said.requests[0][1]["csChargingProfiles"]["chargingProfilePurpose"] == "ChargePointMaxProfile"


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_k03_no_clash(version: str, clock: runtime.FakeClock) -> None:
    old = [profile(5)]
    fields: dict[str, Any] = {"evse_id": 1, "tx": None}
    again = setting(version, ACCEPTED, profiles=old, limit_a=8, purpose="TxDefaultProfile", **fields)
    assert '"5"' not in str(again.requests)
    (_, payload), name = again.requests[0], "chargingProfileId" if version == "1.6" else "id"
    assert next(one for key, one in payload.items() if "rofile" in key)[name] == 5
    schedules = [{"unit": "A", "periods": [{"start_s": 0, "limit": 8}]}]
    other = {"id": 9, "purpose": "TxDefaultProfile", "schedules": schedules}
    cleared = setting(version, ACCEPTED, ACCEPTED, profiles=old, profile=other, **fields)
    assert [one for one, _ in cleared.requests] == ["ClearChargingProfile", "SetChargingProfile"]
    assert cleared.requests[0][1] == ({"id": 5} if version == "1.6" else {"chargingProfileId": 5})


def test_k04_external_constraints_are_not_ours() -> None:
    with pytest.raises(msgspec.ValidationError):
        command("set_charging_profile", evse_id=0, limit_a=5, purpose="ChargingStationExternalConstraints")


def test_one_of_three() -> None:
    for fields in ({}, {"limit_a": 5, "limit_w": 9}):
        with pytest.raises(msgspec.ValidationError, match="one of profile, limit_a and limit_w"):
            command("set_charging_profile", evse_id=0, **fields)


def test_k05_by_what_the_station_says(clock: runtime.FakeClock) -> None:
    def said(name: str, value: str) -> Variable:
        return Variable(Name("SmartChargingCtrlr", name), (Attribute(value=value),))

    known = [said("RateUnit", "W"), said("ProfileStackLevel", "2"), said("MaxExternalConstraintsId", "100")]
    made = setting("2.1", ACCEPTED, known=known, evse_id=1, limit_a=10).requests[0][1]["chargingProfile"]
    assert made["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 6900
    assert made["id"] > 100
    schedules = [{"unit": "A", "periods": [{"start_s": 0, "limit": 8}]}]
    for fields, words in (({"stack_level": 3}, "highest 2"), ({"id": 7}, "K01.FR.80")):
        with pytest.raises(Unsupported, match=words):
            setting("2.1", known=known, evse_id=1, profile={"schedules": schedules, **fields})


@pytest.mark.parametrize(("shorten", "may"), [(False, None), (True, 2)])
def test_no_more_periods_than_the_car_takes(shorten: bool, may: int | None, clock: runtime.FakeClock) -> None:
    """K15.FR.07: maxScheduleTuples."""
    periods = [{"start_s": 900 * n, "limit": 8 + n} for n in range(4)]
    profile = {"schedules": [{"unit": "A", "periods": periods, "duration_s": 86_400}]}
    asked = command("set_charging_profile", evse_id=1, profile=profile, may_shorten=shorten)
    running = {"17": Transaction(id=1, station_id=1, transaction_id="17", evse_id=1)}

    def said(takes: int) -> Any:
        return converse(asked, "2.0.1", ACCEPTED, transactions=running, found=takes).requests[0][1]

    assert len(said(4)["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]) == 4
    if may is None:
        with pytest.raises(Unsupported, match="the car takes 2"):
            said(2)
    else:
        (schedule,) = said(2)["chargingProfile"]["chargingSchedule"]
        assert (len(schedule["chargingSchedulePeriod"]), schedule["duration"]) == (may, 1800)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_on_top_of_all_others_and_alone(version: str, clock: runtime.FakeClock) -> None:
    """For stations that follow no other profile; when it goes, nothing of it is left above what comes."""
    level = Variable(Name("SmartChargingCtrlr", "ProfileStackLevel"), (Attribute(value="7"),))
    said = setting(version, ACCEPTED, known=[level], evse_id=1, limit_a=10, duration_s=900, on_top=True)
    inner = said.requests[0][1]["csChargingProfiles" if version == "1.6" else "chargingProfile"]
    assert (inner["chargingProfileKind"], inner["stackLevel"]) == ("Relative", 7)
    assert inner["validTo"] == runtime.rfc3339(clock.now() + 900_000_000)
    above = replace(profile(5), purpose="TxProfile", transaction_id="17", stack_level=7)
    other = replace(above, id=6, transaction_id="16")
    said = setting(version, ACCEPTED, ACCEPTED, profiles=[above, other], evse_id=1, limit_a=10, sole=True)
    assert [one for one, _ in said.requests] == ["SetChargingProfile", "ClearChargingProfile"]
    assert said.requests[1][1] == ({"id": 5} if version == "1.6" else {"chargingProfileId": 5})
    assert (
        len(setting(version, {"status": "Rejected"}, profiles=[above], evse_id=1, limit_a=1, sole=True).requests) == 1
    )


def test_a_late_clock_does_not_leave_a_gap(clock: runtime.FakeClock) -> None:
    asked = command("set_charging_profile", evse_id=1, limit_a=9, purpose="TxDefaultProfile")
    said = converse(asked, "2.0.1", ACCEPTED, clock_skew_us=-90_000_000)
    start = said.requests[0][1]["chargingProfile"]["chargingSchedule"][0]["startSchedule"]
    assert start == runtime.rfc3339(clock.now() - 90_000_000)


def test_a_rejection_is_explained(clock: runtime.FakeClock) -> None:
    said = setting("1.6", {"status": "Rejected"}, evse_id=1, limit_a=10)
    assert not said.outcome.accepted
    assert said.outcome.reason.startswith("Rejected. ")
    assert "TxDefaultProfile only" in said.outcome.reason
    info = {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidValue", "additionalInfo": "no"}}
    assert setting("2.0.1", info, evse_id=1, limit_a=10).outcome.reason.startswith("Rejected: InvalidValue: no. ")


@pytest.mark.parametrize(
    ("version", "fields", "payloads"),
    [
        ("1.6", {"id": 3}, [{"id": 3}]),
        ("1.6", {"evse_id": 1, "purpose": "ChargingStationMaxProfile"},
         [{"connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile"}]),
        ("1.6", {}, [{}]),
        ("2.0.1", {"id": 3}, [{"chargingProfileId": 3}]),
        ("2.0.1", {"evse_id": 1, "stack_level": 0}, [{"chargingProfileCriteria": {"evseId": 1, "stackLevel": 0}}]),
        ("2.1", {}, [{"chargingProfileCriteria": {"chargingProfilePurpose": one}}
                     for one in ("TxProfile", "TxDefaultProfile", "ChargingStationMaxProfile")]),
    ],
)  # fmt: skip
def test_k08_clearing(version: str, fields: dict[str, Any], payloads: list[Any]) -> None:
    said = converse(command("clear_charging_profile", **fields), version, *[ACCEPTED] * len(payloads))
    assert [payload for _, payload in said.requests] == payloads
    assert said.outcome.accepted


def test_id_or_criteria() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"K10\.FR\.02"):
        command("clear_charging_profile", id=3, evse_id=1)
    with pytest.raises(msgspec.ValidationError, match=r"K09\.FR\.03"):
        command("get_charging_profiles", ids=[3], stack_level=1)
    gone = converse(command("clear_charging_profile", id=3), "2.0.1", {"status": "Unknown"})
    assert not gone.outcome.accepted


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({}, {"chargingProfile": {"chargingLimitSource": ["CSO", "EMS", "SO", "Other"]}}),
        ({"ids": [3, 4]}, {"chargingProfile": {"chargingProfileId": [3, 4]}}),
        ({"evse_id": 1, "purpose": "TxProfile", "stack_level": 0, "sources": ["EMS"]},
         {"evseId": 1, "chargingProfile": {"chargingProfilePurpose": "TxProfile", "stackLevel": 0,
                                           "chargingLimitSource": ["EMS"]}}),
    ],
)  # fmt: skip
def test_k07_asking_for_profiles(version: str, fields: dict[str, Any], payload: Any) -> None:
    said = converse(command("get_charging_profiles", **fields), version, ACCEPTED)
    assert said.requests == [("GetChargingProfiles", {"requestId": 77, **payload})]
    assert said.outcome.expects == ("profiles_report", "77")
    none = converse(command("get_charging_profiles"), version, {"status": "NoProfiles"})
    assert (none.outcome.accepted, none.outcome.expects) == (True, None)


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_the_composite_schedule(version: str) -> None:
    said = converse(
        command("get_composite_schedule", evse_id=1, duration_s=60, unit="W"), version, {"status": "Rejected"}
    )
    name = "connectorId" if version == "1.6" else "evseId"
    assert said.requests[0][1] == {name: 1, "duration": 60, "chargingRateUnit": "W"}
    assert not said.outcome.accepted


# ---------------------------------------------------------------------- what is learnt


def wire(one: Profile) -> dict[str, Any]:
    """A SetChargingProfile of 2.0.1."""
    schedule: dict[str, Any] = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": one.schedule.periods[0].limit}]}  # fmt: skip
    inner = {"id": one.id, "stackLevel": one.stack_level, "chargingProfilePurpose": one.purpose,
             "chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}  # fmt: skip
    inner |= {} if one.transaction_id is None else {"transactionId": one.transaction_id}
    return {"evseId": one.evse_id, "chargingProfile": inner}


async def installed(stage: Stage) -> list[int]:
    return [one.profile.id for one in await charging.load(stage.db, 1) if one.state == "installed"]


async def test_an_accepted_profile_is_known_a_refused_one_is_not(stage: Stage) -> None:
    await stage.learn("SetChargingProfile", wire(profile(5)), ACCEPTED)
    await stage.learn("SetChargingProfile", wire(profile(6, stack_level=1)), {"status": "Rejected"})
    await stage.learn("SetChargingProfile", wire(profile(7, stack_level=2)), None)
    assert await installed(stage) == [5]
    await stage.learn("SetChargingProfile", wire(profile(8)), ACCEPTED)  # at the same place
    assert await installed(stage) == [8]


async def test_a_transactions_profile_is_gone_with_it(stage: Stage) -> None:
    for id, tx in ((1, "a"), (2, "b")):
        await stage.learn("SetChargingProfile", wire(profile(id, purpose="TxProfile", transaction_id=tx)), ACCEPTED)
    assert await installed(stage) == [2]


async def test_clearing_by_criteria_and_by_number(stage: Stage) -> None:
    for id, evse in ((1, 1), (2, 2), (3, 0)):
        await stage.learn("SetChargingProfile", wire(profile(id, evse_id=evse)), ACCEPTED)
    await stage.learn("ClearChargingProfile", {"chargingProfileCriteria": {"evseId": 1}}, ACCEPTED)
    assert await installed(stage) == [3, 2]
    await stage.learn("ClearChargingProfile", {"chargingProfileId": 2}, {"status": "Unknown"})
    assert await installed(stage) == [3]
    await stage.learn("ClearChargingProfile", {"chargingProfileId": 3}, None)
    assert await installed(stage) == [3]


async def test_16_profiles_are_learnt_too(stage: Stage) -> None:
    inner = {"chargingProfileId": 4, "stackLevel": 0, "chargingProfilePurpose": "ChargePointMaxProfile",
             "chargingProfileKind": "Absolute",
             "chargingSchedule": {"chargingRateUnit": "A",
                                  "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}]}}  # fmt: skip
    await stage.learn("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": inner}, ACCEPTED, "1.6")
    (one,) = await charging.load(stage.db, 1)
    assert (one.profile.purpose, one.profile.evse_id) == ("ChargingStationMaxProfile", 0)
    await stage.learn("ClearChargingProfile", {"chargingProfilePurpose": "ChargePointMaxProfile"}, ACCEPTED, "1.6")
    assert await charging.load(stage.db, 1) == []


async def test_no_profiles_to_a_question_for_all(stage: Stage) -> None:
    await stage.learn("SetChargingProfile", wire(profile(5)), ACCEPTED)
    one = {"requestId": 4, "chargingProfile": {"stackLevel": 1}}
    await stage.learn("GetChargingProfiles", one, {"status": "NoProfiles"})
    assert await installed(stage) == [5]
    every = {"requestId": 5, "chargingProfile": {"chargingLimitSource": ["CSO", "EMS", "SO", "Other"]}}
    await stage.learn("GetChargingProfiles", every, {"status": "NoProfiles"})
    assert await installed(stage) == []


def test_what_fails_with_its_call() -> None:
    said = converse(command("clear_charging_profile", id=1), "2.0.1", NotAnswered(None))
    assert said.failed is not None
