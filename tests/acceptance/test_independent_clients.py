"""A whole charging session in each version, by a charging station that nobody here wrote: the `ocpp` package's.

It validates all it sends and all it receives against the official schemas. Our commands start and stop the session,
and nothing is set but what is set at first: Ohmstead asks on its own what it asks on its own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import types
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import ocpp.v16
import ocpp.v16.call
import ocpp.v16.call_result
import ocpp.v21
import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v201
import ocpp.v201.call
import ocpp.v201.call_result
import pytest
import websockets
from ocpp.routing import on

from tests.acceptance.serving import PASSWORD, PATIENCE, SUBPROTOCOLS, Csms, at, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def csms(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path, unasked_calls="all") as one:
        await one.add_station()
        await one.add_token("GOOD", group="FAMILY")
        yield one


class Plug:
    """The car side of a station: what its driver and its commands do to it."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.stopped = asyncio.Event()
        self.remote_start_id: int | None = None
        self.transaction: str | int | None = None
        self.operative = True


class Station16(ocpp.v16.ChargePoint):
    plug: Plug

    @on("RemoteStartTransaction")
    async def start_remotely(self, id_tag: str, connector_id: int) -> Any:
        assert (id_tag, connector_id) == ("GOOD", 1)
        self.plug.started.set()
        return ocpp.v16.call_result.RemoteStartTransaction(status="Accepted")

    @on("RemoteStopTransaction")
    async def stop_remotely(self, transaction_id: int) -> Any:
        known = transaction_id == self.plug.transaction
        if known:
            self.plug.stopped.set()
        return ocpp.v16.call_result.RemoteStopTransaction(status="Accepted" if known else "Rejected")

    @on("GetConfiguration")
    async def configuration(self, key: list[str]) -> Any:
        found = [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
        return ocpp.v16.call_result.GetConfiguration(
            configuration_key=[one for one in found if one["key"] in key],
            unknown_key=[one for one in key if one != "HeartbeatInterval"],
        )

    @on("ChangeAvailability")
    async def change(self, connector_id: int, type: str) -> Any:
        self.plug.operative = type == "Operative"
        return ocpp.v16.call_result.ChangeAvailability(status="Scheduled")


def station_2(v: types.ModuleType) -> type[Any]:
    """A station of 2.0.1 or 2.1; the package has one base for each."""
    result = v.call_result

    class Station2(v.ChargePoint):  # type: ignore[misc,name-defined]
        plug: Plug

        @on("RequestStartTransaction")
        async def start_remotely(self, id_token: Any, remote_start_id: int, evse_id: int) -> Any:
            assert (id_token["id_token"], evse_id) == ("GOOD", 1)
            self.plug.remote_start_id = remote_start_id
            self.plug.started.set()
            return result.RequestStartTransaction(status="Accepted")

        @on("RequestStopTransaction")
        async def stop_remotely(self, transaction_id: str) -> Any:
            known = transaction_id == self.plug.transaction
            if known:
                self.plug.stopped.set()
            return result.RequestStopTransaction(status="Accepted" if known else "Rejected")

        @on("GetVariables")
        async def variables(self, get_variable_data: list[Any]) -> Any:
            answers = [
                {"attribute_status": "Accepted", "attribute_value": "300", **one}
                if one["variable"]["name"] == "HeartbeatInterval"
                else {"attribute_status": "UnknownVariable", **one}
                for one in get_variable_data
            ]
            return result.GetVariables(get_variable_result=answers)

        @on("GetBaseReport")
        async def base_report(self, request_id: int, report_base: str) -> Any:
            return result.GetBaseReport(status="NotSupported")  # the 2.1 of the package answers nothing by itself

        @on("GetInstalledCertificateIds")
        async def installed(self, **_: Any) -> Any:
            return result.GetInstalledCertificateIds(status="NotFound")

        @on("GetMonitoringReport")
        async def monitoring_report(self, request_id: int, **_: Any) -> Any:
            return result.GetMonitoringReport(status="NotSupported")

        @on("ChangeAvailability")
        async def change(self, operational_status: str, evse: Any) -> Any:
            self.plug.operative = operational_status == "Operative"
            return result.ChangeAvailability(status="Scheduled")

    return Station2


@contextlib.asynccontextmanager
async def connected(csms: Csms, version: str, kind: Callable[..., Any]) -> AsyncIterator[Any]:
    headers = {"Authorization": "Basic " + base64.b64encode(f"CS1:{PASSWORD}".encode()).decode()}
    async with websockets.connect(
        f"{csms.url}/CS1",
        subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[version])],
        additional_headers=headers,
    ) as socket:
        station = kind("CS1", socket, response_timeout=PATIENCE)
        station.plug = Plug()
        reading = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def ended(csms: Csms) -> dict[str, Any]:
    one = await csms.transaction()
    assert (one["state"], one["complete"], one["findings"], one["gaps"]) == ("ended", True, [], [])
    assert (one["energy_wh"], one["stopped_reason"], one["token"]) == (7400, "Remote", "GOOD")
    assert (one["evse_id"], one["connector_id"], one["events"]) == (1, 1, 3)
    return one


async def test_a_session_of_1_6(csms: Csms) -> None:
    call = ocpp.v16.call
    async with connected(csms, "1.6", Station16) as station:
        plug = station.plug
        booted = await station.call(
            call.BootNotification(charge_point_model="Wallbox", charge_point_vendor="Elsewhere", firmware_version="1.0")
        )
        assert booted.status == "Accepted"
        for connector in (0, 1):
            await station.call(
                call.StatusNotification(connector_id=connector, error_code="NoError", status="Available")
            )
        assert (await station.call(call.Authorize(id_tag="good"))).id_tag_info["status"] == "Accepted"
        asked = await csms.command("CS1", {"type": "start", "token": "GOOD", "evse_id": 1})
        async with asyncio.timeout(PATIENCE):
            await plug.started.wait()
        await station.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Preparing"))
        begun = await station.call(
            call.StartTransaction(connector_id=1, id_tag="GOOD", meter_start=100, timestamp=at(0)), suppress=False
        )
        assert begun.id_tag_info == {"status": "Accepted", "parent_id_tag": "FAMILY"}
        plug.transaction = begun.transaction_id
        await csms.command_in(asked["id"], "confirmed")
        await station.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Charging"))
        sample = {"value": "4.1", "unit": "kWh", "measurand": "Energy.Active.Import.Register"}
        value = {"timestamp": at(1800), "sampled_value": [sample]}
        await station.call(
            call.MeterValues(connector_id=1, transaction_id=begun.transaction_id, meter_value=[value]), suppress=False
        )
        shown = (await csms.get("stations/CS1"))["evses"][0]
        assert shown["state"] == "charging"
        one = await csms.transaction()
        stopping = await csms.post(f"transactions/{one['id']}/stop", {})
        async with asyncio.timeout(PATIENCE):
            await plug.stopped.wait()
        stopped = call.StopTransaction(
            meter_stop=7500, timestamp=at(3600), transaction_id=begun.transaction_id, reason="Remote"
        )
        await station.call(stopped, suppress=False)
        await csms.command_in(stopping["id"], "confirmed")
        await station.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Available"))
        await read_and_switch_off(csms, plug, [{"variable": "HeartbeatInterval"}, {"variable": "Foo"}])
    await ended(csms)


@pytest.mark.parametrize(("version", "v"), [("2.0.1", ocpp.v201), ("2.1", ocpp.v21)], ids=["2.0.1", "2.1"])
async def test_a_session_of_2(csms: Csms, version: str, v: Any) -> None:
    call, info = v.call, {"transaction_id": "an-id-of-theirs"}
    async with connected(csms, version, station_2(v)) as station:
        plug = station.plug

        async def tell(kind: str, seq_no: int, seconds: float, trigger: str, **more: Any) -> Any:
            told = {**info, **more.pop("info", {})}
            return await station.call(
                call.TransactionEvent(
                    event_type=kind,
                    timestamp=at(seconds),
                    trigger_reason=trigger,
                    seq_no=seq_no,
                    transaction_info=told,
                    **more,
                ),
                suppress=False,
            )

        def register(seconds: float, value: float, **more: Any) -> Any:
            return [{"timestamp": at(seconds), "sampled_value": [{"value": value, **more}]}]

        booted = await station.call(
            call.BootNotification(charging_station={"model": "Wallbox", "vendor_name": "Elsewhere"}, reason="PowerUp")
        )
        assert booted.status == "Accepted"
        await station.call(
            call.StatusNotification(timestamp=at(), connector_status="Available", evse_id=1, connector_id=1)
        )
        verdict = await station.call(call.Authorize(id_token={"id_token": "good", "type": "ISO14443"}))
        assert verdict.id_token_info["status"] == "Accepted"
        asked = await csms.command("CS1", {"type": "start", "token": "GOOD", "token_type": "ISO14443", "evse_id": 1})
        async with asyncio.timeout(PATIENCE):
            await plug.started.wait()
        plug.transaction = info["transaction_id"]
        begun = await tell(
            "Started",
            0,
            0,
            "RemoteStart",
            id_token={"id_token": "GOOD", "type": "ISO14443"},
            evse={"id": 1, "connector_id": 1},
            info={"charging_state": "Charging", "remote_start_id": plug.remote_start_id},
            meter_value=register(0, 100, context="Transaction.Begin"),
        )
        assert begun.id_token_info["group_id_token"]["id_token"] == "FAMILY"
        await csms.command_in(asked["id"], "confirmed")
        value = register(1800, 4.1, unit_of_measure={"unit": "kWh"})
        await tell("Updated", 1, 1800, "MeterValuePeriodic", meter_value=value)
        assert (await csms.get("stations/CS1"))["evses"][0]["state"] == "charging"
        one = await csms.transaction()
        stopping = await csms.post(f"transactions/{one['id']}/stop", {})
        async with asyncio.timeout(PATIENCE):
            await plug.stopped.wait()
        value = register(3600, 7500, context="Transaction.End")
        await tell("Ended", 2, 3600, "RemoteStop", info={"stopped_reason": "Remote"}, meter_value=value)
        await csms.command_in(stopping["id"], "confirmed")
        names = [{"component": "OCPPCommCtrlr", "variable": name} for name in ("HeartbeatInterval", "Foo")]
        await read_and_switch_off(csms, plug, names)
    assert (await ended(csms))["transaction_id"] == "an-id-of-theirs"


async def read_and_switch_off(csms: Csms, plug: Plug, names: list[dict[str, str]]) -> None:
    """Two commands more: one whose answer is half good, one for later."""
    asked = await csms.command("CS1", {"type": "get_variables", "variables": names})
    read = await csms.command_in(asked["id"], "accepted")
    assert "Foo" in read["reason"]
    assert "300" in str(read["answer"])
    asked = await csms.command("CS1", {"type": "availability", "operative": False, "evse_id": 1})
    assert (await csms.command_in(asked["id"], "accepted"))["reason"] == "Scheduled"
    assert plug.operative is False
