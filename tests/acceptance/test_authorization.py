"""C: who may charge, over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.serving import Csms, Refused, Station, event

pytestmark = pytest.mark.anyio


@pytest.fixture
async def csms(apart: Csms) -> Csms:
    """On each kind of database in turn."""
    await apart.add_station()
    return apart


def token(text: str, kind: str = "ISO14443") -> dict[str, Any]:
    return {"idToken": {"idToken": text, "type": kind}}


async def authorize(station: Station, text: str, kind: str = "ISO14443") -> dict[str, Any]:
    answer: dict[str, Any] = (await station.call("Authorize", token(text, kind)))["idTokenInfo"]
    return answer


async def status_16(station: Station, text: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await station.call("Authorize", {"idTag": text}))["idTagInfo"]
    return answer


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_c01_each_token_gets_its_own_status(csms: Csms, version: str) -> None:
    await csms.add_token("GOOD")
    await csms.add_token("STOLEN", "blocked")
    await csms.add_token("OLD", "expired")
    await csms.add_token("OVER", expires_at="2020-01-01T00:00:00Z")
    await csms.add_token("POOR", "no_credit")
    async with csms.station("CS1", version) as station:
        said = {one: (await authorize(station, one))["status"] for one in ("GOOD", "STOLEN", "OLD", "OVER", "NOBODY")}
        poor = await authorize(station, "POOR")
    assert said == {"GOOD": "Accepted", "STOLEN": "Blocked", "OLD": "Expired", "OVER": "Expired", "NOBODY": "Unknown"}
    assert poor["status"] == "NoCredit"
    assert "cacheExpiryDateTime" in poor  # C17.FR.02: it may be topped up any minute
    refused = await csms.feed("authorization.refused")
    assert [one["data"]["token"] for one in refused] == ["STOLEN", "OLD", "OVER", "NOBODY", "POOR"]


async def test_c01_in_the_words_of_1_6(csms: Csms) -> None:
    await csms.add_token("GOOD", group="FAMILY", expires_at="2099-01-01T00:00:00Z")
    await csms.add_token("STOLEN", "blocked")
    await csms.add_token("OLD", "expired")
    await csms.add_token("POOR", "no_credit")
    async with csms.station("CS1", "1.6") as station:
        good = await status_16(station, "GOOD")
        others = [(await status_16(station, one))["status"] for one in ("STOLEN", "OLD", "POOR", "NOBODY")]
    assert good == {"status": "Accepted", "parentIdTag": "FAMILY", "expiryDate": "2099-01-01T00:00:00.000Z"}
    assert others == ["Blocked", "Expired", "Invalid", "Invalid"]


async def test_c02_the_group_is_in_both_answers(csms: Csms) -> None:
    await csms.add_token("GOOD", group="FAMILY")
    async with csms.station() as station:
        asked = await authorize(station, "GOOD")
        told = await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1))
    assert asked["groupIdToken"]["idToken"] == "FAMILY"
    assert told["idTokenInfo"]["groupIdToken"] == asked["groupIdToken"]


async def test_c03_case_does_not_make_another_token(csms: Csms) -> None:
    await csms.add_token("Ab12")
    async with csms.station() as station:
        said = {(await authorize(station, one))["status"] for one in ("ab12", "AB12", "Ab12")}
    assert said == {"Accepted"}


@pytest.mark.parametrize("status", ["blocked", "invalid", "expired"])
async def test_c04_a_token_from_the_cache_is_checked_again(csms: Csms, status: str) -> None:
    await csms.add_token("GOOD")
    async with csms.station() as station:
        assert (await authorize(station, "GOOD"))["status"] == "Accepted"
        await csms.patch("tokens/GOOD", {"status": status})
        answer = await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1))
    assert answer["idTokenInfo"]["status"] == status.capitalize()
    assert (await csms.transaction())["token"] == "GOOD"


async def test_c05_charging_without_authorisation(csms: Csms) -> None:
    async with csms.station() as station:
        free = event("Started", 0, token={"idToken": "", "type": "NoAuthorization"}, evse=1)
        answer = await station.call("TransactionEvent", free)
        asked = await authorize(station, "", "NoAuthorization")
        central = await authorize(station, "", "Central")
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert asked["status"] == "Accepted"
    assert central["status"] == "Unknown"


async def test_c06_a_token_for_one_evse(csms: Csms) -> None:
    await csms.add_station("CS2")
    await csms.add_token("SECOND", evses=[{"station_id": "CS1", "evse_id": 2}])
    async with csms.station() as station:
        for evse in (1, 2):
            available = {"timestamp": "2025-03-01T10:00:00Z", "connectorStatus": "Available", "evseId": evse}
            await station.call("StatusNotification", {**available, "connectorId": 1})
        asked = await authorize(station, "SECOND")
        here = await station.call("TransactionEvent", event("Started", 0, token="SECOND", evse=2, transaction="a"))
        there = await station.call("TransactionEvent", event("Started", 0, token="SECOND", evse=1, transaction="b"))
    async with csms.station("CS2") as station:
        nowhere = await authorize(station, "SECOND")
    assert (asked["status"], asked["evseId"]) == ("Accepted", [2])
    assert here["idTokenInfo"]["status"] == "Accepted"
    assert there["idTokenInfo"]["status"] == "NotAtThisLocation"
    assert nowhere == {"status": "NotAtThisLocation"}


async def test_c06_a_token_for_one_site(csms: Csms) -> None:
    site = (await csms.post("sites", {"name": "Here"}))["id"]
    await csms.add_station("CS2", site_id=site)
    await csms.add_token("LOCAL", site_ids=[site])
    said = {}
    for identity in ("CS1", "CS2"):
        async with csms.station(identity) as station:
            said[identity] = (await authorize(station, "LOCAL"))["status"]
    assert said == {"CS1": "NotAtThisLocation", "CS2": "Accepted"}


@pytest.mark.parametrize("kind", ["ISO14443", "ISO15693", "Central", "Local", "eMAID", "KeyCode", "MacAddress"])
async def test_an_unknown_token_is_never_accepted(csms: Csms, kind: str) -> None:
    async with csms.station() as station:
        asked = await authorize(station, "NOBODY", kind)
        started = await station.call(
            "TransactionEvent", event("Started", 0, token={"idToken": "NOBODY", "type": kind}, evse=1)
        )
    assert asked["status"] == "Unknown"
    assert started["idTokenInfo"]["status"] == "Unknown"


async def test_a_key_code_is_not_told(csms: Csms) -> None:  # C04.FR.04
    async with csms.station() as station:
        await authorize(station, "4711", "KeyCode")
    assert [one["data"]["token"] for one in await csms.feed("authorization.refused")] == [None]


async def test_a_token_means_its_type(csms: Csms) -> None:
    """A card is found as a central token, but somebody's eMAID is not somebody's card."""
    await csms.add_token("SAME")
    async with csms.station() as station:
        said = {
            kind: (await authorize(station, "SAME", kind))["status"]
            for kind in ("Central", "Local", "eMAID", "KeyCode")
        }
    assert said == {"Central": "Accepted", "Local": "Accepted", "eMAID": "Unknown", "KeyCode": "Unknown"}


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_before_it_is_accepted_a_station_may_only_boot(
    csms: Csms, registration: str
) -> None:  # B02.FR.09, B03.FR.07
    await csms.add_station("CS2", registration=registration)
    async with csms.station("CS2", boot=False) as station:
        assert (await station.boot())["status"] == registration.capitalize()
        for action, payload in [
            ("Authorize", token("NOBODY")),
            ("TransactionEvent", event("Started", 0, token="NOBODY", evse=1)),
            ("Heartbeat", {}),
        ]:
            with pytest.raises(Refused, match="SecurityError"):
                await station.call(action, payload)
    assert await csms.transactions() == []


async def test_a_station_that_never_booted_is_refused(csms: Csms) -> None:
    async with csms.station(boot=False) as station:
        with pytest.raises(Refused, match="SecurityError"):
            await station.call("TransactionEvent", event("Started", 0))
        await station.boot()
        await station.call("TransactionEvent", event("Started", 0))
    async with csms.station(boot=False) as station:  # accepted once, remembered (OCPP-J 5.4)
        await station.call("TransactionEvent", event("Ended", 1, 60))


async def test_c10_d01_a_refused_difference_is_followed_by_the_whole_list(csms: Csms) -> None:
    async def ask(station: Any, *answers: dict[str, Any]) -> list[Any]:
        """Send the list; the station's answers to what comes of it."""
        asked = await csms.command("CS1", {"type": "send_local_list"})
        said = []
        for answer in answers:
            call = await station.next_call()
            said.append(call[2:])
            await station.answer(call, answer)
        await csms.command_in(asked["id"], "accepted")
        return said

    await csms.add_token("LISTED")
    async with csms.station() as station:
        accepted = {"status": "Accepted"}
        version, full = await ask(station, {"versionNumber": 0}, accepted)
        assert version == ["GetLocalListVersion", {}]
        assert (full[1]["updateType"], full[1]["versionNumber"]) == ("Full", 1)
        await csms.add_token("SECOND")
        _, first, second = await ask(station, {"versionNumber": 1}, {"status": "VersionMismatch"}, accepted)
        assert [one[1]["updateType"] for one in (first, second)] == ["Differential", "Full"]
        assert 1 < first[1]["versionNumber"] < second[1]["versionNumber"]
    held = await csms.get("stations/CS1/local-list")
    assert {"LISTED", "SECOND"} <= set(held["tokens"])
    assert held["version"] == second[1]["versionNumber"]


async def test_c07_a_code_is_judged_and_nowhere_shown(csms: Csms) -> None:
    code = "739251"
    await csms.post("tokens", {"token": code, "type": "KeyCode"})
    typed = {"idToken": code, "type": "KeyCode"}
    async with csms.station() as station:
        assert (await authorize(station, code, "KeyCode"))["status"] == "Accepted"
        assert (await authorize(station, "739252", "KeyCode"))["status"] in ("Invalid", "Unknown")
        await station.call("TransactionEvent", event("Started", 0, evse=1, token=typed))
        await station.call("TransactionEvent", event("Ended", 1, 9, token=typed))
    (one,) = await csms.transactions()
    paths = ("messages", "events", "transactions", f"transactions/{one['id']}/events", "audit", "findings", "commands")
    paths = (*paths, "stations/CS1/timeline", "stations/CS1/trace.jsonl")
    shown = {path: (await csms.api.get(path)).text for path in paths}
    assert [path for path, text in shown.items() if code in text or "739252" in text] == []
    assert one["token"] == "***"
