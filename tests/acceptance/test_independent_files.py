"""L. Firmware and logs with a charging station that nobody here wrote, the `ocpp` package's: it fetches and uploads
over HTTP as stations do. And the rows of the same chapter that need no files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import ocpp.v16.call
import ocpp.v16.call_result
import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v201.call
import ocpp.v201.call_result
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from ocpp.routing import on

from ohmstead.settings import Files
from tests.acceptance.serving import PATIENCE, Csms, serving
from tests.acceptance.test_independent_clients import connected
from tests.acceptance.test_simulated_files import FIRMWARE, signed_file

pytestmark = pytest.mark.anyio
LOG = b"a line\n" * 20_000


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    files = Files(bind=place, public_url=f"http://{place}")
    async with serving(tmp_path_factory.mktemp("data"), more={"files": files}) as one:
        await one.add_station()
        yield one


class _Asked:
    """What the CSMS asks: each lands in a queue, and is done by the test."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return await self.queue.get()


class Station16(ocpp.v16.ChargePoint):
    plug: Any
    asked: _Asked

    @on("UpdateFirmware")
    async def update(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v16.call_result.UpdateFirmware()

    @on("GetDiagnostics")
    async def diagnostics(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v16.call_result.GetDiagnostics(file_name="diag.log")


class Station201(ocpp.v201.ChargePoint):
    plug: Any
    asked: _Asked

    @on("UpdateFirmware")
    async def update(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v201.call_result.UpdateFirmware(status="Accepted")

    @on("GetLog")
    async def log(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v201.call_result.GetLog(status="Accepted", filename="log.txt")

    @on("CustomerInformation")
    async def customer(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v201.call_result.CustomerInformation(status="Accepted")

    @on("TriggerMessage")
    async def trigger(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v201.call_result.TriggerMessage(status="Accepted")

    @on("ChangeAvailability")
    async def change(self, **said: Any) -> Any:
        self.asked.queue.put_nowait(said)
        return ocpp.v201.call_result.ChangeAvailability(status="Scheduled")


class Station21(ocpp.v21.ChargePoint):
    plug: Any
    asked: _Asked


def made(kind: Any) -> Any:
    def one(*arguments: Any, **more: Any) -> Any:
        station = kind(*arguments, **more)
        station.asked = _Asked()
        return station

    return one


async def fetched_in_two(url: str) -> bytes:
    """As a station whose connection broke in the middle (RFC 9110, 14)."""
    async with httpx.AsyncClient() as http:
        half = len(FIRMWARE) // 2
        parts = [await http.get(url, headers={"Range": span}) for span in (f"bytes=0-{half - 1}", f"bytes={half}-")]
    assert [one.status_code for one in parts] == [206, 206]
    return b"".join(one.content for one in parts)


async def brought(csms: Csms, url: str, way: str) -> None:
    """The upload, by PUT of the bytes or by POST of a form; the link is good for this one log."""
    assert "#" not in url
    async with httpx.AsyncClient() as http:
        files = {"file": ("log.txt", LOG)}
        answer = await (http.put(url, content=LOG) if way == "PUT" else http.post(url, files=files))
        assert answer.status_code in (200, 201, 204), (answer.status_code, answer.text)


async def the_log(csms: Csms, command: str) -> None:
    """It is there as it was sent, from the API."""
    assert (await csms.command_in(command, "confirmed"))["state"] == "confirmed"
    listed = (await csms.get("stations/CS1/logs"))["data"]
    one = next(each for each in listed if each["command_id"] == command)
    assert (one["state"], one["status"]) == ("done", "Uploaded")
    content = await csms.api.get(f"files/{one['told']['file_id']}/content")
    assert content.content == LOG


async def test_L01_L02_firmware_and_diagnostics_of_1_6(csms: Csms) -> None:
    call, (file_id, _) = ocpp.v16.call, await signed_file(csms)
    async with connected(csms, "1.6", made(Station16)) as station:
        boot = {"charge_point_model": "Wallbox", "charge_point_vendor": "Elsewhere"}
        await station.call(call.BootNotification(**boot, firmware_version="1.0"), suppress=False)
        asked = await csms.command("CS1", {"type": "update_firmware", "file_id": file_id, "signed": False})
        said = await station.asked.next()
        for status in ("Downloading", "Downloaded", "Installing"):
            if status == "Downloaded":
                assert await fetched_in_two(said["location"]) == FIRMWARE
            await station.call(call.FirmwareStatusNotification(status=status), suppress=False)
    async with connected(csms, "1.6", made(Station16)) as station:  # it has restarted with it
        await station.call(call.BootNotification(**boot, firmware_version="2.7"), suppress=False)
        await station.call(call.FirmwareStatusNotification(status="Installed"), suppress=False)
        await csms.command_in(asked["id"], "confirmed")
        assert (await csms.get("stations/CS1"))["firmware_version"] == "2.7"
        asked = await csms.command("CS1", {"type": "get_diagnostics"})
        said = await station.asked.next()
        await station.call(call.DiagnosticsStatusNotification(status="Uploading"), suppress=False)
        await brought(csms, said["location"], "PUT")
        await station.call(call.DiagnosticsStatusNotification(status="Uploaded"), suppress=False)
        await the_log(csms, asked["id"])


@pytest.mark.parametrize("reboots", [True, False], ids=["reboots", "does not reboot"])
async def test_L01_firmware_of_2_0_1(csms: Csms, reboots: bool) -> None:
    """It checks what it is given: the certificate signed the very bytes that it fetched (L01.FR.11)."""
    call, (file_id, _) = ocpp.v201.call, await signed_file(csms)
    told = {"charging_station": {"model": "Wallbox", "vendor_name": "Elsewhere", "firmware_version": "1.0"}}

    async def tell(station: Any, *statuses: str) -> None:
        for status in statuses:
            await station.call(
                call.FirmwareStatusNotification(status=status, request_id=said["request_id"]), suppress=False
            )

    async with connected(csms, "2.0.1", made(Station201)) as station:
        await station.call(call.BootNotification(reason="PowerUp", **told), suppress=False)
        asked = await csms.command("CS1", {"type": "update_firmware", "file_id": file_id})
        said = await station.asked.next()
        firmware = said["firmware"]
        await tell(station, "Downloading")
        content = await fetched_in_two(firmware["location"])
        certificate = x509.load_pem_x509_certificate(firmware["signing_certificate"].encode())
        key: Any = certificate.public_key()
        key.verify(base64.b64decode(firmware["signature"]), content, ec.ECDSA(hashes.SHA256()))
        assert hashlib.sha256(content).hexdigest() == (await csms.get(f"files/{file_id}"))["sha256"]
        await tell(station, "Downloaded", "SignatureVerified", "Installing")
        await tell(station, *(("InstallRebooting",) if reboots else ("Installed",)))
    if reboots:
        async with connected(csms, "2.0.1", made(Station201)) as station:
            told["charging_station"]["firmware_version"] = "2.7"
            await station.call(call.BootNotification(reason="FirmwareUpdate", **told), suppress=False)
            await tell(station, "Installed")
    await csms.command_in(asked["id"], "confirmed")
    newest = (await csms.get("stations/CS1/procedures", kind="firmware", limit=1))["data"][0]
    assert (newest["command_id"], newest["state"], newest["status"]) == (asked["id"], "done", "Installed")
    statuses = [one["status"] for one in newest["steps"]]
    assert ("InstallRebooting" in statuses) == reboots
    assert statuses[-1] == "Installed"


@pytest.mark.parametrize("way", ["PUT", "POST"])
async def test_L02_logs_of_2_0_1(csms: Csms, way: str) -> None:
    call = ocpp.v201.call
    async with connected(csms, "2.0.1", made(Station201)) as station:
        boot = {"model": "Wallbox", "vendor_name": "Elsewhere"}
        await station.call(call.BootNotification(reason="PowerUp", charging_station=boot), suppress=False)
        asked = await csms.command("CS1", {"type": "get_log", "log_type": "security"})
        said = await station.asked.next()
        assert said["log_type"] == "SecurityLog"
        for status in ("Uploading", "Uploaded"):
            if status == "Uploaded":
                await brought(csms, said["log"]["remote_location"], way)
            await station.call(call.LogStatusNotification(status=status, request_id=said["request_id"]), suppress=False)
        await the_log(csms, asked["id"])


async def test_L03_L04_L05_L09_what_it_is_asked_and_told(csms: Csms) -> None:
    """Each field is there just where it belongs; parts are joined; an unknown vendor is no error."""
    call = ocpp.v201.call
    async with connected(csms, "2.0.1", made(Station201)) as station:
        boot = {"model": "Wallbox", "vendor_name": "Elsewhere"}
        await station.call(call.BootNotification(reason="PowerUp", charging_station=boot), suppress=False)
        status = {"type": "trigger", "message": "StatusNotification", "evse_id": 1, "connector_id": 1}
        await csms.command("CS1", status)
        assert await station.asked.next() == {
            "requested_message": "StatusNotification", "evse": {"id": 1, "connector_id": 1},
        }  # fmt: skip
        for place, evse in (
            ({}, None), ({"evse_id": 1}, {"id": 1}), ({"evse_id": 1, "connector_id": 2}, {"id": 1, "connector_id": 2}),
        ):  # fmt: skip
            asked = await csms.command("CS1", {"type": "availability", "operative": False, **place})
            said = await station.asked.next()
            assert said == {"operational_status": "Inoperative"} | ({} if evse is None else {"evse": evse})
            assert (await csms.command_in(asked["id"], "accepted"))["reason"] == "Scheduled"
        found = await station.call(call.DataTransfer(vendor_id="org.nobody", message_id="x"), suppress=False)
        assert found.status == "UnknownVendorId"
        asked = await csms.command("CS1", {"type": "customer_information", "customer_identifier": "c-1"})
        said = await station.asked.next()
        assert {"id_token", "customer_certificate", "customer_identifier"} & said.keys() == {"customer_identifier"}
        for number, part in enumerate(("she ", "charged ", "twice")):
            await station.call(
                call.NotifyCustomerInformation(
                    data=part, seq_no=number, tbc=number < 2, generated_at="2025-03-01T10:00:00Z",
                    request_id=said["request_id"],
                ), suppress=False,
            )  # fmt: skip
        await csms.command_in(asked["id"], "confirmed")
        (one,) = (await csms.get("stations/CS1/procedures", kind="customer_information"))["data"]
        assert (one["state"], one["told"]["result"]) == ("done", "she charged twice")


async def test_L12_a_swap_that_was_late(csms: Csms) -> None:
    call = ocpp.v21.call
    async with connected(csms, "2.1", made(Station21)) as station:
        boot = {"model": "Swapper", "vendor_name": "Elsewhere"}
        await station.call(call.BootNotification(reason="PowerUp", charging_station=boot), suppress=False)
        for kind, serial in (("BatteryIn", "OLD"), ("BatteryOutTimeout", "NEW"), ("BatteryOut", "NEW")):
            battery = {"evse_id": 1, "serial_number": serial, "so_c": 20.0, "so_h": 99.0}
            await station.call(
                call.BatterySwap(
                    event_type=kind, request_id=8, id_token={"id_token": "T1", "type": "ISO14443"},
                    battery_data=[battery],
                ), suppress=False,
            )  # fmt: skip
        (swap,) = (await csms.get("stations/CS1/battery-swaps"))["data"]
        assert (swap["request_id"], swap["state"], swap["token"]) == (8, "swapped", "T1")
        assert [one["serial_number"] for one in swap["batteries_in"] + swap["batteries_out"]] == ["OLD", "NEW"]
