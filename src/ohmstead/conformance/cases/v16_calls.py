"""1.6: what an operator asks for, beside the first of it in `commands`: reservations, profiles, security."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import case, wanted
from ohmstead.conformance.cases import v16
from ohmstead.conformance.rows import ACCEPTED, AT, REJECTED, Row, add_rows, as_it_was_asked, told
from ohmstead.conformance.talk import Talk, Words
from ohmstead.ocpp.versions import V16

ONLY = (V16,)
TAG = "CONFORM-ACCEPTED"
PEM = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n"
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa" * 32, "issuerKeyHash": "bb" * 32, "serialNumber": "1f"}
FIRMWARE = {"location": "http://127.0.0.1/fw", "retrieveDateTime": AT, "signingCertificate": PEM, "signature": "c2ln"}


def _reservation(number: int, connector: int = 1, **more: Any) -> Words:
    words = {"connectorId": connector, "expiryDate": "2099-01-01T00:00:00Z", "idTag": TAG, "reservationId": number}
    return words | more


def _profile(purpose: str, **more: Any) -> Words:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}
    kind = {"chargingProfileKind": "Relative", "chargingSchedule": schedule}
    return {"chargingProfileId": 8, "stackLevel": 0, "chargingProfilePurpose": purpose, **kind, **more}


def _statuses(action: str, *statuses: str, **more: Any) -> tuple[tuple[str, Words], ...]:
    return told(action, *({"status": one, **more} for one in statuses))


RESERVED = told("StatusNotification", v16.status("Reserved"))
FREE = told("StatusNotification", v16.status("Available"))
DIAGNOSTICS = {"location": "ftp://127.0.0.1/d"}
LOG = {"logType": "SecurityLog", "requestId": 9, "log": {"remoteLocation": "http://127.0.0.1/logs"}}
SECURE = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed")
ROWS: list[Row] = [
    Row("TC_044_3_CSMS", "Firmware: the installation fails", "5.19", "UpdateFirmware", {"location": "ftp://127.0.0.1/fw", "retrieveDate": AT}, {}, _statuses("FirmwareStatusNotification", "Downloading", "Downloaded", "Installing", "InstallationFailed")),
    Row("TC_045_2_CSMS", "Diagnostics: the upload fails", "5.9", "GetDiagnostics", DIAGNOSTICS, {"fileName": "d.zip"}, _statuses("DiagnosticsStatusNotification", "Uploading", "UploadFailed")),
    Row("TC_047_CSMS", "A reservation that ends unused", "5.13", "ReserveNow", _reservation(2), ACCEPTED, RESERVED + FREE),
    Row("TC_048_1_CSMS", "A reservation where something is broken", "5.13", "ReserveNow", _reservation(3), {"status": "Faulted"}),
    Row("TC_048_2_CSMS", "A reservation where somebody charges", "5.13", "ReserveNow", _reservation(4), {"status": "Occupied"}),
    Row("TC_048_3_CSMS", "A reservation where nobody may charge", "5.13", "ReserveNow", _reservation(5), {"status": "Unavailable"}),
    Row("TC_049_CSMS", "A reservation of the station", "5.13", "ReserveNow", _reservation(6, 0), ACCEPTED, FREE),
    Row("TC_052_CSMS", "A reservation that is not there is cancelled", "5.2", "CancelReservation", {"reservationId": 99}, REJECTED),
    Row("TC_053_CSMS", "A reservation for a group", "5.13", "ReserveNow", _reservation(7, parentIdTag="CONFORM-GROUP"), ACCEPTED, RESERVED),
    Row("TC_076_CSMS", "Delete a certificate", "M04.FR.01", "DeleteCertificate", {"certificateHashData": HASHES}, ACCEPTED),
    Row("TC_079_CSMS", "Security log", "N01.FR.01", "GetLog", LOG, {"status": "Accepted", "filename": "s.zip"}, _statuses("LogStatusNotification", "Uploading", "Uploaded", requestId=9)),
    Row("TC_080_CSMS", "Signed firmware: installed", "L01.FR.01", "SignedUpdateFirmware", {"requestId": 11, "firmware": FIRMWARE}, ACCEPTED, _statuses("SignedFirmwareStatusNotification", *SECURE, requestId=11)),
    Row("TC_081_CSMS", "Signed firmware: the signature is not valid", "L01.FR.01", "SignedUpdateFirmware", {"requestId": 12, "firmware": FIRMWARE}, ACCEPTED, _statuses("SignedFirmwareStatusNotification", "Downloading", "Downloaded", "InvalidSignature", requestId=12)),
    Row("TC_018_1_CSMS", "Unlock a connector that somebody charges at", "5.18", "UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
]  # fmt: skip
add_rows(ROWS, ONLY)


async def _from_afar(talk: Talk, **more: Any) -> None:
    """A start from afar, as it was asked for."""
    payload = {"connectorId": 1, "idTag": talk.token("accepted"), **more}
    asked = await talk.order("RemoteStartTransaction", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, ACCEPTED)


@case("TC_010_CSMS", "Remote start: the cable is in already", "5.11", ONLY)
async def cable_first(talk: Talk) -> None:
    await talk.boots()
    await talk.calls("StatusNotification", v16.status("Preparing"))
    await _from_afar(talk)
    id, _ = await v16.start(talk)
    await v16.stop(talk, id)


@case("TC_011_1_CSMS", "Remote start: the cable comes later", "5.11", ONLY)
async def start_first(talk: Talk) -> None:
    await talk.boots()
    await _from_afar(talk)
    await talk.calls("StatusNotification", v16.status("Preparing"))
    id, _ = await v16.start(talk)
    await v16.stop(talk, id)


@case("TC_011_2_CSMS", "Remote start: nobody comes", "5.11", ONLY)
async def nobody_comes(talk: Talk) -> None:
    await talk.boots()
    await _from_afar(talk)
    await talk.calls("StatusNotification", v16.status("Preparing"))
    await talk.calls("StatusNotification", v16.status("Available"))


@case("TC_059_CSMS", "Remote start with a profile", "5.11 5.16", ONLY)
async def with_profile(talk: Talk) -> None:
    await talk.boots()
    await _from_afar(talk, chargingProfile=_profile("TxProfile"))
    id, _ = await v16.start(talk)
    await v16.stop(talk, id)


@case("TC_012_CSMS", "Remote stop", "5.12", ONLY)
async def stop_from_afar(talk: Talk) -> None:
    await talk.boots()
    id, _ = await v16.start(talk)
    asked = await talk.order("RemoteStopTransaction", {"transactionId": id})
    wanted(asked.payload["transactionId"] == id, f"{id} shall stop, {asked.payload['transactionId']} came")
    await talk.answers(asked, ACCEPTED)
    await v16.stop(talk, id, "Remote")


@case("TC_057_CSMS", "TxProfile for the transaction that goes on", "5.16", ONLY)
async def profile_of_transaction(talk: Talk) -> None:
    await talk.boots()
    id, _ = await v16.start(talk)
    payload = {"connectorId": 1, "csChargingProfiles": _profile("TxProfile", transactionId=id)}
    asked = await talk.order("SetChargingProfile", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, ACCEPTED)
    await v16.stop(talk, id)


@case("TC_046_CSMS", "A reservation that is used", "5.13 4.8", ONLY)
async def reserved(talk: Talk) -> None:
    await talk.boots()
    payload = _reservation(1)
    asked = await talk.order("ReserveNow", payload)
    as_it_was_asked(asked.payload, payload)
    await talk.answers(asked, ACCEPTED)
    words = {"connectorId": 1, "idTag": talk.token("accepted"), "meterStart": 5, "timestamp": v16.moment(1)}
    answer = await talk.calls("StartTransaction", words | {"reservationId": 1})
    await v16.stop(talk, answer["transactionId"])


@case("TC_078_CSMS", "A certificate of the central system that the station does not trust", "A04.FR.03", ONLY)
async def distrusted(talk: Talk) -> None:
    await talk.boots()
    words = {"type": "InvalidCentralSystemCertificate", "timestamp": v16.moment()}
    await talk.calls("SecurityEventNotification", words)
    await talk.alive()
