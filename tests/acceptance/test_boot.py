"""4. Boot and registration (B01-B07, B09)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.acceptance.serving import Csms, Refused, Station, event, serving

pytestmark = pytest.mark.anyio

VERSIONS = ["1.6", "2.0.1", "2.1"]
STATUS = {"timestamp": "2025-03-01T10:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
REPORT = {"requestId": 1, "seqNo": 0, "generatedAt": "2025-03-01T10:00:00Z", "tbc": False}


async def refused(station: Station, action: str, payload: Any) -> str:
    """The code of the CALLERROR."""
    with pytest.raises(Refused) as error:
        await station.call(action, payload)
    return error.value.code


async def registered(csms: Csms, known: str, registration: str) -> None:
    await csms.patch(f"stations/{known}", {"registration": registration})


@pytest.mark.parametrize("version", VERSIONS)
async def test_B01_an_accepted_boot(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version, boot=False) as station:
        answer = await station.boot()
    assert answer["status"] == "Accepted"
    assert 270 < answer["interval"] <= 300
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", answer["currentTime"])
    shown = await csms.get(f"stations/{known}")
    assert (shown["vendor"], shown["model"], shown["ocpp_version"]) == ("V", "M", version)


@pytest.mark.parametrize("version", VERSIONS)
async def test_B02_pending_then_accepted(csms: Csms, known: str, version: str) -> None:
    await registered(csms, known, "pending")
    async with csms.station(known, version, boot=False) as station:
        for _ in range(2):
            answer = await station.boot()
            assert (answer["status"], answer["interval"]) == ("Pending", 10)
        await registered(csms, known, "accepted")
        assert (await station.boot())["status"] == "Accepted"
        assert "currentTime" in await station.call("Heartbeat", {})


async def test_B03_what_a_pending_station_may_not_say(csms: Csms, known: str) -> None:
    await registered(csms, known, "pending")
    async with csms.station(known) as station:
        assert await refused(station, "StatusNotification", STATUS) == "SecurityError"
        assert await refused(station, "TransactionEvent", event("Started", 0, evse=1)) == "SecurityError"
        assert await refused(station, "NotifyReport", REPORT) == "SecurityError"
    assert await csms.transactions(station_id=known) == []


async def test_B04_a_pending_station_may_say_what_it_was_asked(csms: Csms, known: str) -> None:
    await registered(csms, known, "pending")
    async with csms.station(known) as station:
        raw = {"ocpp": {"action": "GetBaseReport", "payload": {"requestId": 1, "reportBase": "FullInventory"}}}
        await csms.command(known, raw)
        call = await station.next_call()
        assert call[2:] == ["GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}]
        await station.answer(call, {"status": "Accepted"})
        assert await station.call("NotifyReport", REPORT) == {}
        assert await refused(station, "StatusNotification", STATUS) == "SecurityError"


async def test_B05_nothing_is_said_to_a_rejected_station(csms: Csms, known: str) -> None:
    await registered(csms, known, "rejected")
    async with csms.station(known, boot=False) as station:
        assert (await station.boot())["status"] == "Rejected"
        asked = await csms.command(known, {"type": "trigger", "message": "BootNotification"})
        assert await refused(station, "Heartbeat", {}) == "SecurityError"
        assert await refused(station, "StatusNotification", STATUS) == "SecurityError"
        assert (await csms.get(f"commands/{asked['id']}"))["state"] == "queued"
        assert station.asked.empty()
        # what waited is said when an operator changes his mind
        await registered(csms, known, "accepted")
        assert (await station.next_call())[2] == "TriggerMessage"


async def test_B06_a_pending_station_is_triggered(csms: Csms, known: str) -> None:
    await registered(csms, known, "pending")
    async with csms.station(known) as station:
        asked = await csms.command(known, {"type": "trigger", "message": "BootNotification"})
        call = await station.next_call()
        assert call[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]
        await station.answer(call, {"status": "Accepted"})
        await registered(csms, known, "accepted")
        assert (await station.boot())["status"] == "Accepted"
        await csms.command_in(asked["id"], "confirmed")


@pytest.mark.parametrize("version", VERSIONS)
async def test_B07_nothing_before_the_first_boot(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version, boot=False) as station:
        assert await refused(station, "Heartbeat", {}) == "SecurityError"
        asked = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
        assert await refused(station, "Heartbeat", {}) == "SecurityError"
        assert station.asked.empty()
        await station.boot()
        call = await station.next_call()  # now the command that waited goes out
        await station.answer(call, {"status": "Accepted"})
        await station.call("Heartbeat", {})
        await csms.command_in(asked["id"], "confirmed")


async def test_B09_last_seen_moves_with_any_message(csms: Csms, known: str) -> None:
    async def seen() -> str:
        shown = await csms.get(f"stations/{known}")
        listed = await csms.get("stations", q=known)
        assert [one["last_seen_at"] for one in listed["data"] if one["id"] == known] == [shown["last_seen_at"]]
        moment: str = shown["last_seen_at"]
        return moment

    async with csms.station(known) as station:
        moments = [await seen()]
        assert "currentTime" in await station.call("Heartbeat", {})
        moments.append(await seen())
        await station.call("StatusNotification", STATUS)
        moments.append(await seen())
        await refused(station, "FooBar", {})
        moments.append(await seen())
        asked = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
        await station.answer(await station.next_call(), {"status": "Rejected"})
        await csms.command_in(asked["id"], "rejected")
        moments.append(await seen())
        assert moments == sorted(set(moments))
    left = await csms.until(lambda: csms.get(f"stations/{known}"), lambda shown: not shown["online"])
    assert left["last_seen_at"] == moments[-1]  # it is on disk


async def test_an_unknown_station_waits_for_an_operator(tmp_path: Path) -> None:
    async with serving(tmp_path, gateway={"unknown_stations": "pending"}) as csms:
        async with csms.station("NEW", password="first-seen-password", boot=False) as station:
            assert (await station.boot())["status"] == "Pending"
            assert (await csms.get("stations", registration="pending"))["data"][0]["id"] == "NEW"
        with pytest.raises(websockets.InvalidStatus):
            async with csms.station("NEW", password="another-password"):
                pass
        with pytest.raises(websockets.InvalidStatus):
            async with csms.station("OTHER", password="short"):
                pass
        with pytest.raises(websockets.InvalidStatus):
            async with csms.station("OTHER", password=""):
                pass
        await csms.patch("stations/NEW", {"registration": "accepted"})
        async with csms.station("NEW", password="first-seen-password", boot=False) as station:
            assert (await station.boot())["status"] == "Accepted"
        assert [one["id"] for one in (await csms.get("stations"))["data"]] == ["NEW"]
        assert "first-seen-password" not in json.dumps(await csms.get("audit"))
