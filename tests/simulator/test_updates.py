"""Updates that go well, and the ways in which they do not."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.transfers import Carried

PAST = "2025-11-01T00:00:00Z"
FIRMWARE = {"location": "http://files/fw", "retrieveDateTime": PAST}


def ask(station: Any, number: int = 7, retries: int = 0, **more: Any) -> Any:
    words = {"requestId": number, "retries": retries, "retryInterval": 5, "firmware": {**FIRMWARE, **more}}
    return station.call("UpdateFirmware", words)["status"]


def arrive(station: Any, status: int = 200, body: bytes = b"version: 3.1") -> None:
    station.run(1)
    one = station.controller.transfers.popleft()
    assert (one.method, one.url) == ("GET", "http://files/fw")
    one.then(Carried(status, body))
    station.run(1)


def told(station: Any) -> list[str]:
    return [one["status"] for one in station.csms.of("FirmwareStatusNotification")]


def version(station: Any) -> str:
    found: str = station.csms.of("BootNotification")[-1]["chargingStation"]["firmwareVersion"]
    return found


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def test_retries_and_then_another_version(station: Any) -> None:
    assert ask(station, retries=1) == "Accepted"
    arrive(station, 500)
    station.run(6)
    arrive(station)
    station.run(40)
    assert told(station) == [*["Downloading"] * 2, "Downloaded", "Installing", "InstallRebooting", "Installed"]
    assert (version(station), station.csms.of("BootNotification")[-1]["reason"]) == ("3.1", "FirmwareUpdate")


def test_what_cannot_be_fetched_fails(station: Any) -> None:
    ask(station)
    arrive(station, 404)
    assert told(station) == ["Downloading", "DownloadFailed"]
    assert ask(station, 8, signingCertificate="nonsense", signature="x") == "InvalidCertificate"


def test_a_new_request_cancels_the_former(station: Any) -> None:
    ask(station)
    station.run(1)
    late = station.controller.transfers.popleft()
    assert ask(station, 8) == "AcceptedCanceled"
    late.then(Carried(200, b"version: 9"))
    arrive(station)
    assert [one["requestId"] for one in station.csms.of("FirmwareStatusNotification")] == [7, 8, 8, 8]
    assert ask(station, 9) == "Rejected"  # it installs already


@pytest.mark.parametrize(
    ("fault", "last", "boots", "after"),
    [
        ("unchanged", "Installed", 2, "1.0"),
        ("reboot-loop", "InstallRebooting", 4, "3.1"),
        ("stuck", "Downloading", 1, "1.0"),
    ],
)
def test_faults(station: Any, fault: str, last: str, boots: int, after: str) -> None:
    station.controller.faults.firmware = fault
    ask(station)
    station.run(1)
    if fault != "stuck":
        arrive(station)
    station.run(60)
    assert (told(station)[-1], version(station)) == (last, after)
    assert len(station.csms.of("BootNotification")) >= boots


def test_1_6_plain(bench: Any) -> None:
    station = bench("1.6").up()
    assert station.call("UpdateFirmware", {"location": "http://files/fw", "retrieveDate": PAST}) == {}
    arrive(station)
    station.run(40)
    assert told(station) == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert station.csms.of("BootNotification")[-1]["firmwareVersion"] == "3.1"
