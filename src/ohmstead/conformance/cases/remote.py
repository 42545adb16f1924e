"""F: starts from afar, in the order in which people and cars come; with a profile."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import case, wanted
from ohmstead.conformance.cases.commands import profile
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.rows import ACCEPTED, as_it_was_asked
from ohmstead.conformance.talk import Talk


async def _asked(talk: Talk, **more: Any) -> Charging:
    """The operator starts a transaction of the station; nobody has plugged in."""
    await talk.boots()
    token = {"idToken": talk.token("accepted"), "type": "ISO14443"}
    payload = {"remoteStartId": 6, "evseId": 1, "idToken": token, **more}
    asked = await talk.order("RequestStartTransaction", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, ACCEPTED)
    return Charging(talk)


async def _begins(talk: Talk, charging: Charging) -> None:
    info = {"transactionId": charging.id, "chargingState": "Idle", "remoteStartId": 6}
    answer = await charging.tell("Started", "RemoteStart", token=talk.token("accepted"), transactionInfo=info)
    status = answer["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the operator started it with a token that is accepted, and the CSMS says {status}")


@case("TC_F_02_CSMS", "Remote start first, and the station asks about the token", "F01.FR.01 F02.FR.01")
async def asks_first(talk: Talk) -> None:
    charging = await _asked(talk)
    words = {"idToken": {"idToken": talk.token("accepted"), "type": "ISO14443"}}
    status = (await talk.calls("Authorize", words))["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the operator started it with a token that is accepted, and the CSMS says {status}")
    await _begins(talk, charging)
    await charging.tell("Updated", "CablePluggedIn", state="EVConnected")
    await charging.end()


@case("TC_F_03_CSMS", "Remote start first, and the station does not ask", "F01.FR.02 F02.FR.01")
async def does_not_ask(talk: Talk) -> None:
    charging = await _asked(talk)
    await _begins(talk, charging)
    await charging.tell("Updated", "CablePluggedIn", state="EVConnected")
    await charging.end()


@case("TC_F_04_CSMS", "Remote start first, and nobody plugs in", "F02.FR.01 E03.FR.05")
async def nobody_comes(talk: Talk) -> None:
    charging = await _asked(talk)
    await _begins(talk, charging)
    await charging.tell("Ended", "EVConnectTimeout", state="Idle", stopped="Timeout")


@case("TC_K_37_CSMS", "Remote start with a profile", "K05.FR.02 F01.FR.01")
async def with_profile(talk: Talk) -> None:
    made = profile("TxProfile", 1, chargingProfileKind="Relative")["chargingProfile"]
    charging = await _asked(talk, chargingProfile=made)
    await _begins(talk, charging)
    await charging.end()
