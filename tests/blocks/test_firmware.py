"""Firmware: each status is a step of a procedure, told, and an alert where it failed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.settings import Settings, Stations
from ohmstead.store.tables import alerts, commands, procedures
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio
ALL = pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])


async def _procedures(stage: Stage) -> list[tuple[Any, ...]]:
    c = procedures.c
    return [tuple(row) for row in await stage.rows(select(c.kind, c.request_id, c.state, c.status).order_by(c.id))]


def _status(status: str, version: str, number: int | None = 7) -> dict[str, Any]:
    return {"status": status} if version == "1.6" or number is None else {"status": status, "requestId": number}


@ALL
async def test_an_update_from_beginning_to_end(stage: Stage, version: str) -> None:
    for status in ("Downloading", "Downloaded", "Installing", "Installed"):
        assert await stage.say("FirmwareStatusNotification", _status(status, version), version) == {}
    number = None if version == "1.6" else 7
    assert await _procedures(stage) == [("firmware", number, "done", "Installed")]
    assert stage.fed == ["firmware.running"] * 3 + ["firmware.done"]
    (_, told), *_ = stage.told
    assert [step["status"] for step in told["steps"]] == ["Downloading", "Downloaded", "Installing", "Installed"]


@SQLITE
@ALL
async def test_one_that_does_not_start_anew_is_asked_which_firmware_it_has(stage: Stage, version: str) -> None:
    """Only a boot says it."""
    stage.settings = Settings(stations=Stations(unasked_calls=("boot",)))
    await stage.say("FirmwareStatusNotification", _status("Installing", version), version)
    await stage.say("FirmwareStatusNotification", _status("Installed", version), version)
    asked = [row[0] for row in await stage.rows(select(commands.c.body))]
    assert asked == ['{"type":"trigger","message":"BootNotification"}']
    boot = {"chargePointModel": "M", "chargePointVendor": "V"}
    if version != "1.6":
        boot = {"reason": "FirmwareUpdate", "chargingStation": {"model": "M", "vendorName": "V"}}  # type: ignore[dict-item]
    await stage.say("FirmwareStatusNotification", _status("Installing", version, 8), version)
    await stage.say("BootNotification", boot, version)
    await stage.say("FirmwareStatusNotification", _status("Installed", version, 8), version)
    assert len(await stage.rows(select(commands.c.body))) == 1, "it said so by itself"


@SQLITE
@ALL
async def test_one_that_fails_is_an_alert_until_the_next_succeeds(stage: Stage, version: str) -> None:
    await stage.say("FirmwareStatusNotification", _status("DownloadFailed", version), version)
    assert stage.fed == ["firmware.failed", "alert.firing"]
    await stage.say("FirmwareStatusNotification", _status("Installed", version, 8), version)
    assert stage.fed[2:] == ["firmware.done", "alert.resolved"]
    assert [tuple(row) for row in await stage.rows(select(alerts.c.code, alerts.c.state))] == [
        ("firmware_failed", "resolved")
    ]


@SQLITE
async def test_a_signed_update_of_16(stage: Stage) -> None:
    for status in ("Downloading", "InvalidSignature"):
        said = {"status": status, "requestId": 9}
        assert await stage.say("SignedFirmwareStatusNotification", said, "1.6") == {}
    assert await _procedures(stage) == [("firmware", 9, "failed", "InvalidSignature")]


@SQLITE
async def test_idle_is_about_nothing(stage: Stage) -> None:
    assert await stage.say("FirmwareStatusNotification", {"status": "Idle"}) == {}
    assert await _procedures(stage) == []
    assert await stage.findings() == []


@SQLITE
async def test_a_missing_number_and_a_wrong_order_are_found_and_followed(stage: Stage) -> None:
    await stage.say("FirmwareStatusNotification", {"status": "Installing", "requestId": 3})
    await stage.say("FirmwareStatusNotification", {"status": "Downloading"})
    assert await _procedures(stage) == [("firmware", 3, "running", "Downloading")]
    assert {one["code"] for one in await stage.findings()} == {
        "procedure_not_asked", "request_id_missing", "status_order",
    }  # fmt: skip


@SQLITE
async def test_a_station_that_only_boots_is_an_alert(stage: Stage) -> None:
    boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V", "firmwareVersion": "1"}}
    await stage.say("FirmwareStatusNotification", {"status": "InstallRebooting", "requestId": 3})
    for times in range(1, 5):
        await stage.say("BootNotification", boot)
        assert ("alert.firing" in stage.fed) == (times == 4)
    assert [row[0] for row in await stage.rows(select(alerts.c.code))] == ["reboot_loop"]


@SQLITE
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_published_firmware_says_where(stage: Stage, version: str) -> None:
    for status in ("Downloading", "Downloaded", "ChecksumVerified"):
        await stage.say("PublishFirmwareStatusNotification", {"status": status, "requestId": 4}, version)
    said = {"status": "Published", "requestId": 4, "location": ["http://10.0.0.1/fw"]}
    assert await stage.say("PublishFirmwareStatusNotification", said, version) == {}
    (kind, told), *_ = stage.told
    assert (kind, told["told"], told["state"]) == (
        "publish_firmware.done", {"locations": ["http://10.0.0.1/fw"]}, "done",
    )  # fmt: skip
