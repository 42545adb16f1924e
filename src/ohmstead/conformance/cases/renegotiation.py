"""K18 to K20, Q01 (2.1): a car that speaks ISO 15118-20 says what it needs; and profiles after an interruption (E17)."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import case, wanted
from ohmstead.conformance.cases.boot import now
from ohmstead.conformance.cases.commands import profile
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.rows import ACCEPTED, as_it_was_asked
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import V21

BOTH_WAYS = {
    "maxChargePower": 11_000.0, "minChargePower": 1_000.0, "maxDischargePower": 0.0, "minDischargePower": 0.0,
    "evTargetEnergyRequest": 20_000.0, "evMaxEnergyRequest": 40_000.0, "evMinEnergyRequest": 0.0,
}  # fmt: skip
WATTS, LESS = 6_000.0, 4_000.0
"""Within what other cases leave behind at the station: 10 A on three phases."""


async def _plugged(talk: Talk) -> Charging:
    await talk.boots()
    charging = Charging(talk)
    await charging.start()
    return charging


async def _needs(talk: Talk, mode: str, **more: Any) -> None:
    """What the car needs. Rejected would end its transaction: a CSMS without a profile says NoChargingProfile (K18.FR.04,
    K19.FR.04)."""
    needs = {"requestedEnergyTransfer": "AC_BPT", "controlMode": mode, "v2xChargingParameters": BOTH_WAYS | more}
    words = {"evseId": 1, "maxScheduleTuples": 10, "timestamp": now(), "chargingNeeds": needs}
    status = (await talk.calls("NotifyEVChargingNeeds", words))["status"]
    wanted(status != "Rejected", "the CSMS rejects what a car needs, which ends its transaction")


async def _given(talk: Talk, charging: Charging, watts: float, **more: Any) -> None:
    """The operator gives the transaction a profile."""
    words = profile("TxProfile", 1, transactionId=charging.id, **{"chargingProfileKind": "Relative", **more})
    schedule = words["chargingProfile"]["chargingSchedule"][0]
    schedule |= {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": watts}]}
    asked = await talk.order("SetChargingProfile", words)
    as_it_was_asked(asked.payload, words)
    await talk.answers(asked, ACCEPTED)


async def _plans(talk: Talk, watts: float) -> None:
    """The car says what it is going to take of it (K18: Scheduled mode)."""
    period = {"startPeriod": 0, "limit": watts}
    schedule = {"id": 1, "chargingRateUnit": "W", "duration": 3600, "chargingSchedulePeriod": [period]}
    words = {"timeBase": now(), "evseId": 1, "chargingSchedule": schedule, "selectedChargingScheduleId": 1}
    status = (await talk.calls("NotifyEVChargingSchedule", words))["status"]
    wanted(status == "Accepted", f"the car keeps within its {watts:g} W, and the CSMS says {status}")


@case("TC_K_113_CSMS", "ISO 15118-20, scheduled: the CSMS gives another profile", "K18.FR.04 K16.FR.06", (V21,))
async def by_the_csms(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _needs(talk, "ScheduledControl")
    for watts in (WATTS, LESS):
        await _given(talk, charging, watts)
        await _plans(talk, watts)
    await charging.end()


@case("TC_K_114_CSMS", "ISO 15118-20, scheduled: the car says anew what it needs", "K18.FR.04 K17.FR.03", (V21,))
async def by_the_car(talk: Talk) -> None:
    charging = await _plugged(talk)
    for target, watts in ((20_000.0, WATTS), (8_000.0, LESS)):
        await _needs(talk, "ScheduledControl", evTargetEnergyRequest=target)
        await _given(talk, charging, watts)
        await _plans(talk, watts)
    await charging.end()


DYNAMIC: Words = {"chargingProfileKind": "Dynamic", "dynUpdateInterval": 60}


@case("TC_K_115_CSMS", "ISO 15118-20, dynamic: a profile", "K19.FR.04 K19.FR.07", (V21,))
async def dynamic(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _needs(talk, "DynamicControl")
    await _given(talk, charging, WATTS, **DYNAMIC)
    await charging.end()


@case("TC_K_117_CSMS", "ISO 15118-20, dynamic: the profile is moved", "K19.FR.04 K20.FR.03 K28.FR.01", (V21,))
async def moved(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _needs(talk, "DynamicControl")
    await _given(talk, charging, WATTS, **DYNAMIC)
    words = {"chargingProfileId": 7, "scheduleUpdate": {"limit": LESS}}
    asked = await talk.order("UpdateDynamicSchedule", words)
    as_it_was_asked(asked.payload, words)
    await talk.answers(asked, ACCEPTED)
    await _needs(talk, "DynamicControl", evTargetEnergyRequest=8_000.0)
    await charging.end()


@case("TC_K_126_CSMS", "ISO 15118-20, dynamic: there is no profile", "K19.FR.04", (V21,))
async def without_profile(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _needs(talk, "DynamicControl")
    await charging.tell("Updated", "MeterValuePeriodic", meter="Sample.Periodic")
    await charging.end()


@case("TC_Q_103_CSMS", "ISO 15118-20: what the contract does not allow", "Q01.FR.07 K18.FR.22", (V21,))
async def not_allowed(talk: Talk) -> None:
    """Energy both ways, asked for under a contract that does not allow it: the transaction ends."""
    await talk.boots()
    charging = Charging(talk)
    token = {"idToken": talk.token("one_way"), "type": "eMAID"}
    await charging.tell("Started", "Authorized", idToken=token)
    needs = {"requestedEnergyTransfer": "AC_BPT", "controlMode": "ScheduledControl", "v2xChargingParameters": BOTH_WAYS}
    status = (await talk.calls("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs}))["status"]
    wanted(status == "Rejected", f"the contract allows DC alone, the car asks for AC_BPT, and the CSMS says {status}")
    await charging.end("AbnormalCondition", "ReqEnergyTransferRejected")


# ---------------------------------------------------------------------- after an interruption


async def _resumed(talk: Talk, charging: Charging, reason: str) -> None:
    """The station is back and goes on; it keeps no TxProfiles, so that it is to have the transaction's again."""
    await talk.connect()
    answer = await talk.calls("BootNotification", talk.boot_words(reason=reason))
    wanted(answer["status"] == "Accepted", f"the station comes back, and it is {answer['status']}")
    await charging.tell("Updated", "TxResumed")
    asked = await talk.asked("SetChargingProfile")
    made = asked.payload["chargingProfile"]
    wanted(made.get("transactionId") == charging.id, "the profile is not one for the transaction that goes on")
    await talk.answers(asked, ACCEPTED)
    await charging.end()


@case("TC_B_116_CSMS", "Reset and resume: the profile comes again", "B12.FR.10 E17.FR.15", (V21,))
async def reset_and_resumed(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _given(talk, charging, WATTS)
    asked = await talk.order("Reset", {"type": "ImmediateAndResume"})
    await talk.answers(asked, ACCEPTED)
    await _resumed(talk, charging, "RemoteReset")


@case("TC_E_117_CSMS", "Resumed after a loss of power: the profile comes again", "E17.FR.15", (V21,))
async def power_lost(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _given(talk, charging, WATTS)
    await _resumed(talk, charging, "PowerUp")
