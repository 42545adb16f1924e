"""Firmware and logs, from the API to a simulated station and back: fetched, verified, booted with, uploaded."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ohmstead.settings import Files
from ohmstead.simulator import Station
from tests.acceptance.serving import PASSWORD, PATIENCE, Csms, serving
from tests.api.resources.test_files import _signer

pytestmark = pytest.mark.anyio
FIRMWARE = b"#!firmware\nversion: 2.7\n" + bytes(200_000)


@pytest.fixture
async def csms(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Csms]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    async with serving(tmp_path, more={"files": Files(bind=place, public_url=f"http://{place}")}) as one:
        yield one


async def signed_file(csms: Csms) -> tuple[str, dict[str, str]]:
    """A file with firmware 2.7, signed by a manufacturer that the CSMS trusts; and its signature."""
    key, pem = _signer()
    await csms.post("certificate-authorities", {"name": "Maker", "certificate": pem, "uses": ["manufacturer"]})
    answer = await csms.api.post("files", params={"name": "fw.bin", "firmware_version": "2.7"}, content=FIRMWARE)
    assert answer.status_code == 201, answer.text
    file_id: str = answer.json()["id"]
    signature = base64.b64encode(key.sign(FIRMWARE, ec.ECDSA(hashes.SHA256()))).decode()
    signed = {"signature": signature, "signing_certificate": pem}
    await csms.patch(f"files/{file_id}", signed)
    return file_id, signed


async def lived(station: Station, look: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:
    """Let the station live second by second until what is seen is wanted; the server's own jobs take real ones."""
    async with asyncio.timeout(PATIENCE):
        while not wanted(seen := await look()):
            await station.wait(1)
            await asyncio.sleep(0.02)
    return seen


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_firmware_and_logs(csms: Csms, version: str) -> None:
    await csms.add_station("CS1")
    file_id, _ = await signed_file(csms)
    async with Station("CS1", url=csms.url, version=version, password=PASSWORD, speed=None) as station:
        assert await station.boot() == "Accepted"
        asked = await csms.command("CS1", {"type": "update_firmware", "file_id": file_id})

        async def command() -> Any:
            return await csms.get(f"commands/{asked['id']}")

        done = await lived(station, command, lambda one: one["state"] not in ("queued", "sent", "accepted"))
        assert done["state"] == "confirmed", done
        (way,) = (await csms.get("stations/CS1/procedures", kind="firmware"))["data"]
        assert (way["state"], way["status"]) == ("done", "Installed")
        assert (await csms.get("stations/CS1"))["firmware_version"] == "2.7"
        action = "SignedFirmwareStatusNotification" if version == "1.6" else "FirmwareStatusNotification"
        told = [one.payload for one in station.sent if one.kind == 2 and one.action == action]
        steps = "Downloading Downloaded SignatureVerified Installing InstallRebooting Installed"
        assert [one["status"] for one in told] == steps.split()
        assert len({one["requestId"] for one in told}) == 1

        asked = await csms.command("CS1", {"type": "get_log"})
        done = await lived(station, command, lambda one: one["state"] not in ("queued", "sent", "accepted"))
        assert done["state"] == "confirmed", done
        (log,) = (await csms.get("files", kind="upload"))["data"]
        content = (await csms.api.get(f"files/{log['id']}/content")).text
        assert content.startswith("DiagnosticsLog of CS1, firmware 2.7")
        assert "firmware: SignatureVerified" in content
        assert not await csms.all("findings", station_id="CS1")


async def test_firmware_goes_by_way_of_a_local_controller(csms: Csms) -> None:
    """L03, L04: it fetches the file once, says where it lies, a station behind it takes it from there, and it is gone
    when it is unpublished. What cannot be published is said so."""
    await csms.add_station("LC")
    await csms.add_station("CS1")
    file_id, signed = await signed_file(csms)
    async with (
        Station("LC", url=csms.url, version="2.0.1", password=PASSWORD, speed=None) as controller,
        Station("CS1", url=csms.url, version="2.0.1", password=PASSWORD, speed=None) as station,
    ):
        await controller.boot()
        await station.boot()

        async def ordered(whom: Station, **body: Any) -> str:
            asked = await csms.command(whom.identity, body)

            async def command() -> Any:
                return await csms.get(f"commands/{asked['id']}")

            final = ("confirmed", "rejected", "error", "timed_out", "unconfirmed")
            if body["type"] == "unpublish_firmware":
                final += ("accepted",)
            return str((await lived(whom, command, lambda one: one["state"] in final))["state"])

        async def way() -> Any:
            return (await csms.get("stations/LC/procedures", kind="publish_firmware"))["data"][0]

        controller.faults.firmware = "unpublished"
        await ordered(controller, type="publish_firmware", file_id=file_id)
        assert ((await way())["state"], (await way())["status"]) == ("failed", "PublishFailed")
        controller.faults.clear()
        assert await ordered(controller, type="publish_firmware", file_id=file_id) == "confirmed"
        done = await way()
        assert (done["state"], done["status"]) == ("done", "Published")
        (place,) = done["told"]["locations"]
        update = {"type": "update_firmware", "location": place, **signed}
        assert await ordered(station, **update) == "confirmed"
        assert (await csms.get("stations/CS1"))["firmware_version"] == "2.7"
        checksum = place.rpartition("/")[2]
        assert await ordered(controller, type="unpublish_firmware", checksum=checksum) == "accepted"
        assert await ordered(controller, type="unpublish_firmware", checksum=checksum) == "rejected"


async def test_a_bad_end(csms: Csms) -> None:
    """A station that finds no signature good."""
    await csms.add_station("CS1")
    file_id, _ = await signed_file(csms)
    async with Station("CS1", url=csms.url, version="2.0.1", password=PASSWORD, speed=None) as station:
        await station.boot()
        station.faults.firmware = "unverified"
        asked = await csms.command("CS1", {"type": "update_firmware", "file_id": file_id})

        async def command() -> Any:
            return await csms.get(f"commands/{asked['id']}")

        await lived(station, command, lambda one: one["state"] not in ("queued", "sent", "accepted"))
        (way,) = (await csms.get("stations/CS1/procedures", kind="firmware"))["data"]
        assert (way["state"], way["status"]) == ("failed", "InvalidSignature")
        assert (await csms.get("stations/CS1"))["firmware_version"] == "1.0"
        events = [one.payload["type"] for one in station.sent if one.kind == 2 and one.action.startswith("Security")]
        assert "InvalidFirmwareSignature" in events
