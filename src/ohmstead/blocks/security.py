"""A: security events."""

from __future__ import annotations

from typing import Any

from ohmstead.blocks import Call, on
from ohmstead.blocks.command import given
from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.runtime import from_datetime
from ohmstead.store.security_events import write_security_event

CRITICAL = frozenset(
    {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "TamperDetectionActivated",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidCsmsCertificate",
        "InvalidChargingStationCertificate",
        "InvalidTLSVersion",
        "InvalidTLSCipherSuite",
        "MaintenanceLoginAccepted",
        "MaintenanceLoginFailed",
    }
)
"""The types that the specification's appendix marks critical; any other type is taken as well (A04)."""


@on("SecurityEventNotification", V16, V201, V21)
async def security_event(call: Call, req: Any) -> Any:
    """Always confirmed (A04.FR.03); a station's queue delivers old ones late and some twice."""
    at, critical = from_datetime(req.timestamp), req.type in CRITICAL
    number = await call.numbers.rows.take()
    write_security_event(call.write, number, req.type, critical, at, call.now, given(req.tech_info))
    data = {
        "station_id": call.station.identity,
        "type": req.type,
        "critical": critical,
        "tech_info": given(req.tech_info),
    }
    call.emit("security.event", data)
    return call.v.SecurityEventNotificationResponse()
