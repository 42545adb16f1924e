"""Logs: what is in them, where they go, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.transfers import Carried


def ask(station: Any, number: int, url: str = "http://files/up", kind: str = "SecurityLog", **more: Any) -> Any:
    return station.call("GetLog", {"requestId": number, "logType": kind, "log": {"remoteLocation": url}, **more})


def told(station: Any) -> list[tuple[str, int]]:
    return [(one["status"], one["requestId"]) for one in station.csms.of("LogStatusNotification")]


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def test_a_log_is_brought_by_a_second_try(station: Any) -> None:
    assert ask(station, 5, retries=1, retryInterval=3)["filename"] == "CS001-SecurityLog-5.log"
    station.run(1)
    first = station.controller.transfers.popleft()
    assert (first.method, first.url) == ("PUT", "http://files/up")
    assert b"StartupOfTheDevice" in first.content
    first.then(Carried(500))
    station.run(4)
    station.controller.transfers.popleft().then(Carried(201))
    station.run(1)
    assert told(station) == [("Uploading", 5), ("Uploading", 5), ("Uploaded", 5)]


def test_no_password_is_in_a_log(station: Any) -> None:
    secret = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    station.call("SetVariables", {"setVariableData": [{**secret, "attributeValue": "0123456789abcdef"}]})
    ask(station, 5, kind="DiagnosticsLog")
    station.run(1)
    content = station.controller.transfers.popleft().content
    assert b"received SetVariables" in content
    assert b"0123456789abcdef" not in content


def test_bad_ends(station: Any) -> None:
    ask(station, 1)
    station.run(1)
    assert ask(station, 2)["status"] == "AcceptedCanceled"
    station.run(1)
    station.controller.transfers.popleft().then(Carried(201))  # of the first, too late
    station.controller.transfers.popleft().then(Carried(403))
    station.run(1)
    ask(station, 3, "sftp://files/up")
    station.run(1)
    ends = [one for one in told(station) if one[0] != "Uploading"]
    assert ends == [("AcceptedCanceled", 1), ("PermissionDenied", 2), ("NotSupportedOperation", 3)]


def test_diagnostics_of_1_6(bench: Any) -> None:
    station = bench("1.6").up()
    assert station.call("GetDiagnostics", {"location": "http://files/up"}) == {"fileName": "CS001-diagnostics.log"}
    station.run(1)
    station.controller.transfers.popleft().then(Carried(0, why="gone"))
    station.run(1)
    assert [one["status"] for one in station.csms.of("DiagnosticsStatusNotification")] == ["Uploading", "UploadFailed"]
