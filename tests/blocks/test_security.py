"""Security events are always confirmed, stored and told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.store.tables import security_events
from tests.blocks.staging import SQLITE, Stage


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize(
    ("kind", "critical", "severity"),
    [
        ("TamperDetectionActivated", True, 3),
        ("DiscardedRenewedClientCertificate", True, 4),
        ("FirmwareUpdated", True, 8),
        ("SomethingOfTheirs", False, 6),
    ],
)
async def test_a_security_event(
    stage: Stage, version: str, kind: str, critical: bool, severity: int
) -> None:  # A04.FR.03
    said: dict[str, Any] = {"type": kind, "timestamp": "2001-01-01T00:00:00Z", "techInfo": "why"}
    assert await stage.say("SecurityEventNotification", said, version) == {}
    (event, data), (alert, shown) = stage.told
    assert (event, alert) == ("security.event", "alert.firing")
    assert data == {"station_id": "CS1", "type": kind, "critical": critical, "tech_info": "why"}
    assert (shown["code"], shown["severity"], shown["needs_acknowledgement"]) == (kind, severity, True)
    columns = (security_events.c.type, security_events.c.critical, security_events.c.at)
    assert [tuple(row) for row in await stage.rows(select(*columns))] == [(kind, int(critical), 978_307_200_000_000)]


@SQLITE
@pytest.mark.anyio
async def test_one_that_comes_twice_is_told_twice_and_is_one_alert(stage: Stage) -> None:
    """Nothing in it tells a repeat from a second one."""
    said = {"type": "MemoryExhaustion", "timestamp": "2025-11-24T16:00:00Z"}
    for _ in range(2):
        await stage.say("SecurityEventNotification", said)
    assert stage.fed == ["security.event", "alert.firing", "security.event"]
