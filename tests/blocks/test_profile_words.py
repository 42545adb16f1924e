"""Profiles through each version's words and back."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.blocks import profile_words as words
from ohmstead.blocks.command import Ask, Unsupported
from ohmstead.domain.profiles import Period, Profile, Schedule, Step
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.shapes import charging as shape
from ohmstead.store.sessions import State
from tests.blocks.staging import station
from tests.domain.test_profiles import SECOND, T, profile


def ask(version: str) -> Ask:
    return Ask(BY_NAME[version], State(station=station(), connectors={}, transactions={}), "cmd_1")


def through(version: str, one: Profile) -> Profile:
    """To the wire and back."""
    asked, spoken = ask(version), BY_NAME[version]
    if version == "1.6":
        made: Any = spoken.messages.SetChargingProfileRequest(
            connector_id=one.evse_id, cs_charging_profiles=words.to_v16(asked, one)
        )
        read = codec.decode_request(spoken, "SetChargingProfile", codec.encode(made), strict=True)[0]
        return words.from_v16(read.cs_charging_profiles, read.connector_id, one.received_at)
    made = spoken.messages.SetChargingProfileRequest(evse_id=one.evse_id, charging_profile=words.to_v2(asked, one))
    read = codec.decode_request(spoken, "SetChargingProfile", codec.encode(made), strict=True)[0]
    return words.from_v2(read.charging_profile, read.evse_id, one.received_at)


FULL = profile(3, 16, 10, 8.1, purpose="TxProfile", transaction_id="17", duration_s=7200, valid_from=T,
               valid_to=T + 86_400 * SECOND, kind="Recurring", recurrency="Weekly", received_at=T)  # fmt: skip


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_there_and_back(version: str) -> None:
    assert through(version, FULL) == FULL
    cap = profile(4, 20_000, unit="W", purpose="ChargingStationMaxProfile", evse_id=0)
    assert through(version, cap) == cap


def test_what_only_2_1_can_say() -> None:
    period = Period(0, operation_mode="LocalFrequency", baseline=-3.0, frequency_curve=((49.5, 7.0), (50.5, -7.0)),
                    signal_curve=((1, 5.0),))  # fmt: skip
    one = replace(profile(1, 1, purpose="TxProfile"), schedules=(Schedule("W", (period,), T),), max_offline_s=60,
                  invalid_after_offline=True, update_interval_s=5)  # fmt: skip
    assert through("2.1", one) == one
    for version, convert in (("1.6", words.to_v16), ("2.0.1", words.to_v2)):
        with pytest.raises(Unsupported, match=f"A period of OCPP {version}"):
            convert(ask(version), one)
    for fields in ({"kind": "Dynamic"}, {"purpose": "PriorityCharging"}):
        with pytest.raises(Unsupported, match="has no"):
            words.to_v2(ask("2.0.1"), replace(FULL, **fields))
        with pytest.raises(Unsupported, match=r"1\.6 has"):
            words.to_v16(ask("1.6"), replace(FULL, **fields))


def test_1_6_rounds_down() -> None:
    assert through("1.6", profile(1, 8.19)).schedule.periods[0].limit == 8.1
    assert through("1.6", profile(1, 8.1)).schedule.periods[0].limit == 8.1


def test_the_api() -> None:
    new = shape.ProfileNew(purpose="TxDefaultProfile", stack_level=2, schedules=[
        shape.Schedule(unit="A", periods=[shape.Period(start_s=0, limit=10, number_phases=1)], duration_s=60)
    ])  # fmt: skip
    made = words.from_shape(new, 2, 9, T)
    assert (made.id, made.evse_id, made.stack_level, made.received_at) == (9, 2, 2, T)
    assert words.schedule_form(made.schedule) == new.schedules[0]


def test_steps_of_an_answer() -> None:
    assert words.steps_of([{"startPeriod": 0, "limit": 7.0}, {"startPeriod": 60}]) == [Step(0, 7.0), Step(60, None)]
