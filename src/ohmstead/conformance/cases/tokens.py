"""C: what a token is worth."""

from __future__ import annotations

from ohmstead.conformance.case import V2, Play, add, case, wanted
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import V16

NOBODY = "NOBODY-KNOWS-ME"


def _worth(kind: str | None, *statuses: str) -> Play:
    """Authorize with a token of this kind (None: one that nobody knows) is answered with one of `statuses`."""

    async def play(talk: Talk) -> None:
        await talk.boots()
        found = (await authorize(talk, NOBODY if kind is None else talk.token(kind)))["status"]
        wanted(found in statuses, f"the token is {kind or 'unknown'}: wanted {' or '.join(statuses)}, got {found}")

    return play


async def authorize(talk: Talk, token: str) -> Words:
    """What the CSMS says of a token."""
    if talk.version is V16:
        info: Words = (await talk.calls("Authorize", {"idTag": token[:20]}))["idTagInfo"]
    else:
        info = (await talk.calls("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}}))["idTokenInfo"]
    return info


add("TC_C_02_CSMS", "An unknown token", "C01.FR.07", V2, _worth(None, "Invalid", "Unknown"))
add("TC_C_06_CSMS", "A blocked token", "C01.FR.07", V2, _worth("blocked", "Blocked"))
add("TC_C_07_CSMS", "An expired token", "C01.FR.07", V2, _worth("expired", "Expired"))
add("OHM_C01", "A valid token", "C01.FR.02", (V16, *V2), _worth("accepted", "Accepted"))
add("TC_023_1_CSMS", "An invalid token", "4.1", (V16,), _worth(None, "Invalid"))
add("TC_023_2_CSMS", "An expired token", "4.1", (V16,), _worth("expired", "Expired"))
add("TC_023_3_CSMS", "A blocked token", "4.1", (V16,), _worth("blocked", "Blocked"))


@case("OHM_C03", "A token is the same in capitals and small letters", "Part2.identifierString")
async def any_case(talk: Talk) -> None:
    await talk.boots()
    for token in (talk.token("accepted").lower(), talk.token("accepted").upper()):
        status = (await authorize(talk, token))["status"]
        wanted(status == "Accepted", f"{token} is a spelling of an accepted token, and the CSMS says {status}")


@case("TC_C_39_CSMS", "A token and its group", "C09.FR.02 C09.FR.03")
async def group(talk: Talk) -> None:
    await talk.boots()
    info = await authorize(talk, talk.token("grouped"))
    has_group(talk, info, "Authorize")
    charging = Charging(talk)
    answer = await charging.tell("Started", "Authorized", token=talk.token("grouped"))
    has_group(talk, answer["idTokenInfo"], "TransactionEvent")  # C09.FR.12
    await charging.end()


def has_group(talk: Talk, info: Words, where: str) -> None:
    found, known = info.get("groupIdToken", {}).get("idToken"), talk.token("group")
    wanted(found == known, f"the token's group is {known}; the answer to {where} says {found}")


async def _cached(talk: Talk, kind: str, statuses: tuple[str, ...]) -> None:
    await talk.boots()
    charging = Charging(talk)
    answer = await charging.tell("Started", "Authorized", token=talk.token(kind))
    status = answer["idTokenInfo"]["status"]
    wanted(status in statuses, f"the token is {kind}: wanted {' or '.join(statuses)}, got {status}")
    await charging.end()


@case("TC_C_08_CSMS", "A token that the station had in its cache is valid", "C12.FR.03")
async def cached(talk: Talk) -> None:
    await _cached(talk, "accepted", ("Accepted",))


@case("TC_C_20_CSMS", "A token that the station had in its cache is no longer valid", "C12.FR.03 E05.FR.01")
async def cached_and_blocked(talk: Talk) -> None:
    await _cached(talk, "blocked", ("Blocked", "Invalid"))


@case("OHM_C05", "A start without a token", "C02.FR.02")
async def no_token(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    words = charging.words("Started", "Authorized") | {"idToken": {"idToken": "", "type": "NoAuthorization"}}
    answer = await talk.calls("TransactionEvent", words)
    status = answer.get("idTokenInfo", {}).get("status")
    wanted(status == "Accepted", f"NoAuthorization is accepted, and the CSMS says {status}")
    await charging.end()
