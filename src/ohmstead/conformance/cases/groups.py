"""C09, C16, H01: tokens of a group: in the local list, at a reserved place, and those that end what others began."""

from __future__ import annotations

from ohmstead.conformance.case import case, wanted
from ohmstead.conformance.cases.boot import status_2
from ohmstead.conformance.cases.tokens import authorize, has_group
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.rows import ACCEPTED, as_it_was_asked
from ohmstead.conformance.talk import Talk, Words


def _entry(talk: Talk, kind: str, status: str = "Accepted") -> Words:
    group = {"idToken": talk.token("group"), "type": "Central"}
    info = {"status": status, "groupIdToken": group}
    return {"idToken": {"idToken": talk.token(kind), "type": "ISO14443"}, "idTokenInfo": info}


async def _listed(talk: Talk, version: int, other: str) -> None:
    """The station gets a list with two tokens of a group."""
    entries = [_entry(talk, "grouped"), _entry(talk, "grouped_too", other)]
    words = {"versionNumber": version, "updateType": "Full", "localAuthorizationList": entries}
    await talk.boots()
    asked = await talk.order("SendLocalList", words)
    as_it_was_asked(asked.payload, words)
    await talk.answers(asked, ACCEPTED)


async def _begun(talk: Talk, kind: str, **more: object) -> Charging:
    charging = Charging(talk)
    answer = await charging.tell("Started", "Authorized", token=talk.token(kind), **more)
    status = answer["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the token is known as {kind}, and the CSMS says {status}")
    return charging


async def _ended(charging: Charging, kind: str, stopped: str = "Local", **more: object) -> None:
    """Somebody ends it with a token, which the CSMS must take."""
    token = charging.talk.token(kind)
    answer = await charging.tell("Ended", "StopAuthorized", state="Idle", stopped=stopped, token=token, **more)
    status = answer["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the token is known as {kind}, and the CSMS says {status}")


@case("TC_C_40_CSMS", "A token of the same group ends it, by the local list", "C09.FR.02 C09.FR.03 D01.FR.01")
async def by_the_list(talk: Talk) -> None:
    await _listed(talk, 40, "Accepted")
    await _ended(await _begun(talk, "grouped"), "grouped_too")


@case("TC_C_43_CSMS", "A token of the same group that the local list does not allow", "C09.FR.02 C09.FR.03 D01.FR.01")
async def not_by_the_list(talk: Talk) -> None:
    await _listed(talk, 43, "Invalid")
    charging = await _begun(talk, "grouped")
    await charging.tell("Updated", "MeterValuePeriodic", meter="Sample.Periodic")  # the other one is not let near it
    await _ended(charging, "grouped")


@case("TC_H_19_CSMS", "A reserved EVSE, used by another token of the group", "H01.FR.01 H03.FR.08")
async def reserved_for_the_group(talk: Talk) -> None:
    await talk.boots()
    words = {
        "id": 19, "expiryDateTime": "2099-01-01T00:00:00Z", "evseId": 1,
        "idToken": {"idToken": talk.token("grouped"), "type": "ISO14443"},
        "groupIdToken": {"idToken": talk.token("group"), "type": "Central"},
    }  # fmt: skip
    asked = await talk.order("ReserveNow", words)
    as_it_was_asked(asked.payload, words)
    await talk.answers(asked, ACCEPTED)
    await talk.calls("StatusNotification", status_2("Reserved"))
    has_group(talk, await authorize(talk, talk.token("grouped_too")), "Authorize")  # by which it knows that it may
    charging = await _begun(talk, "grouped_too", reservationId=19)
    await _ended(charging, "grouped_too")


# ---------------------------------------------------------------------- master pass


async def _master(talk: Talk) -> None:
    """The pass is shown: what the CSMS says of it lets the station know it for one (C16.FR.01, .02)."""
    info = await authorize(talk, talk.token("master"))
    wanted(info["status"] == "Accepted", f"the token is a master pass, and the CSMS says {info['status']}")
    found, known = info.get("groupIdToken", {}).get("idToken"), talk.token("master_group")
    wanted(found == known, f"a master pass is of the group {known}; the CSMS says {found}")


async def _two(talk: Talk) -> tuple[Charging, Charging]:
    await talk.boots()
    return await _begun(talk, "accepted"), await _begun(talk, "grouped", evse={"id": 2, "connectorId": 1})


@case("TC_C_47_CSMS", "A master pass ends all transactions", "C16.FR.01")
async def ends_all(talk: Talk) -> None:
    both = await _two(talk)
    await _master(talk)
    for one in both:
        await _ended(one, "master", "MasterPass")


@case("TC_C_48_CSMS", "A master pass ends one of two transactions", "C16.FR.01")
async def ends_one(talk: Talk) -> None:
    first, second = await _two(talk)
    await _master(talk)
    await _ended(first, "master", "MasterPass")
    await second.tell("Updated", "MeterValuePeriodic", evse={"id": 2, "connectorId": 1}, meter="Sample.Periodic")
    await _ended(second, "grouped")


@case("TC_C_49_CSMS", "A master pass at a station that shows nothing", "C16.FR.02")
async def ends_unseen(talk: Talk) -> None:
    await talk.boots()
    charging = await _begun(talk, "accepted")
    await _master(talk)
    await _ended(charging, "master", "MasterPass")


@case("OHM_C16", "A master pass starts nothing", "C16.FR.03")
async def starts_nothing(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    answer = await charging.tell("Started", "Authorized", token=talk.token("master"))
    wanted(answer["idTokenInfo"]["status"] != "Accepted", "a master pass began a transaction, and the CSMS accepts it")
    await charging.tell("Ended", "Deauthorized", state="Idle", stopped="DeAuthorized")
