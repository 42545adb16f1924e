"""C17, C18, C25, E16, I: what charging costs, how far it may go, and how it is paid."""

from __future__ import annotations

from typing import Any

from ohmstead import runtime
from ohmstead.conformance.case import case, wanted
from ohmstead.conformance.cases.boot import now
from ohmstead.conformance.cases.tokens import authorize
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.rows import ACCEPTED
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import V21

ENABLED = {
    "component": {"name": "TariffCostCtrlr"},
    "variable": {"name": "Enabled", "instance": "Tariff"},
    "variableAttribute": [{"value": "true"}],
    "variableCharacteristics": {"dataType": "boolean", "supportsMonitoring": False},
}
DIRECT = "DirectPayment"
PLENTY = 1_000_000


async def _started(talk: Talk, kind: str, **more: Any) -> tuple[Charging, Words]:
    """A transaction with this token, and the answer to its first event."""
    charging = Charging(talk)
    answer = await charging.tell("Started", "Authorized", token=talk.token(kind), meter="Transaction.Begin", **more)
    status = answer["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the token is known as {kind}, and the CSMS says {status}")
    return charging, answer


@case("TC_I_02_CSMS", "What it cost in the end", "I03.FR.02")
async def final_cost(talk: Talk) -> None:
    await talk.boots()
    charging, _ = await _started(talk, "priced")
    await charging.tell("Updated", "MeterValuePeriodic", meter="Sample.Periodic")
    answer = await charging.end()
    wanted(answer.get("totalCost", 0) > 0, f"charging with this token costs something; the last answer says {answer}")


@case("TC_I_109_CSMS", "A driver's own tariff", "I08.FR.01 I08.FR.09", (V21,))
async def driver_tariff(talk: Talk) -> None:
    await talk.boots()
    asked = await talk.order("GetBaseReport", {"requestId": 109, "reportBase": "FullInventory"})
    await talk.answers(asked, ACCEPTED)
    report = {"requestId": 109, "generatedAt": now(), "seqNo": 0, "tbc": False, "reportData": [ENABLED]}
    await talk.calls("NotifyReport", report)
    words = {"idToken": {"idToken": talk.token("priced"), "type": "ISO14443"}}
    tariff = (await talk.calls("Authorize", words)).get("tariff")
    wanted(bool(tariff), "the token has a tariff and the station works costs out; no tariff came with Authorize")
    wanted("validFrom" not in (tariff or {}), "a driver's tariff is valid at once: it has no validFrom")


@case("TC_I_122_CSMS", "What it cost, worked out by the station", "I12.FR.01", (V21,))
async def by_the_station(talk: Talk) -> None:
    await talk.boots()
    charging, _ = await _started(talk, "accepted")
    await charging.end(costDetails=_details(1.5))
    await talk.alive()


def _details(total: float) -> Words:
    price = {"exclTax": total, "inclTax": total}
    return {"totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": price, "energy": price},
            "totalUsage": {"energy": 5.0, "chargingTime": 600, "idleTime": 0}}  # fmt: skip


# ---------------------------------------------------------------------- limits


async def _limited(talk: Talk, kind: str, name: str, reached: str, stopped: str) -> None:
    """The CSMS says how far it may go, once; there the station ends it."""
    await talk.boots()
    charging, answer = await _started(talk, kind)
    limit = answer.get("transactionLimit", {}).get(name)
    wanted(limit is not None, f"the token is known as {kind}; no {name} came with the answer to Started")  # E16.FR.02
    has = {"transactionId": charging.id, "chargingState": "Charging", "transactionLimit": {name: limit}}
    again = await charging.tell("Updated", "LimitSet", transactionInfo=has)
    wanted("transactionLimit" not in again, "the limit is said once, and not again when the station has it")
    suspended = {"transactionId": charging.id, "chargingState": "SuspendedEVSE"}
    await charging.tell("Updated", reached, transactionInfo=suspended, meter="Sample.Periodic")
    await charging.end(reached, stopped)


@case("TC_E_109_CSMS", "The CSMS sets a limit: cost", "E16.FR.02", (V21,))
async def limit_of_cost(talk: Talk) -> None:
    await _limited(talk, "limited_cost", "maxCost", "CostLimitReached", "LocalOutOfCredit")


@case("TC_E_110_CSMS", "The CSMS sets a limit: energy", "E16.FR.02", (V21,))
async def limit_of_energy(talk: Talk) -> None:
    await _limited(talk, "limited_energy", "maxEnergy", "EnergyLimitReached", "EnergyLimitReached")


@case("TC_E_111_CSMS", "The CSMS sets a limit: time", "E16.FR.02", (V21,))
async def limit_of_time(talk: Talk) -> None:
    await _limited(talk, "limited_time", "maxTime", "TimeLimitReached", "TimeLimitReached")


@case("TC_E_102_CSMS", "Station and CSMS set a limit: the lower one holds", "E16.FR.08", (V21,))
async def lower_limit(talk: Talk) -> None:
    await talk.boots()
    for own, said in ((1.0, False), (float(PLENTY), True)):
        charging = Charging(talk)
        info = {"transactionId": charging.id, "chargingState": "Charging", "transactionLimit": {"maxEnergy": own}}
        token = talk.token("limited_energy")
        answer = await charging.tell("Started", "Authorized", token=token, transactionInfo=info)
        if said:
            limit = answer.get("transactionLimit", {}).get("maxEnergy")
            wanted(limit is not None, f"the station's own limit of {own:g} Wh is higher, and the CSMS says none")
        else:
            wanted(
                "transactionLimit" not in answer, f"the station's own limit of {own:g} Wh is lower, and it is raised"
            )
        await charging.end()


@case("TC_C_103_CSMS", "A prepaid card", "C17.FR.01 C17.FR.03", (V21,))
async def prepaid(talk: Talk) -> None:
    await talk.boots()
    info = await authorize(talk, talk.token("prepaid"))
    wanted(info["status"] == "Accepted", f"there is credit on the card, and the CSMS says {info['status']}")
    wanted("cacheExpiryDateTime" in info, "an answer about a prepaid card is not kept: it has a cacheExpiryDateTime")
    charging, answer = await _started(talk, "prepaid")
    wanted("maxCost" in answer.get("transactionLimit", {}), "what is on the card is the maxCost of the transaction")
    await charging.end()


@case("TC_C_104_CSMS", "A prepaid card without credit", "C17.FR.02", (V21,))
async def no_credit(talk: Talk) -> None:
    await talk.boots()
    status = (await authorize(talk, talk.token("empty")))["status"]
    wanted(status == "NoCredit", f"there is nothing on the card, and the CSMS says {status}")


# ---------------------------------------------------------------------- payment


async def _paid(talk: Talk, **more: Any) -> tuple[Charging, str, Words]:
    """Charging on money that the station's terminal has reserved; the answer to the last event."""
    await talk.boots()
    charging = Charging(talk)
    reference = f"{talk.token('direct')}-{charging.id[-8:]}"
    token = {"idToken": reference, "type": DIRECT}
    status = (await talk.calls("Authorize", {"idToken": token}))["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the terminal has reserved the money, and the CSMS says {status}")
    answer = await charging.tell("Started", "Authorized", idToken=token, meter="Transaction.Begin")
    status = answer["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the terminal has reserved the money, and the CSMS says {status}")
    await charging.tell("Updated", "MeterValuePeriodic", meter="Sample.Periodic")
    return charging, reference, await charging.end(**more)


async def _settles(talk: Talk, charging: Charging, reference: str, amount: float) -> None:
    settled = {
        "pspRef": reference, "settlementAmount": amount, "settlementTime": runtime.rfc3339(runtime.now()),
        "transactionId": charging.id, "status": "Settled" if amount else "Canceled",
    }  # fmt: skip
    await talk.calls("NotifySettlement", settled)
    await talk.alive()


@case("TC_C_125_CSMS", "Paid at the station's terminal; the CSMS says what it costs", "C18.FR.01 I03.FR.02", (V21,))
async def terminal(talk: Talk) -> None:
    charging, reference, answer = await _paid(talk)
    wanted("totalCost" in answer, "the terminal waits for the final cost, and the last answer says none")
    await _settles(talk, charging, reference, answer["totalCost"])


@case("TC_C_126_CSMS", "Paid at the station's terminal, which works the cost out", "C18.FR.01 I12.FR.01", (V21,))
async def terminal_works_it_out(talk: Talk) -> None:
    charging, reference, _ = await _paid(talk, costDetails=_details(2.5))
    await _settles(talk, charging, reference, 2.5)
