"""Logs: the upload's statuses, in all versions."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.store.tables import alerts, procedures
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio
_c = procedures.c


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
