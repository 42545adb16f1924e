"""A01, A05, B09: what a station comes in with is changed. Each is asked of a station of its own (`[stations]`), so that
whatever goes wrong leaves the door of the others as it was."""

from __future__ import annotations

import json
import secrets
from typing import Any

from ohmstead.conformance.case import V2, Broken, add, case, wanted
from ohmstead.conformance.cases.door import needs_password
from ohmstead.conformance.rows import as_it_was_asked
from ohmstead.conformance.talk import Asked, Talk, Words
from ohmstead.ocpp.versions import V16, V21

PASSWORD_OF = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
MOST_CALLS = 12
"""Of the CSMS, until it sends the station off to its new security profile."""


def _new() -> str:
    """A password as every version takes one: hexadecimal digits."""
    return secrets.token_hex(12)


async def _told(talk: Talk, password: str, status: str) -> None:
    """The operator gives the station this password, and it says `status`."""
    if talk.version is V16:
        words: Words = {"key": "AuthorizationKey", "value": password}
        asked = await talk.order("ChangeConfiguration", words)
        answer: Words = {"status": status}
    else:
        words = {"setVariableData": [{"attributeValue": password, **PASSWORD_OF}]}
        asked = await talk.order("SetVariables", words)
        answer = {"setVariableResult": [{"attributeStatus": status, **PASSWORD_OF}]}
    as_it_was_asked(asked.payload, words)
    await talk.answers(asked, answer)
    await talk.alive()


async def taken(talk: Talk) -> None:
    talk.becomes("changing")
    old, new = needs_password(talk), _new()
    await talk.boots()
    await _told(talk, new, "Accepted")
    await talk.connect(password=new)  # A01.FR.03: from now on this one only
    await talk.alive()
    await talk.refused(401, password=old)
    await talk.connect(password=new)
    await talk.alive()
    await _told(talk, old, "Accepted")
    await talk.connect()
    await talk.alive()


async def not_taken(talk: Talk) -> None:
    talk.becomes("changing")
    needs_password(talk)
    new = _new()
    await talk.boots()
    await _told(talk, new, "Rejected")
    await talk.connect()
    await talk.alive()
    await talk.refused(401, password=new)  # A01.FR.04


add("TC_A_09_CSMS", "A new password: the station takes it", "A01.FR.02 A01.FR.03", V2, taken)
add("TC_A_10_CSMS", "A new password: the station does not take it", "A01.FR.02 A01.FR.04", V2, not_taken)
add("TC_073_CSMS", "A new password: the station takes it", "A01.FR.02 A01.FR.03", (V16,), taken)


@case("TC_B_100_CSMS", "A network profile with an identity and a password", "B09.FR.01", (V21,))
async def with_password(talk: Talk) -> None:
    talk.becomes("changing")
    old, new = needs_password(talk), _new()
    await talk.boots()
    for password in (new, old):
        words: Words = {
            "configurationSlot": 2,
            "connectionData": {
                "messageTimeout": 30, "ocppCsmsUrl": talk.endpoint.url, "ocppInterface": "Wired0",
                "ocppTransport": "JSON", "securityProfile": 1, "identity": talk.endpoint.identity,
                "basicAuthPassword": password,
            },
        }  # fmt: skip
        asked = await talk.order("SetNetworkProfile", words)
        as_it_was_asked(asked.payload, words)
        await talk.answers(asked, {"status": "Accepted"})
        await talk.alive()
        await talk.connect(password=password)
        await talk.calls("BootNotification", talk.boot_words())


# ---------------------------------------------------------------------- the security profile


async def upgraded(talk: Talk) -> None:
    needs_password(talk)
    door, tls = await talk.starts_below()
    await talk.boots()
    await talk.is_led_upwards()
    await _sent_off(talk)
    await talk.connect(url=door, tls=tls)
    wanted((await talk.calls("BootNotification", talk.boot_words()))["status"] == "Accepted", "it came with the higher")
    await talk.alive()
    await talk.refused(None)  # A05.FR.07


async def _sent_off(talk: Talk) -> None:
    """The CSMS says where to go, and sends the station there: with Reset, or (1.6) with the key alone."""
    for _ in range(MOST_CALLS):
        asked = await talk.next_call()
        await talk.answers(asked, _agreed(asked))
        if asked.action == "Reset" or (
            asked.action == "ChangeConfiguration" and asked.payload["key"] == "SecurityProfile"
        ):
            return
    raise Broken("the CSMS was asked to lead the station to a higher security profile, and never sends it there")


def _agreed(asked: Asked) -> Words:
    """The station's answer, which agrees to all."""

    def result(one: Any, name: str, **more: Any) -> Words:
        return {"component": one["component"], "variable": one["variable"], name: "Accepted", **more}

    match asked.action:
        case "SetVariables":
            return {"setVariableResult": [result(one, "attributeStatus") for one in asked.payload["setVariableData"]]}
        case "GetVariables":
            told = asked.payload["getVariableData"]
            return {"getVariableResult": [result(one, "attributeStatus", attributeValue="1") for one in told]}
        case "SetNetworkProfile":
            wanted(
                asked.payload["connectionData"]["securityProfile"] == 2,
                f"not the profile asked for: {json.dumps(asked.payload)}",
            )
    return {"status": "Accepted"}


add("TC_A_19_CSMS", "A higher security profile", "A05.FR.04 A05.FR.07", V2, upgraded)
add("TC_083_CSMS", "A higher security profile", "A05.FR.07", (V16,), upgraded)
