"""Logs: the upload's statuses, in all versions."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.blocks.logs import GetDiagnostics, GetLog
from ohmstead.store.links import Links
from ohmstead.store.tables import alerts, procedures
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
_c = procedures.c
LINKS = Links("http://files", b"k" * 32)


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_an_upload(stage: Stage, version: str) -> None:
    for status in ("Uploading", "Uploading", "Uploaded"):
        assert await stage.say("LogStatusNotification", {"status": status, "requestId": 5}, version) == {}
    rows = await stage.rows(select(_c.kind, _c.request_id, _c.state))
    assert [tuple(row) for row in rows] == [("log", 5, "done")]
    assert stage.fed == ["log.running", "log.done"]


@SQLITE
async def test_one_that_fails_is_an_alert(stage: Stage) -> None:
    await stage.say("LogStatusNotification", {"status": "PermissionDenied", "requestId": 5})
    assert [tuple(row) for row in await stage.rows(select(alerts.c.code, alerts.c.severity))] == [("log_failed", 6)]


@SQLITE
async def test_diagnostics_of_16(stage: Stage) -> None:
    for status in ("Idle", "Uploading", "UploadFailed"):
        assert await stage.say("DiagnosticsStatusNotification", {"status": status}, "1.6") == {}
    assert [tuple(row) for row in await stage.rows(select(_c.state, _c.reason))] == [("failed", "UploadFailed")]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_a_log_to_us(version: str) -> None:
    talk = converse(GetLog(), version, {"status": "Accepted", "filename": "a.zip"}, links=LINKS)
    ((action, payload),) = talk.requests
    assert (action, payload["logType"], payload["requestId"]) == ("GetLog", "DiagnosticsLog", 77)
    assert payload["log"]["remoteLocation"] == LINKS.upload("prc_1")  # N01.FR.27, .28
    assert talk.outcome is not None
    assert talk.outcome.expects == ("log", "cmd_1")


def test_diagnostics_to_a_place_of_yours() -> None:
    said = GetDiagnostics(location="ftp://h/d")
    assert converse(said, "1.6", {"fileName": "d.zip"}).requests == [("GetDiagnostics", {"location": "ftp://h/d"})]
    refused = converse(said, "1.6", {}).outcome
    assert refused is not None
    assert not refused.accepted


@SQLITE
async def test_a_log_that_was_asked_for(stage: Stage) -> None:
    asked = {"logType": "SecurityLog", "requestId": 5, "log": {"remoteLocation": "http://h/x"}}
    await stage.learn("GetLog", asked, {"status": "Accepted", "filename": "a.zip"})
    await stage.say("LogStatusNotification", {"status": "Uploaded", "requestId": 5})
    assert stage.happened[0] == ("log", "cmd_1")
    assert [tuple(row) for row in await stage.rows(select(_c.state, _c.told))] == [("done", '{"filename":"a.zip"}')]
