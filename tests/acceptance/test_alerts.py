"""3. Security, S29: security events are stored and become alerts, one for a station and a type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, serving

pytestmark = pytest.mark.anyio
TYPES = """
    FirmwareUpdated FailedToAuthenticateAtCsms CsmsFailedToAuthenticate SettingSystemTime StartupOfTheDevice
    ResetOrReboot SecurityLogWasCleared ReconfigurationOfSecurityParameters MemoryExhaustion InvalidMessages
    AttemptedReplayAttacks TamperDetectionActivated InvalidFirmwareSignature InvalidFirmwareSigningCertificate
    InvalidCsmsCertificate InvalidChargingStationCertificate DiscardedRenewedClientCertificate InvalidTLSVersion
    InvalidTLSCipherSuite MaintenanceLoginAccepted MaintenanceLoginFailed
""".split()


def security_event(kind: str, timestamp: str = "2025-03-01T10:00:00Z") -> dict[str, Any]:
    return {"type": kind, "timestamp": timestamp}


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_s29_each_type_is_an_alert_by_its_severity(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        for kind in (*TYPES, "CatOnTheRoof"):
            assert await station.call("SecurityEventNotification", security_event(kind)) == {}
    found = {one["code"]: one for one in await csms.all("alerts", station_id=known, state="firing")}
    assert found.keys() == {*TYPES, "CatOnTheRoof"}
    assert found["TamperDetectionActivated"]["severity_name"] == "critical"
    critical = await csms.all("alerts", station_id=known, severity=3)
    assert len(critical) == 7
    assert {one["severity"] for one in critical} == {3}


async def test_s29_an_old_one_and_a_repeat_are_counted(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        for timestamp in ("2025-03-01T10:00:00Z", "2001-01-01T00:00:00Z", "2025-03-01T10:00:00Z"):
            await station.call("SecurityEventNotification", security_event("MemoryExhaustion", timestamp))
    (alert,) = await csms.all("alerts", station_id=known)
    assert (alert["count"], alert["first_at"], alert["last_at"]) == (3, "2001-01-01T00:00:00Z", "2025-03-01T10:00:00Z")


async def test_acknowledged_while_the_station_is_there_and_raised_again(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        await station.call("SecurityEventNotification", security_event("MaintenanceLoginFailed"))
        (alert,) = await csms.all("alerts", station_id=known)
        over = await csms.post(f"alerts/{alert['id']}/acknowledge", None)
        assert (over["state"], over["resolved_by"]) == ("resolved", "operator")
        await station.call("SecurityEventNotification", security_event("MaintenanceLoginFailed"))
    newer, older = await csms.all("alerts", station_id=known)
    assert (newer["state"], newer["count"], older["id"], older["state"]) == ("firing", 1, alert["id"], "resolved")
    told = [event for event in await csms.feed("alert") if event["subject"] == known]
    assert [event["type"] for event in told] == [
        "ohmstead.alert.firing",
        "ohmstead.alert.resolved",
        "ohmstead.alert.firing",
    ]
    assert told[1]["data"] == over


async def test_alerts_outlive_the_process(tmp_path: Path) -> None:
    for count in (1, 2):
        async with serving(tmp_path) as csms:
            if count == 1:
                await csms.add_station()
            async with csms.station() as station:
                await station.call("SecurityEventNotification", security_event("TamperDetectionActivated"))
            (alert,) = await csms.all("alerts")
            assert alert["count"] == count
