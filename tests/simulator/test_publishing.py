"""A local controller that fetches firmware for others."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ohmstead.simulator.transfers import Carried

BODY = b"version: 3.1"
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def publish(station: Any, checksum: str = MD5, retries: int = 0) -> str:
    words = {
        "requestId": 7,
        "location": "http://files/fw",
        "checksum": checksum,
        "retries": retries,
        "retryInterval": 5,
    }
    return str(station.call("PublishFirmware", words)["status"])


PLACE = "http://127.0.0.1:1/firmware"


def shelve(station: Any, status: int = 200) -> None:
    """The file finds its place, or none."""
    one = station.controller.transfers.popleft()
    assert (one.method, one.url) == ("SHELVE", MD5)
    one.then(Carried(status, f"{PLACE}/{MD5}".encode(), "no room"))
    station.run(1)


def arrive(station: Any, status: int = 200) -> None:
    one = station.controller.transfers.popleft()
    assert (one.method, one.url) == ("GET", "http://files/fw")
    one.then(Carried(status, BODY))
    station.run(1)


def told(station: Any) -> list[str]:
    return [one["status"] for one in station.csms.of("PublishFirmwareStatusNotification")]


def test_published_and_taken_back(station: Any) -> None:
    assert publish(station, retries=1) == "Accepted"
    assert publish(station) == "Rejected"
    assert station.call("UnpublishFirmware", {"checksum": MD5}) == {"status": "DownloadOngoing"}
    arrive(station, 503)
    station.run(6)
    arrive(station)
    shelve(station)
    assert told(station) == [*["Downloading"] * 2, "Downloaded", "ChecksumVerified", "Published"]
    assert station.csms.of("PublishFirmwareStatusNotification")[-1]["location"] == [f"{PLACE}/{MD5}"]
    assert station.controller.publishing.published == {MD5: BODY}
    assert station.call("UnpublishFirmware", {"checksum": MD5}) == {"status": "Unpublished"}
    assert station.call("UnpublishFirmware", {"checksum": MD5}) == {"status": "NoFirmware"}


def test_what_does_not_come_or_is_another_file(station: Any) -> None:
    publish(station)
    arrive(station, 404)
    publish(station, checksum="0" * 32)
    arrive(station)
    assert told(station) == ["Downloading", "DownloadFailed", "Downloading", "Downloaded", "InvalidChecksum"]
    assert station.controller.publishing.published == {}


def test_what_cannot_be_published(station: Any) -> None:
    publish(station)
    arrive(station)
    shelve(station, 0)
    station.controller.faults.firmware = "unpublished"
    publish(station)
    arrive(station)
    assert told(station) == ["Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"] * 2
    assert station.call("UnpublishFirmware", {"checksum": MD5}) == {"status": "NoFirmware"}
