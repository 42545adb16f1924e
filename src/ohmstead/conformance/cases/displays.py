"""N, O: what the operator asks of logs, customers and displays, beside the first of them in `commands`."""

from __future__ import annotations

from typing import Any

from ohmstead.conformance.case import V2
from ohmstead.conformance.rows import ACCEPTED, AT, REJECTED, Row, add_rows, told
from ohmstead.conformance.talk import Words

HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa" * 32, "issuerKeyHash": "bb" * 32, "serialNumber": "1f"}
LOG = {"remoteLocation": "http://127.0.0.1/logs"}
WHO: dict[str, Any] = {"customerIdentifier": "x"}
_TOKEN: dict[str, Any] = {"idToken": {"idToken": "CONFORM-ACCEPTED", "type": "ISO14443"}}


def _customer(number: int, *, report: bool = True, clear: bool = False, **more: Any) -> Words:
    return {"requestId": number, "report": report, "clear": clear, **more}


def _customers(number: int, data: str) -> tuple[tuple[str, Words], ...]:
    return told("NotifyCustomerInformation", {"data": data, "seqNo": 0, "generatedAt": AT, "requestId": number})


def _message(**more: Any) -> Words:
    return {"message": {"id": 2, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hello"}} | more}


def _shown(number: int) -> tuple[tuple[str, Words], ...]:
    return told("NotifyDisplayMessages", {"requestId": number, "messageInfo": [_message()["message"]]})


TRANSACTION = {"transactionId": "TRANSACTION"}
LATER, SOON = {"startDateTime": "2099-01-01T00:00:00Z"}, {"endDateTime": "2099-01-01T00:00:00Z"}

ROWS: list[Row] = [
    Row("TC_N_28_CSMS", "Customer information: there is none", "N09.FR.06", "CustomerInformation", _customer(61, **WHO), ACCEPTED, _customers(61, "")),
    Row("TC_N_29_CSMS", "Customer information: not accepted", "N09.FR.01", "CustomerInformation", _customer(62, **WHO), REJECTED),
    Row("TC_N_30_CSMS", "Customer information: told and cleared", "N10.FR.01", "CustomerInformation", _customer(63, clear=True, **_TOKEN), ACCEPTED, _customers(63, "y")),
    Row("TC_N_31_CSMS", "Customer information: cleared, there was none", "N10.FR.06", "CustomerInformation", _customer(64, clear=True, **_TOKEN), ACCEPTED, _customers(64, "")),
    Row("TC_N_32_CSMS", "Customer information: cleared and not told", "N10.FR.01", "CustomerInformation", _customer(65, report=False, clear=True, **_TOKEN), ACCEPTED, _customers(65, "")),
    Row("TC_N_46_CSMS", "Customer information: cleared, and the local list with it", "N10.FR.02", "CustomerInformation", _customer(66, clear=True, **_TOKEN), ACCEPTED, _customers(66, "y"),
        also=(("SendLocalList", {"versionNumber": 7, "updateType": "Differential", "localAuthorizationList": [_TOKEN]}, ACCEPTED),)),
    Row("TC_N_62_CSMS", "Customer information: by an identifier", "N10.FR.01", "CustomerInformation", _customer(67, clear=True, **WHO), ACCEPTED, _customers(67, "y")),
    Row("TC_N_63_CSMS", "Customer information: by a certificate", "N10.FR.01", "CustomerInformation", _customer(68, clear=True, customerCertificate=HASHES), ACCEPTED, _customers(68, "y")),
    Row("TC_N_36_CSMS", "A log that takes the place of the one before", "N01.FR.12", "GetLog", {"logType": "SecurityLog", "requestId": 71, "log": LOG}, {"status": "Accepted", "filename": "a.zip"}, told("LogStatusNotification", {"requestId": 71, "status": "AcceptedCanceled"}, {"requestId": 72, "status": "Uploading"}, {"requestId": 72, "status": "Uploaded"}),
        also=(("GetLog", {"logType": "SecurityLog", "requestId": 72, "log": LOG}, {"status": "AcceptedCanceled", "filename": "b.zip"}),)),
    Row("TC_O_06_CSMS", "A message during a transaction", "O02.FR.01", "SetDisplayMessage", _message(**TRANSACTION), ACCEPTED, charging=True),
    Row("TC_O_07_CSMS", "A display message by its id", "O04.FR.01", "GetDisplayMessages", {"requestId": 33, "id": [2]}, ACCEPTED, _shown(33)),
    Row("TC_O_08_CSMS", "Display messages of a priority", "O04.FR.01", "GetDisplayMessages", {"requestId": 34, "priority": "NormalCycle"}, ACCEPTED, _shown(34)),
    Row("TC_O_09_CSMS", "Display messages of a state", "O04.FR.01", "GetDisplayMessages", {"requestId": 35, "state": "Charging"}, ACCEPTED, _shown(35)),
    Row("TC_O_10_CSMS", "A message during a transaction that is not there", "O02.FR.01", "SetDisplayMessage", _message(transactionId="nobody's"), {"status": "UnknownTransaction"}),
    Row("TC_O_11_CSMS", "Display messages that are not there", "O04.FR.02", "GetDisplayMessages", {"requestId": 36, "id": [99], "state": "Faulted"}, {"status": "Unknown"}),
    Row("TC_O_12_CSMS", "A display message takes the place of another", "O06.FR.01", "SetDisplayMessage", _message(), ACCEPTED, also=(("SetDisplayMessage", _message(priority="AlwaysFront"), ACCEPTED),)),
    Row("TC_O_13_CSMS", "A display message that begins later", "O01.FR.06", "SetDisplayMessage", _message(**LATER), ACCEPTED),
    Row("TC_O_14_CSMS", "A display message that ends", "O01.FR.07", "SetDisplayMessage", _message(**SOON), ACCEPTED),
    Row("TC_O_18_CSMS", "A display message of a state that is not supported", "O01.FR.04", "SetDisplayMessage", _message(state="Faulted"), {"status": "NotSupportedState"}),
    Row("TC_O_19_CSMS", "A display message of a format that is not supported", "O01.FR.04", "SetDisplayMessage", _message(message={"format": "HTML", "content": "<b>Hello</b>"}), {"status": "NotSupportedMessageFormat"}),
    Row("TC_O_25_CSMS", "A display message of a state", "O01.FR.04", "SetDisplayMessage", _message(state="Unavailable"), ACCEPTED),
    Row("TC_O_26_CSMS", "A display message that is rejected", "O01.FR.04", "SetDisplayMessage", _message(), REJECTED),
    Row("TC_O_27_CSMS", "A message during a transaction, that begins later", "O02.FR.01", "SetDisplayMessage", _message(**TRANSACTION, **LATER), ACCEPTED, charging=True),
    Row("TC_O_28_CSMS", "A message during a transaction, that ends", "O02.FR.01", "SetDisplayMessage", _message(**TRANSACTION, **SOON), ACCEPTED, charging=True),
]  # fmt: skip
add_rows(ROWS, V2)
