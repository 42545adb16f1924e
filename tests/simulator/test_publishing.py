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
    assert told(station) == [*["Downloading"] * 2, "Downloaded", "ChecksumVerified", "Published"]
    assert MD5 in station.csms.of("PublishFirmwareStatusNotification")[-1]["location"][0]
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
