"""C09, C11, E21 to E23 over the wire: where tokens stop, end and are forgotten, and what a station is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.settings import Authorization
from tests.acceptance.serving import Csms, Station, event, serving

pytestmark = pytest.mark.anyio
ACCEPTED = {"status": "Accepted"}
TRANSACTION = "TransactionEvent"


@pytest.fixture
async def csms(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Csms]:
    more = {"authorization": Authorization(master_pass_group="POLICE")}
    async with serving(tmp_path, more=more) as one:
        await one.add_station()
        yield one


async def verdict(station: Station, token: str) -> dict[str, Any]:
    told = {"idToken": {"idToken": token, "type": "ISO14443"}}
    answer: dict[str, Any] = (await station.call("Authorize", told))["idTokenInfo"]
    return answer


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_c09_a_master_pass_ends_what_others_began_and_begins_nothing(csms: Csms, version: str) -> None:
    await csms.add_token("CAR")
    await csms.add_token("PASS", group="POLICE")
    async with csms.station("CS1", version) as station:
        asked = await verdict(station, "PASS")
        assert (asked["status"], asked["groupIdToken"]["idToken"]) == ("Accepted", "POLICE")  # C16.FR.01
        begun = await station.call(TRANSACTION, event("Started", 0, 0, "x", evse=2, token="PASS"))
        assert begun["idTokenInfo"]["status"] == "Invalid"  # C16.FR.03
        await station.call(TRANSACTION, event("Started", 0, 0, "y", evse=1, token="CAR"))
        ended = await station.call(TRANSACTION, event("Ended", 1, 9, "y", token="PASS", trigger="StopAuthorized"))
        assert ended["idTokenInfo"]["status"] == "Accepted"
        assert ended["idTokenInfo"]["groupIdToken"]["idToken"] == "POLICE"
    (one,) = await csms.transactions(state="ended")
    assert (one["token"], one["stop_token"]) == ("CAR", "PASS")


async def test_c11_a_customer_who_is_forgotten_leaves_the_list(csms: Csms) -> None:
    await csms.add_token("STAYS")
    await csms.add_token("GOES")
    async with csms.station() as station:
        await csms.command("CS1", {"type": "send_local_list"})
        await station.answer(await station.next_call(), {"versionNumber": 0})
        full = await station.next_call()
        assert {one["idToken"]["idToken"] for one in full[3]["localAuthorizationList"]} == {"STAYS", "GOES"}
        await station.answer(full, ACCEPTED)
        await csms.command("CS1", {"type": "customer_information", "clear": True, "report": False, "token": "GOES"})
        clear = await station.next_call()
        assert clear[2] == "CustomerInformation"
        await station.answer(clear, ACCEPTED)
        call = await station.next_call()
        if call[2] == "GetLocalListVersion":
            await station.answer(call, {"versionNumber": full[3]["versionNumber"]})
            call = await station.next_call()
        assert call[2] == "SendLocalList"  # N10.FR.02
        assert (call[3]["updateType"], call[3]["versionNumber"] > full[3]["versionNumber"]) == ("Differential", True)
        assert call[3]["localAuthorizationList"] == [{"idToken": {"idToken": "GOES", "type": "ISO14443"}}]
        await station.answer(call, ACCEPTED)
    held = await csms.until(lambda: csms.get("stations/CS1/local-list"), lambda one: one["tokens"] == ["STAYS"])
    assert held["version"] == call[3]["versionNumber"]


async def test_e21_who_pays_beforehand_is_told_the_limit_once(csms: Csms) -> None:
    """And has spent it then: 10 kWh at 0.35 of a credit of 3.50."""
    prices = [{"per": "kwh", "price": "0.35"}]
    await csms.post("tariffs", {"currency": "EUR", "name": "n", "default": True, "elements": prices})
    await csms.add_token("PREPAID", credit="3.50")
    async with csms.station("CS1", "2.1") as station:
        asked = await verdict(station, "PREPAID")
        assert (asked["status"], "cacheExpiryDateTime" in asked) == ("Accepted", True)  # C17.FR.01
        begun = await station.call(TRANSACTION, event("Started", 0, 0, evse=1, token="PREPAID", wh=0))
        assert begun["transactionLimit"] == {"maxCost": 3.5}
        again = await station.call(TRANSACTION, event("Updated", 1, 60, token="PREPAID", wh=5000))
        assert ("transactionLimit" in again, again["totalCost"]) == (False, 1.75)  # C17.FR.03: once
        await station.call(TRANSACTION, event("Ended", 2, 120, wh=10_000))
        asked = await verdict(station, "PREPAID")
        assert (asked["status"], "cacheExpiryDateTime" in asked) == ("NoCredit", True)  # C17.FR.02


async def test_e22_what_the_station_cannot_watch_is_watched_here(csms: Csms) -> None:
    """It says so in its device model; at 80 % it is asked to stop."""
    await csms.add_token("T", limits={"max_energy_wh": 50_000, "max_soc": 80})
    async with csms.station("CS1", "2.1") as station:
        asked = await csms.command("CS1", {"type": "get_base_report"})
        report = await station.next_call()
        await station.answer(report, ACCEPTED)
        supported = {
            "component": {"name": "TxCtrlr"}, "variable": {"name": "SupportedLimits"},
            "variableAttribute": [{"value": "maxEnergy,maxCost,maxTime"}],
        }  # fmt: skip
        told = {"requestId": report[3]["requestId"], "seqNo": 0, "generatedAt": "2025-03-01T10:00:00Z"}
        await station.call("NotifyReport", told | {"reportData": [supported]})
        await csms.command_in(asked["id"], "confirmed")
        begun = await station.call(TRANSACTION, event("Started", 0, 0, evse=1, token="T"))
        assert begun["transactionLimit"] == {"maxEnergy": 50_000}  # E16.FR.12
        full = {"value": 80, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}}
        values = [{"timestamp": "2025-03-01T10:05:00Z", "sampledValue": [full]}]
        await station.call(TRANSACTION, event("Updated", 1, 300) | {"meterValue": values})
        stop = await station.next_call()
        assert stop[2:] == ["RequestStopTransaction", {"transactionId": "tx-1"}]
        await station.answer(stop, ACCEPTED)
    assert [one["code"] for one in (await csms.transaction())["findings"]] == ["limit_reached"]


async def test_e23_after_it_resumed_the_profiles_are_sent_again(csms: Csms) -> None:
    """E17.FR.15: a station that does not say that it keeps them."""
    period = [{"startPeriod": 0, "limit": 10.0}]
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": period}
    profile = {
        "id": 9, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "transactionId": "tx-1", "chargingSchedule": [schedule],
    }  # fmt: skip
    async with csms.station("CS1", "2.1") as station:
        await station.call(TRANSACTION, event("Started", 0, 0, evse=1))
        payload = {"evseId": 1, "chargingProfile": profile}
        await csms.command("CS1", {"ocpp": {"action": "SetChargingProfile", "payload": payload}})
        first = await station.next_call()
        await station.answer(first, ACCEPTED)
    async with csms.station("CS1", "2.1") as station:
        await station.call(TRANSACTION, event("Updated", 1, 600, trigger="TxResumed"))
        again = await station.next_call()
        assert again[2:] == first[2:]
        await station.answer(again, ACCEPTED)
    assert (await csms.transaction())["events"] == 2
