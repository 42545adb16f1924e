"""Security events by type: which the specification calls critical (appendix 2), and how much they matter.

Severities are those of monitors, from 0 (danger) to 9 (debug): see domain/alerts.py.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A type of security event. `critical` is the specification's word, `severity` ours, `text` what it means."""

    critical: bool
    severity: int
    text: str


UNKNOWN = Kind(False, 6, "A security event of the vendor's own.")
"""Any type that the specification does not name is taken as well (A04)."""

KINDS: dict[str, Kind] = {
    "FirmwareUpdated": Kind(True, 8, "The firmware was updated."),
    "FailedToAuthenticateAtCsms": Kind(False, 6, "We refused the station's credentials."),
    "CsmsFailedToAuthenticate": Kind(False, 6, "The station refused our credentials."),
    "SettingSystemTime": Kind(True, 7, "The clock was set by more than the station's threshold."),
    "StartupOfTheDevice": Kind(True, 8, "The station has booted."),
    "ResetOrReboot": Kind(True, 8, "The station was rebooted or reset."),
    "SecurityLogWasCleared": Kind(True, 3, "The security log was cleared."),
    "ReconfigurationOfSecurityParameters": Kind(False, 7, "Keys, credentials or the security profile were changed."),
    "MemoryExhaustion": Kind(True, 4, "Memory is getting full."),
    "InvalidMessages": Kind(False, 6, "The station received messages that are not valid."),
    "AttemptedReplayAttacks": Kind(False, 5, "The station received a message that was replayed."),
    "TamperDetectionActivated": Kind(True, 3, "The sensor against tampering was triggered."),
    "InvalidFirmwareSignature": Kind(True, 3, "The signature of a firmware is not valid."),
    "InvalidFirmwareSigningCertificate": Kind(True, 3, "The certificate that signed a firmware is not valid."),
    "InvalidCsmsCertificate": Kind(True, 3, "The station could not verify our certificate."),
    "InvalidChargingStationCertificate": Kind(True, 4, "The certificate we sent to the station is not valid."),
    "DiscardedRenewedClientCertificate": Kind(True, 4, "The station gave up its new certificate: it did not connect."),
    "InvalidTLSVersion": Kind(True, 3, "TLS older than 1.2 was offered to the station."),
    "InvalidTLSCipherSuite": Kind(True, 3, "Only forbidden cipher suites were offered to the station."),
    "MaintenanceLoginAccepted": Kind(True, 6, "Somebody logged in to the local maintenance interface."),
    "MaintenanceLoginFailed": Kind(True, 5, "A login to the local maintenance interface failed."),
}
"""The 21 types of the specification (20 in 2.0.1)."""

_BY_NAME = {name.lower(): kind for name, kind in KINDS.items()}


def kind_of(type: str) -> Kind:
    """The kind of a type, however it is capitalised."""
    return _BY_NAME.get(type.lower(), UNKNOWN)
