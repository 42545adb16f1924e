"""Boot and reset."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.provisioning import Reset
from ohmstead.domain.desired import Record
from ohmstead.store import desired
from ohmstead.store.tables import stations
from tests.blocks.staging import SQLITE, Stage, converse

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V", "serialNumber": "7"}}
BOOT_16 = {"chargePointModel": "M", "chargePointVendor": "V", "chargeBoxSerialNumber": "7"}


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize(("version", "payload"), [("1.6", BOOT_16), ("2.0.1", BOOT), ("2.1", BOOT)])
async def test_boot(stage: Stage, version: str, payload: Any) -> None:
    answer = await stage.say("BootNotification", payload, version)
    assert answer == {"currentTime": "2025-11-24T16:00:00.000Z", "interval": 300, "status": "Accepted"}
    assert stage.happened == [("boot",), ("message", "BootNotification")]
    (kind, data) = stage.told[0]
    assert kind == "station.booted"
    assert (data["vendor"], data["model"], data["serial_number"]) == ("V", "M", "7")
    assert stage.state.station.booted_at is not None
    columns = (stations.c.vendor, stations.c.model, stations.c.boot_serial_number, stations.c.ocpp_version)
    assert [tuple(row) for row in await stage.rows(select(*columns))] == [("V", "M", "7", version)]


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_boot_of_a_station_that_is_not_accepted(stage: Stage, registration: str) -> None:
    await stage.enter(2, registration=registration)
    answer = await stage.say("BootNotification", BOOT)
    assert (answer["status"], answer["interval"]) == (registration.capitalize(), 10)


@SQLITE
@pytest.mark.anyio
async def test_a_boot_does_not_undo_the_heartbeat_that_is_declared(stage: Stage) -> None:
    """A station sets itself to the interval of the answer."""
    place = await desired.one(stage.db, stage.state.station.id)
    async with stage.db.transaction() as tx:
        await desired.put(tx, place, desired.Look("in_step", None, Record(heartbeat=1800), "", None), stage.now)
    assert (await stage.say("BootNotification", BOOT))["interval"] == 1800


RESETS = [
    ("1.6", {"when": "immediately"}, {"type": "Hard"}),
    ("1.6", {"when": "idle"}, {"type": "Soft"}),
    ("2.0.1", {"when": "immediately"}, {"type": "Immediate"}),
    ("2.0.1", {"when": "idle", "evse_id": 2}, {"type": "OnIdle", "evseId": 2}),
    ("2.1", {"when": "immediately_and_resume"}, {"type": "ImmediateAndResume"}),
]


@pytest.mark.parametrize(("version", "fields", "payload"), RESETS)
def test_reset(version: str, fields: Any, payload: Any) -> None:
    said = converse(Reset(**fields), version, {"status": "Accepted"})
    assert said.requests == [("Reset", payload)]
    assert said.outcome.expects == (("status", "2") if "evse_id" in fields else ("boot",))
    assert said.outcome.window == 600
    assert converse(Reset(**fields), version, {"status": "Rejected"}).outcome.expects is None


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        ("1.6", {"evse_id": 1}),
        ("1.6", {"when": "immediately_and_resume"}),
        ("2.0.1", {"when": "immediately_and_resume"}),
    ],
)
def test_what_a_version_cannot_reset(version: str, fields: Any) -> None:
    with pytest.raises(Unsupported):
        converse(Reset(**fields), version)
