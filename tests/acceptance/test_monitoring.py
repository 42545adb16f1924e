"""5. Device model: monitors and their events (D13-D17); 10. event streams (L11)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station, serving

pytestmark = pytest.mark.anyio
AT = "2025-03-01T10:00:00Z"
TEMPERATURE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Temperature"}}
MONITOR = {"component": "EVSE", "evse_id": 1, "variable": "Temperature", "type": "UpperThreshold"}


async def set_one(csms: Csms, identity: str, station: Station, id: int = 4711) -> dict[str, Any]:
    """An operator sets a monitor, the station gives it that number; the command as it ended."""
    body = {"type": "set_variable_monitoring", "monitors": [MONITOR | {"value": 80, "severity": 3}]}
    asked = await csms.command(identity, body)
    call = await station.next_call()
    assert call[2] == "SetVariableMonitoring"
    said = {"status": "Accepted", "id": id, "type": "UpperThreshold", "severity": 3, **TEMPERATURE}
    await station.answer(call, {"setMonitoringResult": [said]})
    return await csms.command_in(asked["id"], "accepted")


def event(trigger: str = "Alerting", value: str = "91", **more: Any) -> dict[str, Any]:
    one = {
        "eventId": 1, "timestamp": AT, "trigger": trigger, "actualValue": value, **TEMPERATURE,
        "eventNotificationType": "CustomMonitor", "variableMonitoringId": 4711, **more,
    }  # fmt: skip
    return {"generatedAt": AT, "seqNo": 0, "eventData": [one]}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_d13_a_monitor_is_stored_and_cleared_by_its_number(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        done = await set_one(csms, known, station)
        assert [(one["status"], one["monitor_id"]) for one in done["results"]] == [("accepted", 4711)]
        (monitor,) = (await csms.get(f"stations/{known}/monitors"))["data"]
        assert (monitor["id"], monitor["variable"], monitor["value"], monitor["kind"]) == (
            4711,
            "Temperature",
            80,
            "custom",
        )
        asked = await csms.command(known, {"type": "clear_variable_monitoring", "ids": [monitor["id"]]})
        call = await station.next_call()
        assert call[2:] == ["ClearVariableMonitoring", {"id": [4711]}]
        await station.answer(call, {"clearMonitoringResult": [{"id": 4711, "status": "Accepted"}]})
        await csms.command_in(asked["id"], "accepted")
        assert (await csms.get(f"stations/{known}/monitors"))["data"] == []


async def test_d14_no_more_are_cleared_at_once_than_the_station_takes(csms: Csms, known: str) -> None:
    await csms.patch(f"stations/{known}", {"capabilities": {"items_per_clear_variable_monitoring": 2}})
    async with csms.station(known) as station:
        asked = await csms.command(known, {"type": "clear_variable_monitoring", "ids": [1, 2, 3, 4, 5]})
        sizes = []
        for _ in range(3):
            call = await station.next_call()
            sizes.append(len(call[3]["id"]))
            results = [{"id": id, "status": "Accepted"} for id in call[3]["id"]]
            await station.answer(call, {"clearMonitoringResult": results})
        done = await csms.command_in(asked["id"], "accepted")
    assert sizes == [2, 2, 1]
    assert [one["monitor_id"] for one in done["results"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_d15_an_alarm_is_raised_then_cleared(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        await set_one(csms, known, station)
        assert await station.call("NotifyEvent", event()) == {}
        (alert,) = await csms.all("alerts", station_id=known, state="firing")
        assert (alert["source"], alert["code"], alert["severity"]) == ("monitor", "EVSE.Temperature", 3)
        assert (alert["detail"]["monitor_id"], alert["detail"]["value"]) == (4711, "91")
        # seen, but not over: only the station knows that
        seen = await csms.post(f"alerts/{alert['id']}/acknowledge", None)
        assert (seen["state"], seen["acknowledged_by"]) == ("firing", "key:bootstrap")
        assert await station.call("NotifyEvent", event(value="60", cleared=True)) == {}
    (alert,) = await csms.all("alerts", station_id=known)
    assert (alert["state"], alert["resolved_by"]) == ("resolved", "station")


async def test_d16_an_event_of_something_unknown_is_stored(csms: Csms, known: str) -> None:
    said = event(component={"name": "FluxCapacitor"}, eventNotificationType="HardWiredNotification")
    del said["eventData"][0]["variableMonitoringId"]
    async with csms.station(known) as station:
        assert await station.call("NotifyEvent", said) == {}
    (alert,) = await csms.all("alerts", station_id=known)
    assert (alert["code"], alert["needs_acknowledgement"]) == ("FluxCapacitor.Temperature", True)


async def test_d17_monitors_are_read_again_after_a_reboot(tmp_path: Path) -> None:
    async with serving(tmp_path, unasked_calls=("monitors",)) as csms:
        await csms.add_station()
        async with csms.station() as station:
            await set_one(csms, "CS1", station)
            await station.call("NotifyEvent", event())
        async with csms.station() as station:  # it rebooted: its monitors have other numbers now
            call = await station.next_call()
            assert call[2] == "GetMonitoringReport"
            await station.answer(call, {"status": "Accepted"})
            one = {"id": 9, "transaction": False, "value": 80, "type": "UpperThreshold", "severity": 3}
            named = [{**TEMPERATURE, "variableMonitoring": [one]}]
            report = {"requestId": call[3]["requestId"], "seqNo": 0, "generatedAt": AT, "monitor": named}
            assert await station.call("NotifyMonitoringReport", report) == {}
        found = await csms.get("stations/CS1/monitors")
        assert ([one["id"] for one in found["data"]], found["report"]["complete"]) == ([9], True)
        (command,) = [one for one in await csms.all("commands") if one["type"] == "get_monitoring_report"]
        assert command["state"] == "confirmed"
        (alert,) = await csms.all("alerts")  # nothing will ever clear it under its old number
        assert (alert["state"], alert["resolved_by"]) == ("resolved", "monitor_removed")


async def test_d18_a_connector_is_seen_by_its_event(csms: Csms, known: str) -> None:
    state = {
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    said = event("Delta", "Occupied", **state, eventNotificationType="HardWiredNotification", severity=2)
    del said["eventData"][0]["variableMonitoringId"]
    async with csms.station(known, "2.1") as station:
        assert await station.call("NotifyEvent", said) == {}
    (evse,) = (await csms.get(f"stations/{known}"))["evses"]
    assert [one["status"] for one in evse["connectors"]] == ["Occupied"]
    assert await csms.all("alerts", station_id=known) == []  # that is the daily life of a connector


async def test_base_and_level_are_shown(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        for body in ({"type": "set_monitoring_level", "severity": 4},
                     {"type": "set_monitoring_base", "base": "factory_default"}):  # fmt: skip
            asked = await csms.command(known, body)
            await station.answer(await station.next_call(), {"status": "Accepted"})
            await csms.command_in(asked["id"], "accepted")
    found = await csms.get(f"stations/{known}/monitors")
    assert (found["base"], found["level"]) == ("factory_default", 4)


async def sends(station: Station, *values: tuple[float, str], pending: int = 0) -> None:
    """Values by SEND, which nobody answers; then something that is answered."""
    data = [{"t": t, "v": v} for t, v in values]
    words = {"id": 1, "pending": pending, "basetime": AT, "data": data}
    await station.socket.send(json.dumps([6, "send", "NotifyPeriodicEventStream", words]))
    assert "currentTime" in await station.call("Heartbeat", {})


async def test_l11_a_stream_from_its_monitor_to_its_end(csms: Csms, known: str) -> None:
    async with csms.station(known, "2.1") as station:
        stream = {"interval_s": 10}
        body = {
            "type": "set_variable_monitoring",
            "monitors": [MONITOR | {"value": 1, "severity": 8, "stream": stream}],
        }
        asked = await csms.command(known, body)
        call = await station.next_call()
        assert call[3]["setMonitoringData"][0]["periodicEventStream"] == {"interval": 10}
        said = {"status": "Accepted", "id": 3, "type": "UpperThreshold", "severity": 8, **TEMPERATURE}
        await station.answer(call, {"setMonitoringResult": [said]})
        await csms.command_in(asked["id"], "accepted")
        told = {"constantStreamData": {"id": 1, "params": {"interval": 10}, "variableMonitoringId": 3}}
        assert await station.call("OpenPeriodicEventStream", told) == {"status": "Accepted"}
        for n, pending in enumerate((2, 4, 8)):
            await sends(station, (n, f"{n}.0"), (n + 0.5, f"{n}.5"), pending=pending)
        (shown,) = await csms.all(f"stations/{known}/streams")
        assert (shown["variable"], shown["interval_s"], shown["values_received"], shown["pending"]) == (
            "Temperature",
            10,
            6,
            8,
        )
        values = await csms.all(f"stations/{known}/streams/{shown['id']}/values")
        assert [one["value"] for one in values] == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]
        assert [one["at"] for one in values[:2]] == ["2025-03-01T10:00:00Z", "2025-03-01T10:00:00.500000Z"]
        (alert,) = await csms.all("alerts", station_id=known)
        assert (alert["code"], "adjust_periodic_event_stream" in alert["text"]) == ("stream_behind", True)
        asked = await csms.command(known, {"type": "adjust_periodic_event_stream", "id": 1, "values": 100})
        call = await station.next_call()
        assert call[2:] == ["AdjustPeriodicEventStream", {"id": 1, "params": {"values": 100}}]
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
        await sends(station, (9, "9"))
        assert (await csms.all("alerts", station_id=known))[0]["state"] == "resolved"
        assert await station.call("ClosePeriodicEventStream", {"id": 1}) == {}
        await sends(station, (10, "10"))
    (shown,) = await csms.all(f"stations/{known}/streams", open="false")
    assert (shown["values"], shown["last_value"], shown["values_received"]) == (100, "9", 7)
    assert [one["code"] for one in await csms.all("findings", station_id=known)] == ["unknown_stream"]
