"""K15 to K17: a car that speaks ISO 15118 says what it needs, and the CSMS answers with a profile for its transaction."""

from __future__ import annotations

from ohmstead.conformance.case import case, wanted
from ohmstead.conformance.cases.boot import now
from ohmstead.conformance.cases.commands import profile
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.rows import ACCEPTED, REJECTED, as_it_was_asked
from ohmstead.conformance.talk import Talk, Words

MOST = 10
"""Periods that the car takes (maxScheduleTuples)."""
NEEDS = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400},
}


async def _plugged(talk: Talk) -> Charging:
    await talk.boots()
    charging = Charging(talk)
    await charging.start()
    return charging


async def _needs(talk: Talk) -> str:
    """The car says what it needs; the word of the CSMS."""
    words = {"evseId": 1, "maxScheduleTuples": MOST, "chargingNeeds": NEEDS}
    status = str((await talk.calls("NotifyEVChargingNeeds", words))["status"])
    wanted(status != "Rejected", "the car says what it needs in a transaction, and the CSMS rejects it")  # K15.FR.03
    return status


async def _profile(talk: Talk, charging: Charging) -> float:
    """The profile that the CSMS sends by itself, taken (K15.FR.07, .08); its first limit in A. One that is still on its way
    for a transaction that is over is refused, and the right one awaited."""
    asked = await talk.asked("SetChargingProfile")
    while asked.payload["chargingProfile"].get("transactionId") != charging.id:
        await talk.answers(asked, REJECTED)
        asked = await talk.asked("SetChargingProfile")
    made = asked.payload["chargingProfile"]
    purpose = made["chargingProfilePurpose"]
    wanted(purpose == "TxProfile", f"what the car needs is answered with a TxProfile, not with a {purpose}")
    wanted(len(made["chargingSchedule"]) <= 3, "a car takes at most three schedules")
    for schedule in made["chargingSchedule"]:
        count = len(schedule["chargingSchedulePeriod"])
        wanted(count <= MOST, f"the car takes {MOST} periods, the schedule has {count}")
    await talk.answers(asked, ACCEPTED)
    first = made["chargingSchedule"][0]
    limit = float(first["chargingSchedulePeriod"][0]["limit"])
    return limit if first["chargingRateUnit"] == "A" else limit / 230 / 3


async def _renegotiated(talk: Talk, charging: Charging, limit: float) -> None:
    """The operator gives the transaction another profile."""
    payload = profile("TxProfile", 1, transactionId=charging.id, chargingProfileKind="Relative")
    payload["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] = limit
    asked = await talk.order("SetChargingProfile", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, ACCEPTED)


def _schedule(limit: float) -> Words:
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"id": 1, "chargingRateUnit": "A", "duration": 3600, "chargingSchedulePeriod": [period]}
    return {"timeBase": now(), "evseId": 1, "chargingSchedule": schedule}


async def _says(talk: Talk, limit: float) -> str:
    """What the car is going to take; the word of the CSMS."""
    return str((await talk.calls("NotifyEVChargingSchedule", _schedule(limit)))["status"])


async def _agreed(talk: Talk) -> Charging:
    charging = await _plugged(talk)
    await _needs(talk)
    await _keeps(talk, await _profile(talk, charging))
    return charging


async def _keeps(talk: Talk, limit: float) -> None:
    """The car is going to take what it may."""
    status = await _says(talk, limit)
    wanted(status == "Accepted", f"the car keeps within its {limit:g} A, and the CSMS says {status}")  # K15.FR.11


@case("TC_K_53_CSMS", "A car says what it needs, and keeps to what it gets", "K15.FR.02 K15.FR.03 K15.FR.07 K15.FR.11")
async def agreed(talk: Talk) -> None:
    charging = await _agreed(talk)
    await charging.end()
    await talk.alive()


@case("TC_K_55_CSMS", "A car that would take more than it gets", "K15.FR.12 K15.FR.13 K16.FR.07 K16.FR.08")
async def exceeds(talk: Talk) -> None:
    charging = await _plugged(talk)
    await _needs(talk)
    limit = await _profile(talk, charging)
    status = await _says(talk, 2 * limit)
    wanted(status == "Rejected", f"the car would take {2 * limit:g} A of {limit:g} A, and the CSMS says {status}")
    await _keeps(talk, await _profile(talk, charging))
    await charging.end()


@case("TC_K_57_CSMS", "A car says anew what it needs", "K17.FR.02 K17.FR.03 K17.FR.05 K17.FR.07 K17.FR.11")
async def by_the_car(talk: Talk) -> None:
    charging = await _agreed(talk)
    await _needs(talk)
    await _keeps(talk, await _profile(talk, charging))
    await charging.end()


@case("TC_K_58_CSMS", "The CSMS gives another profile while a car charges", "K16.FR.06")
async def by_the_csms(talk: Talk) -> None:
    charging = await _agreed(talk)
    await _renegotiated(talk, charging, 10.0)
    await _keeps(talk, 10.0)
    await charging.end()


@case("TC_K_59_CSMS", "The CSMS gives another profile, and the car says its needs again", "K16.FR.12")
async def by_the_csms_again(talk: Talk) -> None:
    charging = await _agreed(talk)
    await _renegotiated(talk, charging, 10.0)
    await _needs(talk)
    await _keeps(talk, min(10.0, await _profile(talk, charging)))
    await charging.end()


@case("OHM_K15", "Needs without a transaction", "K15.FR.17")
async def too_early(talk: Talk) -> None:
    await talk.boots()
    words = {"evseId": 1, "chargingNeeds": NEEDS}
    await talk.calls("NotifyEVChargingNeeds", words)
    await talk.alive()
