"""Who sends which action. The schemas do not say it; the specification's message index does."""

from __future__ import annotations

from typing import Literal

Direction = Literal["station", "csms", "both"]

FROM_STATION = frozenset(
    """
    Authorize BatterySwap BootNotification ClearedChargingLimit ClosePeriodicEventStream
    DiagnosticsStatusNotification FirmwareStatusNotification Get15118EVCertificate GetCertificateChainStatus
    GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
    NotifyDERAlarm NotifyDERStartStop NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
    NotifyMonitoringReport NotifyPeriodicEventStream NotifyPriorityCharging NotifyReport NotifySettlement
    OpenPeriodicEventStream PublishFirmwareStatusNotification PullDynamicScheduleUpdate ReportChargingProfiles
    ReportDERControl ReservationStatusUpdate SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
    StartTransaction StatusNotification StopTransaction TransactionEvent VatNumberValidation
    """.split()
)
"""Sent by the station; DataTransfer goes both ways, all others come from the CSMS."""


def direction(action: str) -> Direction:
    """Who sends `action`, in every version that has it."""
    if action == "DataTransfer":
        return "both"
    return "station" if action in FROM_STATION else "csms"
