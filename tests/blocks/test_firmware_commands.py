"""Firmware asked of stations: signed as the standard wants it, and followed under the command that asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.firmware_commands import Image, PublishFirmware, UnpublishFirmware, UpdateFirmware
from ohmstead.store.db import Db
from ohmstead.store.links import Links
from ohmstead.store.resources import files
from ohmstead.store.tables import procedures
from tests.blocks.staging import SQLITE, Stage, converse
from tests.store.test_files import ONE

AT = "2026-01-01T00:00:00Z"
MOMENT = runtime.to_datetime(1_764_000_000_000_000)
FIRMWARE = {"location": "http://h/fw", "retrieveDateTime": AT, "signature": "c2ln", "signingCertificate": "PEM"}


def _update(image: Image, version: str, *answers: Any) -> Any:
    return converse(UpdateFirmware(location="http://h/fw", retrieve_at=MOMENT), version, *answers, found=image)


@pytest.mark.parametrize(
    ("version", "action"),
    [("1.6", "SignedUpdateFirmware"), ("2.0.1", "UpdateFirmware"), ("2.1", "UpdateFirmware")],
)
def test_signed_firmware_carries_signature_and_certificate(version: str, action: str) -> None:  # L01.FR.11
    image = Image("http://h/fw", "2", None, "c2ln", "PEM")
    talk = _update(image, version, {"status": "Accepted"})
    ((said, payload),) = talk.requests
    assert (said, payload["requestId"]) == (action, 77)
    assert (payload["firmware"]["signature"], payload["firmware"]["signingCertificate"]) == ("c2ln", "PEM")
    assert talk.outcome.expects == ("firmware", "cmd_1")
    assert not _update(image, version, {"status": "InvalidCertificate"}).outcome.accepted


def test_plain_firmware_of_16() -> None:
    ((said, payload),) = _update(Image("http://h/fw"), "1.6", {}).requests
    assert (said, payload["location"]) == ("UpdateFirmware", "http://h/fw")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_station_whose_clock_is_late_fetches_at_once(version: str, clock: runtime.FakeClock) -> None:
    """Its own clock is meant: one that begins in 1970 would wait for 55 years."""
    begun = runtime.now()
    for skew, wanted in ((-3_600_000_000, begun - 3_600_000_000), (3_600_000_000, begun), (None, begun)):
        command = UpdateFirmware(location="http://h/fw", signed=False)
        ((_, said),) = converse(
            command, version, {} if version == "1.6" else {"status": "Accepted"}, found=Image("http://h/fw"),
            clock_skew_us=skew,
        ).requests  # fmt: skip
        told = said["retrieveDate"] if version == "1.6" else said["firmware"]["retrieveDateTime"]
        assert runtime.from_datetime(datetime.fromisoformat(told)) == wanted


def test_one_source_and_one_only() -> None:
    for fields in ({}, {"file_id": "7", "location": "http://h/fw"}):
        with pytest.raises(ValueError, match="file_id or location"):
            UpdateFirmware(**fields)
    with pytest.raises(ValueError, match="belong together"):
        UpdateFirmware(location="http://h/fw", signature="x")


CHECKSUM = "0" * 32


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_published(version: str) -> None:  # L03
    publish = PublishFirmware(location="http://h/fw", checksum=CHECKSUM, retries=2)
    talk = converse(publish, version, {"status": "Accepted"}, found=Image("http://h/fw"))
    said = {"location": "http://h/fw", "checksum": CHECKSUM, "requestId": 77, "retries": 2}
    assert talk.requests == [("PublishFirmware", said)]
    assert talk.outcome.expects == ("publish_firmware", "cmd_1")
    assert not converse(publish, version, {"status": "Rejected"}, found=Image("http://h/fw")).outcome.accepted


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_unpublished(version: str) -> None:  # L04
    talk = converse(UnpublishFirmware(checksum=CHECKSUM), version, {"status": "Unpublished"})
    assert talk.requests == [("UnpublishFirmware", {"checksum": CHECKSUM})]
    assert talk.outcome.accepted
    assert not converse(UnpublishFirmware(checksum=CHECKSUM), version, {"status": "NoFirmware"}).outcome.accepted


async def _with_file(db: Db) -> None:
    async with db.transaction() as tx:
        await files.add(tx, ONE)


@SQLITE
@pytest.mark.anyio
async def test_a_file_of_ours_is_sent_by_a_link_and_not_unsigned(stage: Stage) -> None:
    await _with_file(stage.db)
    ask = stage.ask()
    ask.links = Links("http://files", b"k" * 32)
    with pytest.raises(Unsupported, match="no signature"):
        await UpdateFirmware(file_id="7").prepare(ask, stage.db)
    await UpdateFirmware(file_id="7", signed=False).prepare(ask, stage.db)
    assert ask.found.location.startswith("http://files/files/download/7/")
    assert (ask.found.version, ask.found.md5, ask.found.signature) == ("1", "m", None)
    await PublishFirmware(file_id="7").prepare(ask, stage.db)
    with pytest.raises(Unsupported, match="no file"):
        await UpdateFirmware(file_id="8").prepare(ask, stage.db)


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize(("status", "state"), [("Accepted", "running"), ("RevokedCertificate", "failed")])
async def test_an_update_is_a_procedure_from_the_call_on(stage: Stage, status: str, state: str) -> None:
    await stage.learn("UpdateFirmware", {"requestId": 3, "firmware": FIRMWARE}, {"status": status})
    c = procedures.c
    rows = await stage.rows(select(c.kind, c.request_id, c.state, c.command_id))
    assert [tuple(row) for row in rows] == [("firmware", 3, state, "cmd_1")]


@SQLITE
@pytest.mark.anyio
async def test_its_statuses_confirm_the_command_or_end_its_hope(stage: Stage) -> None:
    await stage.learn("UpdateFirmware", {"requestId": 3, "firmware": FIRMWARE}, {"status": "Accepted"})
    await stage.say("FirmwareStatusNotification", {"status": "Installed", "requestId": 3})
    assert ("firmware", "cmd_1") in stage.happened
    assert await stage.findings() == []
