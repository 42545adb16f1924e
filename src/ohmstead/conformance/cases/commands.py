"""What an operator asks for: the call must come as it was asked, and whatever the station answers, the CSMS goes on.

Each row is one case. The operator's hand is the driver (`--api-driver`).
"""

from __future__ import annotations

import json
from typing import Any

from ohmstead.conformance.case import V2, case, wanted
from ohmstead.conformance.cases.boot import status_2
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.rows import (
    ACCEPTED,
    AT,
    CONNECTOR,
    EVSE,
    HEARTBEAT_INTERVAL,
    OFFLINE_THRESHOLD,
    REJECTED,
    TOKEN,
    Row,
    add_rows,
    as_it_was_asked,
)  # fmt: skip
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import V16, V21

PEM = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n"
HASHES = {"hashAlgorithm": "SHA384", "issuerNameHash": "aa" * 20, "issuerKeyHash": "bb" * 20, "serialNumber": "1f"}
FIRMWARE = {
    "location": "http://127.0.0.1/fw.bin",
    "retrieveDateTime": AT,
    "signingCertificate": PEM,
    "signature": "c2ln",
}
PUBLISHED = {"location": "http://127.0.0.1/fw.bin", "checksum": "0" * 32}
LOG = {"remoteLocation": "http://127.0.0.1/logs"}
MESSAGE = {"id": 1, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hello"}}


def _got(*variables: Words) -> Words:
    return {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "300", **one} for one in variables]}


def _set(*variables: Words) -> Words:
    return {"setVariableResult": [{"attributeStatus": "Accepted", **one} for one in variables]}


def _report(number: int) -> tuple[str, Words]:
    one = {**HEARTBEAT_INTERVAL, "variableAttribute": [{"value": "300"}]}
    return "NotifyReport", {"requestId": number, "generatedAt": AT, "seqNo": 0, "tbc": False, "reportData": [one]}


def profile(purpose: str, evse_id: int, **more: Any) -> Words:
    """A SetChargingProfileRequest of 2.x."""
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}
    kind = {"chargingProfileKind": "Absolute"}
    told = {"id": 7, "stackLevel": 0, "chargingProfilePurpose": purpose, **kind, "chargingSchedule": [schedule], **more}
    if told["chargingProfileKind"] == "Absolute":
        told["chargingSchedule"] = [schedule | {"startSchedule": AT}]
    return {"evseId": evse_id, "chargingProfile": told}


def _ask_profiles(**criterion: Any) -> Words:
    where = {"evseId": criterion.pop("evseId")} if "evseId" in criterion else {}
    return {"requestId": 9, **where, "chargingProfile": criterion}


PROFILES_REPORT = (
    "ReportChargingProfiles",
    {"requestId": 9, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [profile("TxDefaultProfile", 1)["chargingProfile"]]},
)  # fmt: skip
RECURRING = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}

MORE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkProfileConnectionAttempts"}}
FOUR = [
    HEARTBEAT_INTERVAL,
    OFFLINE_THRESHOLD,
    MORE,
    {**MORE, "variable": {"name": "MessageTimeout", "instance": "Default"}},
]
LATER = {"expiryDateTime": "2099-01-01T00:00:00Z"}
KINDS = {
    "TC_M_12_CSMS": ("CSMSRootCertificate",),
    "TC_M_14_CSMS": ("V2GRootCertificate",),
    "TC_M_15_CSMS": ("V2GCertificateChain",),
    "TC_M_16_CSMS": ("MORootCertificate",),
    "TC_M_17_CSMS": ("CSMSRootCertificate", "ManufacturerRootCertificate"),
}


def _installed(*kinds: str) -> Words:
    """The station has one of each kind; below a certificate of its own lies another."""
    below = {"childCertificateHashData": [HASHES | {"serialNumber": "20"}]}
    chains = [
        {"certificateType": one, "certificateHashData": HASHES, **(below if one == "V2GCertificateChain" else {})}
        for one in kinds
    ]
    return {"status": "Accepted", "certificateHashDataChain": chains}


def _steps(number: int, *statuses: str) -> tuple[tuple[str, Words], ...]:
    return tuple(("FirmwareStatusNotification", {"requestId": number, "status": one}) for one in statuses)


TWO: list[Row] = [
    Row("TC_B_06_CSMS", "Get one variable", "B06.FR.01", "GetVariables", {"getVariableData": [HEARTBEAT_INTERVAL]}, _got(HEARTBEAT_INTERVAL)),
    Row("TC_B_07_CSMS", "Get several variables", "B06.FR.01", "GetVariables", {"getVariableData": [HEARTBEAT_INTERVAL, OFFLINE_THRESHOLD]}, _got(HEARTBEAT_INTERVAL, OFFLINE_THRESHOLD)),
    Row("TC_B_08_CSMS", "Get as many variables as a message takes", "B06.FR.05", "GetVariables", {"getVariableData": FOUR}, _got(*FOUR)),
    Row("TC_B_09_CSMS", "Set one variable", "B05.FR.01", "SetVariables", {"setVariableData": [{"attributeValue": "300", **HEARTBEAT_INTERVAL}]}, _set(HEARTBEAT_INTERVAL)),
    Row("TC_B_10_CSMS", "Set several variables", "B05.FR.01", "SetVariables", {"setVariableData": [{"attributeValue": "300", **HEARTBEAT_INTERVAL}, {"attributeValue": "60", **OFFLINE_THRESHOLD}]}, _set(HEARTBEAT_INTERVAL, OFFLINE_THRESHOLD)),
    Row("TC_B_12_CSMS", "Base report: configuration", "B07.FR.07", "GetBaseReport", {"requestId": 1, "reportBase": "ConfigurationInventory"}, ACCEPTED, (_report(1),)),
    Row("TC_B_13_CSMS", "Base report: everything", "B07.FR.08", "GetBaseReport", {"requestId": 2, "reportBase": "FullInventory"}, ACCEPTED, (_report(2),)),
    Row("TC_B_14_CSMS", "Base report: summary", "B07.FR.09", "GetBaseReport", {"requestId": 3, "reportBase": "SummaryInventory"}, ACCEPTED, (_report(3),)),
    Row("TC_B_18_CSMS", "Report by criteria", "B08.FR.01 B08.FR.03", "GetReport", {"requestId": 4, "componentCriteria": ["Problem"], "componentVariable": [HEARTBEAT_INTERVAL]}, ACCEPTED, (_report(4),)),
    Row("TC_B_20_CSMS", "Reset without a transaction", "B11.FR.04", "Reset", {"type": "OnIdle"}, ACCEPTED),
    Row("TC_B_21_CSMS", "Reset when idle, with a transaction", "B12.FR.01", "Reset", {"type": "OnIdle"}, {"status": "Scheduled"}, charging=True),
    Row("TC_B_22_CSMS", "Reset at once, with a transaction", "B12.FR.03", "Reset", {"type": "Immediate"}, ACCEPTED, charging=True),
    Row("TC_B_25_CSMS", "Reset an EVSE", "B11.FR.04", "Reset", {"type": "OnIdle", "evseId": 1}, ACCEPTED),
    Row("TC_B_42_CSMS", "A network profile: accepted", "B09.FR.01", "SetNetworkProfile", {"configurationSlot": 2, "connectionData": {"messageTimeout": 30, "ocppCsmsUrl": "wss://127.0.0.1/ocpp", "ocppInterface": "Wired0", "ocppTransport": "JSON", "ocppVersion": "OCPP20", "securityProfile": 2}}, ACCEPTED),
    Row("TC_B_44_CSMS", "A network profile: failed", "B09.FR.03", "SetNetworkProfile", {"configurationSlot": 3, "connectionData": {"messageTimeout": 30, "ocppCsmsUrl": "wss://127.0.0.1/ocpp", "ocppInterface": "Wired0", "ocppTransport": "JSON", "ocppVersion": "OCPP20", "securityProfile": 2}}, {"status": "Failed"}),
    Row("TC_C_37_CSMS", "Clear the cache: accepted", "C11.FR.01", "ClearCache", {}, ACCEPTED),
    Row("TC_C_38_CSMS", "Clear the cache: rejected", "C11.FR.01", "ClearCache", {}, REJECTED),
    Row("TC_D_01_CSMS", "Local list: full", "D01.FR.01", "SendLocalList", {"versionNumber": 2, "updateType": "Full", "localAuthorizationList": [{**TOKEN, "idTokenInfo": ACCEPTED}]}, ACCEPTED),
    Row("TC_D_02_CSMS", "Local list: differential", "D01.FR.18", "SendLocalList", {"versionNumber": 3, "updateType": "Differential", "localAuthorizationList": [{**TOKEN, "idTokenInfo": ACCEPTED}]}, ACCEPTED),
    Row("TC_D_03_CSMS", "Local list: remove", "D01.FR.17", "SendLocalList", {"versionNumber": 4, "updateType": "Differential", "localAuthorizationList": [TOKEN]}, ACCEPTED),
    Row("TC_D_04_CSMS", "Local list: empty", "D01.FR.01", "SendLocalList", {"versionNumber": 5, "updateType": "Full"}, ACCEPTED),
    Row("TC_D_08_CSMS", "Version of the local list", "D02.FR.01", "GetLocalListVersion", {}, {"versionNumber": 5}),
    Row("TC_D_09_CSMS", "Version of the local list: there is none", "D02.FR.03", "GetLocalListVersion", {}, {"versionNumber": 0}),
    Row("TC_E_29_CSMS", "Status of a transaction that goes on, with messages queued", "E14.FR.02 E14.FR.04", "GetTransactionStatus", {"transactionId": "TRANSACTION"}, {"ongoingIndicator": True, "messagesInQueue": True}, charging=True),
    Row("TC_E_30_CSMS", "Status of a transaction that goes on", "E14.FR.02 E14.FR.05", "GetTransactionStatus", {"transactionId": "TRANSACTION"}, {"ongoingIndicator": True, "messagesInQueue": False}, charging=True),
    Row("TC_E_31_CSMS", "Status of a transaction that is over", "E14.FR.03 E14.FR.04", "GetTransactionStatus", {"transactionId": "over"}, {"ongoingIndicator": False, "messagesInQueue": True}),
    Row("TC_E_33_CSMS", "Messages queued", "E14.FR.06 E14.FR.07", "GetTransactionStatus", {}, {"messagesInQueue": True}),
    Row("TC_E_34_CSMS", "No messages queued", "E14.FR.06 E14.FR.08", "GetTransactionStatus", {}, {"messagesInQueue": False}),
    Row("TC_F_06_CSMS", "Unlock a connector", "F05.FR.01", "UnlockConnector", {"evseId": 1, "connectorId": 1}, {"status": "Unlocked"}),
    Row("TC_F_11_CSMS", "Trigger meter values of an EVSE", "F06.FR.01", "TriggerMessage", {"requestedMessage": "MeterValues", **EVSE}, ACCEPTED),
    Row("TC_F_12_CSMS", "Trigger meter values of all EVSEs", "F06.FR.01", "TriggerMessage", {"requestedMessage": "MeterValues"}, ACCEPTED),
    Row("TC_F_13_CSMS", "Trigger a transaction event of an EVSE", "F06.FR.01", "TriggerMessage", {"requestedMessage": "TransactionEvent", **EVSE}, ACCEPTED, charging=True),
    Row("TC_F_15_CSMS", "Trigger the status of the log", "F06.FR.01", "TriggerMessage", {"requestedMessage": "LogStatusNotification"}, ACCEPTED),
    Row("TC_F_18_CSMS", "Trigger the status of the firmware", "F06.FR.01", "TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}, ACCEPTED),
    Row("TC_F_20_CSMS", "Trigger a heartbeat", "F06.FR.01", "TriggerMessage", {"requestedMessage": "Heartbeat"}, ACCEPTED, (("Heartbeat", {}),)),
    Row("TC_F_23_CSMS", "Trigger the status of a connector", "F06.FR.13", "TriggerMessage", {"requestedMessage": "StatusNotification", **CONNECTOR}, ACCEPTED, (("StatusNotification", status_2("Available")),)),
    Row("TC_F_24_CSMS", "Trigger the status of an occupied connector", "F06.FR.13", "TriggerMessage", {"requestedMessage": "StatusNotification", **CONNECTOR}, ACCEPTED, (("StatusNotification", status_2("Occupied")),)),
    Row("TC_F_27_CSMS", "A trigger that the station does not know", "F06.FR.08", "TriggerMessage", {"requestedMessage": "PublishFirmwareStatusNotification"}, {"status": "NotImplemented"}),
    Row("TC_G_03_CSMS", "An EVSE out of service", "G03.FR.01", "ChangeAvailability", {"operationalStatus": "Inoperative", **EVSE}, ACCEPTED, (("StatusNotification", status_2("Unavailable")),)),
    Row("TC_G_04_CSMS", "An EVSE into service", "G03.FR.01", "ChangeAvailability", {"operationalStatus": "Operative", **EVSE}, ACCEPTED, (("StatusNotification", status_2("Available")),)),
    Row("TC_G_05_CSMS", "The station out of service", "G04.FR.01", "ChangeAvailability", {"operationalStatus": "Inoperative"}, ACCEPTED),
    Row("TC_G_06_CSMS", "The station into service", "G04.FR.01", "ChangeAvailability", {"operationalStatus": "Operative"}, ACCEPTED),
    Row("TC_G_07_CSMS", "A connector out of service", "G03.FR.01", "ChangeAvailability", {"operationalStatus": "Inoperative", **CONNECTOR}, ACCEPTED),
    Row("TC_G_08_CSMS", "A connector into service", "G03.FR.01", "ChangeAvailability", {"operationalStatus": "Operative", **CONNECTOR}, ACCEPTED),
    Row("TC_G_11_CSMS", "An EVSE out of service, with a transaction", "G03.FR.05", "ChangeAvailability", {"operationalStatus": "Inoperative", **EVSE}, {"status": "Scheduled"}, charging=True),
    Row("TC_G_14_CSMS", "The station out of service, with a transaction", "G04.FR.06", "ChangeAvailability", {"operationalStatus": "Inoperative"}, {"status": "Scheduled"}, charging=True),
    Row("TC_H_01_CSMS", "Reserve an EVSE", "H01.FR.01", "ReserveNow", {"id": 1, "expiryDateTime": "2099-01-01T00:00:00Z", "evseId": 1, **TOKEN}, ACCEPTED),
    Row("TC_H_07_CSMS", "A reservation that ends unused", "H04.FR.01", "ReserveNow", {"id": 2, "expiryDateTime": "2099-01-01T00:00:00Z", "evseId": 1, **TOKEN}, ACCEPTED, (("ReservationStatusUpdate", {"reservationId": 2, "reservationUpdateStatus": "Expired"}),)),
    Row("TC_H_08_CSMS", "Reserve any EVSE", "H01.FR.01 H01.FR.07", "ReserveNow", {"id": 8, **LATER, **TOKEN}, ACCEPTED, (("StatusNotification", status_2("Reserved")),)),
    Row("TC_H_14_CSMS", "Reserve any EVSE: as many as there are", "H01.FR.07 H01.FR.20", "ReserveNow", {"id": 14, **LATER, **TOKEN}, ACCEPTED, (("StatusNotification", status_2("Reserved")), ("StatusNotification", status_2("Reserved", 2))), also=(("ReserveNow", {"id": 15, **LATER, **TOKEN}, {"status": "Occupied"}),)),
    Row("TC_H_15_CSMS", "Reserve a type of connector", "H01.FR.06", "ReserveNow", {"id": 16, **LATER, "connectorType": "cType2", **TOKEN}, ACCEPTED),
    Row("TC_H_20_CSMS", "A reserved EVSE that breaks", "H01.FR.24", "ReserveNow", {"id": 20, **LATER, "evseId": 1, **TOKEN}, ACCEPTED, (("StatusNotification", status_2("Reserved")), ("StatusNotification", status_2("Faulted")), ("ReservationStatusUpdate", {"reservationId": 20, "reservationUpdateStatus": "Removed"}))),
    Row("TC_H_17_CSMS", "Cancel a reservation", "H02.FR.01", "CancelReservation", {"reservationId": 1}, ACCEPTED),
    Row("TC_H_22_CSMS", "A reservation that is rejected", "H01.FR.02", "ReserveNow", {"id": 3, "expiryDateTime": "2099-01-01T00:00:00Z", "evseId": 1, **TOKEN}, REJECTED),
    Row("TC_K_01_CSMS", "TxDefaultProfile for an EVSE", "K01.FR.31", "SetChargingProfile", profile("TxDefaultProfile", 1), ACCEPTED),
    Row("TC_K_03_CSMS", "ChargingStationMaxProfile", "K01.FR.31 K01.FR.38", "SetChargingProfile", profile("ChargingStationMaxProfile", 0), ACCEPTED),
    Row("TC_K_05_CSMS", "Clear a profile by its id", "K10.FR.02", "ClearChargingProfile", {"chargingProfileId": 7}, ACCEPTED),
    Row("TC_K_06_CSMS", "Clear profiles by criteria", "K10.FR.02", "ClearChargingProfile", {"chargingProfileCriteria": {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}}, ACCEPTED),
    Row("TC_K_08_CSMS", "Clear a profile that is not there", "K10.FR.02", "ClearChargingProfile", {"chargingProfileId": 99}, {"status": "Unknown"}),
    Row("TC_K_10_CSMS", "TxDefaultProfile for all EVSEs", "K01.FR.31", "SetChargingProfile", profile("TxDefaultProfile", 0), ACCEPTED),
    Row("TC_K_15_CSMS", "A profile that the station does not want", "K01.FR.31", "SetChargingProfile", profile("TxDefaultProfile", 1), REJECTED),
    Row("TC_K_19_CSMS", "A recurring profile", "K01.FR.31", "SetChargingProfile", profile("TxDefaultProfile", 1, **RECURRING), ACCEPTED),
    Row("TC_K_30_CSMS", "Profiles of an EVSE", "K09.FR.03", "GetChargingProfiles", _ask_profiles(evseId=1, chargingProfilePurpose="TxDefaultProfile"), ACCEPTED, (PROFILES_REPORT,)),
    Row("TC_K_32_CSMS", "A profile by its id", "K09.FR.03", "GetChargingProfiles", _ask_profiles(chargingProfileId=[7]), ACCEPTED, (PROFILES_REPORT,)),
    Row("TC_K_33_CSMS", "Profiles of an EVSE and level", "K09.FR.03", "GetChargingProfiles", _ask_profiles(evseId=1, stackLevel=0), {"status": "NoProfiles"}),
    Row("TC_K_43_CSMS", "Composite schedule of an EVSE", "K08.FR.01", "GetCompositeSchedule", {"duration": 300, "evseId": 1}, {"status": "Accepted", "schedule": {"evseId": 1, "duration": 300, "scheduleStart": AT, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}}),
    Row("TC_K_44_CSMS", "Composite schedule of the station", "K08.FR.01", "GetCompositeSchedule", {"duration": 300, "evseId": 0}, REJECTED),
    Row("TC_L_01_CSMS", "Firmware: installed", "L01.FR.01 L01.FR.11", "UpdateFirmware", {"requestId": 11, "firmware": FIRMWARE}, ACCEPTED, tuple(("FirmwareStatusNotification", {"requestId": 11, "status": one}) for one in ("Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"))),
    Row("TC_L_02_CSMS", "Firmware: installed later", "L01.FR.01 L01.FR.11 L01.FR.16", "UpdateFirmware", {"requestId": 32, "firmware": FIRMWARE | {"installDateTime": "2099-01-01T00:00:00Z"}}, ACCEPTED, _steps(32, "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled", "Installing", "Installed")),
    Row("TC_L_03_CSMS", "Firmware: fetched later", "L01.FR.01 L01.FR.11 L01.FR.13", "UpdateFirmware", {"requestId": 33, "firmware": FIRMWARE | {"retrieveDateTime": "2099-01-01T00:00:00Z"}}, ACCEPTED, _steps(33, "DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed")),
    Row("TC_L_13_CSMS", "Firmware: it waits for the end of a transaction", "L01.FR.01 L01.FR.06", "UpdateFirmware", {"requestId": 34, "firmware": FIRMWARE}, ACCEPTED, (*_steps(34, "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"), ("StatusNotification", status_2("Unavailable", 2)), *_steps(34, "Installing", "Installed")), charging=True),
    Row("TC_L_04_CSMS", "Firmware: the certificate was revoked", "L01.FR.01", "UpdateFirmware", {"requestId": 12, "firmware": FIRMWARE}, {"status": "RevokedCertificate"}),
    Row("TC_L_05_CSMS", "Firmware: the certificate is not valid", "L01.FR.01", "UpdateFirmware", {"requestId": 13, "firmware": FIRMWARE}, {"status": "InvalidCertificate"}),
    Row("TC_L_06_CSMS", "Firmware: the signature is not valid", "L01.FR.01 L01.FR.11", "UpdateFirmware", {"requestId": 14, "firmware": FIRMWARE}, ACCEPTED, tuple(("FirmwareStatusNotification", {"requestId": 14, "status": one}) for one in ("Downloading", "Downloaded", "InvalidSignature"))),
    Row("TC_L_07_CSMS", "Firmware: the download fails", "L01.FR.01 L01.FR.11", "UpdateFirmware", {"requestId": 15, "firmware": FIRMWARE}, ACCEPTED, tuple(("FirmwareStatusNotification", {"requestId": 15, "status": one}) for one in ("Downloading", "DownloadFailed"))),
    Row("TC_L_08_CSMS", "Firmware: what was installed is not right", "L01.FR.01 L01.FR.11", "UpdateFirmware", {"requestId": 16, "firmware": FIRMWARE}, ACCEPTED, tuple(("FirmwareStatusNotification", {"requestId": 16, "status": one}) for one in ('Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'InstallVerificationFailed'))),
    Row("TC_L_09_CSMS", "Firmware: the installation fails", "L01.FR.01 L01.FR.11", "UpdateFirmware", {"requestId": 17, "firmware": FIRMWARE}, ACCEPTED, tuple(("FirmwareStatusNotification", {"requestId": 17, "status": one}) for one in ('Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'InstallationFailed'))),
    Row("TC_L_10_CSMS", "Firmware: a new request ends the one before", "L01.FR.01 L01.FR.24", "UpdateFirmware", {"requestId": 18, "firmware": FIRMWARE}, {"status": "AcceptedCanceled"}),
    Row("TC_L_11_CSMS", "Firmware: the one before cannot be ended", "L01.FR.01 L01.FR.27", "UpdateFirmware", {"requestId": 19, "firmware": FIRMWARE}, REJECTED),
    Row("TC_L_17_CSMS", "Publish firmware", "L03.FR.01", "PublishFirmware", PUBLISHED | {"requestId": 41}, ACCEPTED, (*tuple(("PublishFirmwareStatusNotification", {"requestId": 41, "status": one}) for one in ('Downloading', 'Downloaded', 'ChecksumVerified')), ("PublishFirmwareStatusNotification", {"requestId": 41, "status": "Published", "location": ["http://127.0.0.1/fw"]}))),
    Row("TC_L_19_CSMS", "Publish firmware: the checksum is wrong", "L03.FR.01", "PublishFirmware", PUBLISHED | {"requestId": 42}, ACCEPTED, tuple(("PublishFirmwareStatusNotification", {"requestId": 42, "status": one}) for one in ('Downloading', 'Downloaded', 'InvalidChecksum'))),
    Row("TC_L_24_CSMS", "Publish firmware: the download fails", "L03.FR.01", "PublishFirmware", PUBLISHED | {"requestId": 43}, ACCEPTED, tuple(("PublishFirmwareStatusNotification", {"requestId": 43, "status": one}) for one in ('Downloading', 'DownloadFailed'))),
    Row("TC_L_20_CSMS", "Publish firmware: it cannot be published", "L03.FR.01", "PublishFirmware", PUBLISHED | {"requestId": 44}, ACCEPTED, tuple(("PublishFirmwareStatusNotification", {"requestId": 44, "status": one}) for one in ('Downloading', 'Downloaded', 'ChecksumVerified', 'PublishFailed'))),
    Row("TC_L_21_CSMS", "Unpublish firmware", "L04.FR.01", "UnpublishFirmware", {"checksum": "0" * 32}, {"status": "Unpublished"}),
    Row("TC_L_22_CSMS", "Unpublish firmware that is not there", "L04.FR.01", "UnpublishFirmware", {"checksum": "1" * 32}, {"status": "NoFirmware"}),
    Row("TC_L_23_CSMS", "Unpublish firmware while it comes", "L04.FR.01", "UnpublishFirmware", {"checksum": "2" * 32}, {"status": "DownloadOngoing"}),
    Row("TC_M_01_CSMS", "Install a root of the CSMS", "M05.FR.01", "InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": PEM}, ACCEPTED),
    Row("TC_M_02_CSMS", "Install a manufacturer's root", "M05.FR.01", "InstallCertificate", {"certificateType": "ManufacturerRootCertificate", "certificate": PEM}, ACCEPTED),
    Row("TC_M_03_CSMS", "Install a V2G root", "M05.FR.01", "InstallCertificate", {"certificateType": "V2GRootCertificate", "certificate": PEM}, ACCEPTED),
    Row("TC_M_04_CSMS", "Install an MO root", "M05.FR.01", "InstallCertificate", {"certificateType": "MORootCertificate", "certificate": PEM}, ACCEPTED),
    Row("TC_M_05_CSMS", "A root that cannot be installed", "M05.FR.01 M05.FR.03", "InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": PEM}, {"status": "Failed"}),
    *(Row(id, f"Which certificates there are: {' and '.join(kinds)}", "M03.FR.01", "GetInstalledCertificateIds", {"certificateType": list(kinds)}, _installed(*kinds)) for id, kinds in KINDS.items()),
    Row("TC_M_13_CSMS", "Which manufacturer's roots there are", "M03.FR.01", "GetInstalledCertificateIds", {"certificateType": ["ManufacturerRootCertificate"]}, {"status": "Accepted", "certificateHashDataChain": [{"certificateType": "ManufacturerRootCertificate", "certificateHashData": HASHES}]}),
    Row("TC_M_18_CSMS", "Which certificates there are", "M03.FR.01", "GetInstalledCertificateIds", {}, {"status": "Accepted", "certificateHashDataChain": [{"certificateType": "CSMSRootCertificate", "certificateHashData": HASHES}]}),
    Row("TC_M_19_CSMS", "No certificates of this kind", "M03.FR.02", "GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]}, {"status": "NotFound"}),
    Row("TC_M_20_CSMS", "Delete a certificate", "M04.FR.01 M04.FR.07", "DeleteCertificate", {"certificateHashData": HASHES}, ACCEPTED),
    Row("TC_M_21_CSMS", "A certificate that cannot be deleted", "M04.FR.01", "DeleteCertificate", {"certificateHashData": HASHES}, {"status": "Failed"}),
    Row("TC_N_05_CSMS", "Set the monitoring base", "N03.FR.03", "SetMonitoringBase", {"monitoringBase": "All"}, ACCEPTED),
    Row("TC_N_08_CSMS", "Set a monitor", "N04.FR.01", "SetVariableMonitoring", {"setMonitoringData": [{"value": 90.0, "type": "UpperThreshold", "severity": 5, **HEARTBEAT_INTERVAL}]}, {"setMonitoringResult": [{"id": 1, "status": "Accepted", "type": "UpperThreshold", "severity": 5, **HEARTBEAT_INTERVAL}]}),
    Row("TC_N_16_CSMS", "Set the monitoring level", "N05.FR.01", "SetMonitoringLevel", {"severity": 4}, ACCEPTED),
    Row("TC_N_25_CSMS", "Diagnostics log", "N01.FR.01", "GetLog", {"logType": "DiagnosticsLog", "requestId": 21, "log": LOG}, {"status": "Accepted", "filename": "x.zip"}, tuple(("LogStatusNotification", {"requestId": 21, "status": one}) for one in ("Uploading", "Uploaded"))),
    Row("TC_N_34_CSMS", "A log that is refused", "N01.FR.01", "GetLog", {"logType": "DiagnosticsLog", "requestId": 22, "log": LOG}, REJECTED),
    Row("TC_N_35_CSMS", "Security log", "N01.FR.01", "GetLog", {"logType": "SecurityLog", "requestId": 23, "log": LOG}, {"status": "Accepted", "filename": "s.zip"}, tuple(("LogStatusNotification", {"requestId": 23, "status": one}) for one in ("Uploading", "Uploaded"))),
    Row("TC_N_27_CSMS", "Customer information", "N09.FR.01 N09.FR.04", "CustomerInformation", {"requestId": 24, "report": True, "clear": False, "customerIdentifier": "x"}, ACCEPTED, (("NotifyCustomerInformation", {"data": "y", "seqNo": 0, "generatedAt": AT, "requestId": 24}),)),
    Row("TC_O_01_CSMS", "Set a display message", "O01.FR.04", "SetDisplayMessage", {"message": MESSAGE}, ACCEPTED),
    Row("TC_O_02_CSMS", "All display messages", "O03.FR.01", "GetDisplayMessages", {"requestId": 31}, ACCEPTED, (("NotifyDisplayMessages", {"requestId": 31, "messageInfo": [MESSAGE]}),)),
    Row("TC_O_03_CSMS", "There are no display messages", "O03.FR.01", "GetDisplayMessages", {"requestId": 32}, {"status": "Unknown"}),
    Row("TC_O_04_CSMS", "Clear a display message", "O05.FR.01", "ClearDisplayMessage", {"id": 1}, ACCEPTED),
    Row("TC_O_05_CSMS", "Clear a display message that is not there", "O05.FR.01", "ClearDisplayMessage", {"id": 99}, {"status": "Unknown"}),
    Row("TC_O_17_CSMS", "A display message of a priority that is not supported", "O01.FR.04", "SetDisplayMessage", {"message": MESSAGE | {"priority": "AlwaysFront"}}, {"status": "NotSupportedPriority"}),
]  # fmt: skip

_CONFIGURED = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}
_STATUS_16 = ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
_LIST = [{"idTag": "CONFORM-ACCEPTED", "idTagInfo": ACCEPTED}]
_PROFILE_16 = {"chargingProfileId": 7, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative", "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}}  # fmt: skip
ONE_SIX: list[Row] = [
    Row("TC_013_CSMS", "Hard reset", "5.14", "Reset", {"type": "Hard"}, ACCEPTED),
    Row("TC_014_CSMS", "Soft reset", "5.14", "Reset", {"type": "Soft"}, ACCEPTED),
    Row("TC_017_1_CSMS", "Unlock a connector", "5.18", "UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
    Row("TC_017_2_CSMS", "Unlock a connector with a fixed cable", "5.18", "UnlockConnector", {"connectorId": 1}, {"status": "NotSupported"}),
    Row("TC_019_1_CSMS", "All configuration keys", "5.8", "GetConfiguration", {}, _CONFIGURED),
    Row("TC_019_2_CSMS", "One configuration key", "5.8", "GetConfiguration", {"key": ["HeartbeatInterval"]}, _CONFIGURED),
    Row("TC_021_CSMS", "Change a configuration key", "5.3", "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, ACCEPTED),
    Row("TC_026_CSMS", "A remote start that is rejected", "5.11", "RemoteStartTransaction", {"connectorId": 1, "idTag": "CONFORM-ACCEPTED"}, REJECTED),
    Row("TC_028_CSMS", "A remote stop that is rejected", "5.12", "RemoteStopTransaction", {"transactionId": 1}, REJECTED),
    Row("TC_030_CSMS", "A connector that cannot be unlocked", "5.18", "UnlockConnector", {"connectorId": 1}, {"status": "UnlockFailed"}),
    Row("TC_031_CSMS", "A connector that is not there", "5.18", "UnlockConnector", {"connectorId": 9}, {"status": "NotSupported"}),
    Row("TC_040_1_CSMS", "A configuration key that is not supported", "5.3", "ChangeConfiguration", {"key": "Nothing", "value": "1"}, {"status": "NotSupported"}),
    Row("TC_040_2_CSMS", "A value that is not valid", "5.3", "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"}, REJECTED),
    Row("TC_042_1_CSMS", "Version of the local list: not supported", "5.10", "GetLocalListVersion", {}, {"listVersion": -1}),
    Row("TC_042_2_CSMS", "Version of the local list: empty", "5.10", "GetLocalListVersion", {}, {"listVersion": 0}),
    Row("TC_043_1_CSMS", "Local list: not supported", "5.15", "SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": _LIST}, {"status": "NotSupported"}),
    Row("TC_043_3_CSMS", "Local list: failed", "5.15", "SendLocalList", {"listVersion": 2, "updateType": "Full", "localAuthorizationList": _LIST}, {"status": "Failed"}),
    Row("TC_043_4_CSMS", "Local list: full", "5.15", "SendLocalList", {"listVersion": 3, "updateType": "Full", "localAuthorizationList": _LIST}, ACCEPTED),
    Row("TC_043_5_CSMS", "Local list: differential", "5.15", "SendLocalList", {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": _LIST}, ACCEPTED),
    Row("TC_044_1_CSMS", "Firmware: installed", "5.19", "UpdateFirmware", {"location": "ftp://127.0.0.1/fw", "retrieveDate": AT}, {}, tuple(("FirmwareStatusNotification", {"status": one}) for one in ("Downloading", "Downloaded", "Installing", "Installed"))),
    Row("TC_044_2_CSMS", "Firmware: the download fails", "5.19", "UpdateFirmware", {"location": "ftp://127.0.0.1/fw", "retrieveDate": AT}, {}, tuple(("FirmwareStatusNotification", {"status": one}) for one in ("Downloading", "DownloadFailed"))),
    Row("TC_045_1_CSMS", "Diagnostics", "5.9", "GetDiagnostics", {"location": "ftp://127.0.0.1/d"}, {"fileName": "d.zip"}, tuple(("DiagnosticsStatusNotification", {"status": one}) for one in ("Uploading", "Uploaded"))),
    Row("TC_048_4_CSMS", "A reservation that is rejected", "5.13", "ReserveNow", {"connectorId": 1, "expiryDate": "2099-01-01T00:00:00Z", "idTag": "CONFORM-ACCEPTED", "reservationId": 1}, REJECTED),
    Row("TC_051_CSMS", "Cancel a reservation", "5.2", "CancelReservation", {"reservationId": 1}, ACCEPTED),
    Row("TC_054_CSMS", "Trigger a message", "5.17", "TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}, ACCEPTED, (_STATUS_16,)),
    Row("TC_055_CSMS", "A trigger that is rejected", "5.17", "TriggerMessage", {"requestedMessage": "MeterValues"}, REJECTED),
    Row("TC_056_CSMS", "TxDefaultProfile", "5.16", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": _PROFILE_16}, ACCEPTED),
    Row("TC_061_CSMS", "Clear the cache", "5.4", "ClearCache", {}, ACCEPTED),
    Row("TC_066_CSMS", "Composite schedule", "5.7", "GetCompositeSchedule", {"connectorId": 1, "duration": 300}, REJECTED),
    Row("TC_067_CSMS", "Clear a profile", "5.5", "ClearChargingProfile", {"id": 7}, ACCEPTED),
    Row("TC_075_1_CSMS", "Install a manufacturer's root", "M05.FR.01", "InstallCertificate", {"certificateType": "ManufacturerRootCertificate", "certificate": PEM}, ACCEPTED),
    Row("TC_075_2_CSMS", "Install a root of the central system", "M05.FR.01", "InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": PEM}, ACCEPTED),
]  # fmt: skip


add_rows(TWO, V2)
add_rows(ONE_SIX, (V16,))


@case("TC_F_01_CSMS", "Remote start: the cable is in already", "F01.FR.01")
async def remote_start(talk: Talk) -> None:
    await talk.boots()
    charging, token = Charging(talk), talk.token("accepted")
    await charging.tell("Started", "CablePluggedIn", state="EVConnected")
    payload = {"remoteStartId": 5, "evseId": 1, "idToken": {"idToken": token, "type": "ISO14443"}}
    asked = await talk.order("RequestStartTransaction", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, {"status": "Accepted", "transactionId": charging.id})
    info = {"transactionId": charging.id, "chargingState": "Charging", "remoteStartId": 5}
    answer = await charging.tell("Updated", "RemoteStart", token=token, transactionInfo=info)
    status = answer["idTokenInfo"]["status"]
    wanted(status == "Accepted", f"the token is known as accepted, and the CSMS says {status}")  # F02.FR.01
    await charging.end()


@case("TC_E_21_CSMS", "Remote stop", "E06.FR.03 F03.FR.01")
async def remote_stop(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    await charging.start()
    payload = {"transactionId": charging.id}
    asked = await talk.order("RequestStopTransaction", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, ACCEPTED)
    await charging.end("RemoteStop", "Remote")


@case("OHM_T16", "One call at a time: the second waits for the answer to the first", "OCPP-J.4.1.1 FR.01", (V16, *V2))
async def one_at_a_time(talk: Talk) -> None:
    await talk.boots()
    first = await talk.order("ClearCache", {})
    assert talk.operator is not None
    await talk.operator.call(talk.endpoint.identity, "GetLocalListVersion", {})
    await talk.alive()  # our own call crosses theirs, and is answered (4.1.1)
    wanted(not talk.waiting, "a second CALL came before the first was answered")
    await talk.answers(first, ACCEPTED)
    second = await talk.asked("GetLocalListVersion")
    await talk.answers(second, {"listVersion": 1} if talk.version is V16 else {"versionNumber": 1})


@case("OHM_X15", "An answer that breaks the schema hurts nobody", "FR.06", (V16, *V2))
async def broken_answer(talk: Talk) -> None:
    await talk.boots()
    asked = await talk.order("ClearCache", {})
    await talk.say(json.dumps([3, asked.message_id, {"status": "Perhaps"}]))
    if talk.version is V21:
        frame = await talk.hears()
        wanted(frame[0] == 5 and frame[1] == asked.message_id, "2.1 answers a broken answer with CALLRESULTERROR")
    await talk.alive()
    again = await talk.order("ClearCache", {})
    await talk.answers(again, ACCEPTED)


@case("OHM_X16", "A CALLERROR of the station does not stop what follows", "OCPP-J.4.2.3", (V16, *V2))
async def error_answer(talk: Talk) -> None:
    await talk.boots()
    asked = await talk.order("ClearCache", {})
    await talk.denies(asked, "NotSupported", "not here")
    again = await talk.order("ClearCache", {})
    await talk.answers(again, ACCEPTED)
    await talk.alive()
