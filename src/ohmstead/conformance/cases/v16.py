"""1.6: charging sessions and the operator's calls."""

from __future__ import annotations

import itertools
from typing import Any

from ohmstead import runtime
from ohmstead.conformance.case import Play, add, case, wanted
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import V16

ONLY = (V16,)


def moment(minutes_ago: float = 0) -> str:
    return runtime.rfc3339(runtime.now() - int(minutes_ago * 60_000_000))


def status(status: str, connector: int = 1, error: str = "NoError") -> Words:
    return {"connectorId": connector, "errorCode": error, "status": status, "timestamp": moment()}


_meters = itertools.count(1000, 1000)


async def start(talk: Talk, kind: str = "accepted", minutes_ago: float = 1) -> tuple[int, Words]:
    """Start a transaction; its id, and what was said."""
    words = {
        "connectorId": 1, "idTag": talk.token(kind), "meterStart": next(_meters), "timestamp": moment(minutes_ago),
    }  # fmt: skip
    answer = await talk.calls("StartTransaction", words)
    found = answer["idTagInfo"]["status"]
    if kind == "accepted":
        wanted(found == "Accepted", f"the token is known as accepted, and the CSMS says {found}")
    else:
        wanted(found != "Accepted", f"a {kind} token must not be accepted")
    return answer["transactionId"], words


async def stop(talk: Talk, id: int, reason: str = "Local", **more: Any) -> None:
    words = {"transactionId": id, "meterStop": next(_meters) + 100, "timestamp": moment(), "reason": reason}
    await talk.calls("StopTransaction", words | more)


async def values(talk: Talk, id: int) -> None:
    sample = {"value": "1050", "context": "Sample.Periodic", "unit": "Wh"}
    meter = [{"timestamp": moment(), "sampledValue": [sample]}]
    await talk.calls("MeterValues", {"connectorId": 1, "transactionId": id, "meterValue": meter})


def _session(*, tag_first: bool, reason: str = "Local", minutes_ago: float = 1) -> Play:
    async def play(talk: Talk) -> None:
        await talk.boots()
        if tag_first:
            await talk.calls("Authorize", {"idTag": talk.token("accepted")})
        await talk.calls("StatusNotification", status("Preparing"))
        id, _ = await start(talk, minutes_ago=minutes_ago)
        await talk.calls("StatusNotification", status("Charging"))
        await values(talk, id)
        await stop(talk, id, reason)
        await talk.calls("StatusNotification", status("Finishing"))
        await talk.calls("StatusNotification", status("Available"))

    return play


add("TC_003_CSMS", "A session: the plug first", "4.8", ONLY, _session(tag_first=False))
add("TC_004_1_CSMS", "A session: the token first", "4.1 4.8", ONLY, _session(tag_first=True))
add("TC_005_1_CSMS", "The EV is unplugged", "4.10", ONLY, _session(tag_first=True, reason="EVDisconnected"))
add("TC_007_CSMS", "A token from the cache", "3.4.1", ONLY, _session(tag_first=False))
add("TC_032_1_CSMS", "The power fails", "4.10", ONLY, _session(tag_first=True, reason="PowerLoss"))
add("TC_037_1_CSMS", "A start while offline", "4.8", ONLY, _session(tag_first=False, minutes_ago=90))
add("TC_039_CSMS", "A session while offline", "4.8", ONLY, _session(tag_first=False, minutes_ago=120))


@case("TC_004_2_CSMS", "The token is shown and nobody plugs in", "4.1", ONLY)
async def nobody_plugs_in(talk: Talk) -> None:
    await talk.boots()
    await talk.calls("Authorize", {"idTag": talk.token("accepted")})
    await talk.calls("StatusNotification", status("Preparing"))
    await talk.calls("StatusNotification", status("Available"))


@case("TC_037_3_CSMS", "A start while offline with a token that is not valid", "4.8", ONLY)
async def offline_invalid(talk: Talk) -> None:
    """The transaction has an id all the same: it took place."""
    await talk.boots()
    id, _ = await start(talk, "blocked", minutes_ago=30)
    await stop(talk, id, "DeAuthorized")


@case("TC_024_CSMS", "The connector cannot lock", "4.9", ONLY)
async def lock_failure(talk: Talk) -> None:
    await talk.boots()
    await talk.calls("StatusNotification", status("Faulted", error="ConnectorLockFailure"))
    await talk.calls("StatusNotification", status("Available"))


@case("OHM_E26", "A StartTransaction that is said again has the same id", "4.8", ONLY)
async def start_again(talk: Talk) -> None:
    await talk.boots()
    id, words = await start(talk)
    again = await talk.calls("StartTransaction", words)
    wanted(again["transactionId"] == id, f"said again, the start got id {again['transactionId']} and not {id}")
    await stop(talk, id)
    another, _ = await start(talk)
    wanted(another != id, f"another transaction got the id {id} too")
    await stop(talk, another)


@case("OHM_E27", "A StopTransaction that nobody knows is taken", "4.10", ONLY)
async def unknown_stop(talk: Talk) -> None:
    await talk.boots()
    await stop(talk, 2_000_000_000)
    await talk.calls(
        "MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": moment(), "sampledValue": [{"value": "1"}]}]}
    )


@case("OHM_X22", "Errors in the words of 1.6", "OCPP-J-1.6.4.2.3", ONLY)
async def spelling(talk: Talk) -> None:
    """FormationViolation and OccurenceConstraintViolation are spelt so; the codes of 2.x do not exist."""
    await talk.boots()
    words = talk.boot_words()
    words.pop("chargePointModel")
    codes = ("FormationViolation", "OccurenceConstraintViolation", "ProtocolError", "PropertyConstraintViolation")
    await talk.wrongs("BootNotification", words, *codes)
