"""A station told to a second CSMS: what is said, what may be asked, and what waits while nobody listens. Pure.

The second CSMS sees a station that speaks as ours does. It is never the one that the station belongs to: what would
hand over the station or its keys does not reach it (`OURS_ALONE`), and what only the station's own CSMS can answer is
not told (`NOT_TOLD`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Set
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from ohmstead.domain.station import Connector

OURS_ALONE = frozenset(
    {
        "CertificateSigned",
        "ChangeConfiguration",
        "DeleteCertificate",
        "InstallCertificate",
        "PublishFirmware",
        "SendLocalList",
        "SetNetworkProfile",
        "SetVariables",
        "SignedUpdateFirmware",
        "UnpublishFirmware",
        "UpdateFirmware",
    }
)
"""Commands that no second CSMS may give: they decide whom a station trusts, serves and runs the software of."""
NOT_TOLD = frozenset({"Get15118EVCertificate", "GetCertificateChainStatus", "GetCertificateStatus", "SignCertificate"})
"""Questions that one CSMS alone answers."""
CERTIFICATES = b"iso15118pnc"
"""In the vendor id of DataTransfers that carry certificates (1.6)."""
STATUSES_2 = frozenset({"Available", "Occupied", "Reserved", "Unavailable", "Faulted"})
LASTING = frozenset({"StartTransaction", "StopTransaction", "TransactionEvent"})
"""What is thrown away last."""
MOST, MOST_BYTES = 200, 256 * 1024
"""Messages and bytes that wait for one station's second CSMS."""
MOST_BYTES_IN_ALL = 64 * 1024 * 1024
LONGEST_WAIT = 300.0
"""Seconds between two attempts to connect, at most."""

Ids = dict[int, int]
"""1.6: our transaction ids -> those that the second CSMS gave."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Told(NamedTuple):
    """A message of the station, as JSON text."""

    action: str
    payload: bytes
    number: int | None = None
    """1.6: the transaction id in our answer to a StartTransaction."""
    is_send: bool = False
    """2.1: it is not answered."""


class Room:
    """The bytes that may wait for all second CSMSs of a process together."""

    def __init__(self, most: int = MOST_BYTES_IN_ALL) -> None:
        self.most, self.used = most, 0


class Outbox:
    """What waits to be told: bounded. What does not fit costs the oldest message that is of no transaction, and only
    where there is none the oldest of all; where the whole process has no room, the message itself."""

    def __init__(self, room: Room, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._waiting: deque[Told] = deque()
        self._room, self._most, self._most_bytes = room, most, most_bytes
        self._bytes = 0
        self.dropped = 0
        """Messages that were thrown away, since the start."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, one: Told) -> None:
        size = len(one.payload)
        while self._waiting and (len(self) >= self._most or self._bytes + size > self._most_bytes):
            self._take(next((n for n, old in enumerate(self._waiting) if old.action not in LASTING), 0))
            self.dropped += 1
        if size > self._most_bytes or self._room.used + size > self._room.most:
            self.dropped += 1
            return
        self._waiting.append(one)
        self._count(size)

    def first(self) -> Told | None:
        return self._waiting[0] if self._waiting else None

    def done(self, one: Told) -> None:
        """It was told, or will not be; it may have been thrown away meanwhile."""
        if self.first() is one:
            self._take(0)

    def clear(self) -> None:
        self._waiting.clear()
        self._count(-self._bytes)

    def _take(self, place: int) -> None:
        self._count(-len(self._waiting[place].payload))
        del self._waiting[place]

    def _count(self, size: int) -> None:
        self._bytes += size
        self._room.used += size


def wait_before(attempt: int, dice: float) -> float:
    """Seconds before attempt 1, 2 ...: doubled from 2 to `LONGEST_WAIT`, of which `dice` (0 to 1) decides the half, so
    that a fleet does not come back at once."""
    most = min(LONGEST_WAIT, 2.0**attempt)
    return most / 2 + most / 2 * dice


def told_with(payload: bytes, action: str, ids: Mapping[int, int]) -> bytes | None:
    """1.6: what the station said, with the second CSMS's transaction id in place of ours; None where the end of a
    transaction is told whose begin it never took."""
    if action not in ("StopTransaction", "MeterValues"):
        return payload
    said: dict[str, Any] = _decode(payload)
    if "transactionId" not in said:
        return payload
    theirs = ids.get(said["transactionId"])
    if theirs is None and action == "StopTransaction":
        return None
    said.pop("transactionId") if theirs is None else said.update(transactionId=theirs)
    return _encode(said)


def asked_with(payload: bytes, ids: Mapping[int, int]) -> bytes:
    """1.6: a command with our transaction id in place of the second CSMS's. Raises KeyError for one that is not its."""
    said = _decode(payload)
    ours: dict[Any, int] = {theirs: mine for mine, theirs in ids.items()}
    for place in (said, said.get("csChargingProfiles")) if isinstance(said, dict) else ():
        if isinstance(place, dict) and "transactionId" in place:
            number = place["transactionId"]
            place["transactionId"] = ours[number if isinstance(number, int) else None]
    return _encode(said)


def members(payload: bytes | None) -> dict[str, Any]:
    """Those of a JSON object; none where it is none."""
    try:
        found = _decode(payload or b"{}")
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def transaction_of(payload: bytes) -> int | None:
    """The `transactionId` of an answer or a call of 1.6."""
    number = members(payload).get("transactionId")
    return number if isinstance(number, int) and abs(number) < 2**63 else None


def why_not(commands: Set[str], action: str, payload: bytes) -> str | None:
    """Why the second CSMS may not ask for this; None when it may."""
    if action in OURS_ALONE or action not in commands:
        return f"This station is told here, it is not served: {action} is not let through."
    if action == "DataTransfer" and CERTIFICATES in payload:
        return "Certificates of this station are its own CSMS's."
    return None


def introduction(version: str, vendor: str, model: str, serial_number: str | None, firmware: str | None) -> bytes:
    """The BootNotification with which a station that booted here comes to the second CSMS."""
    if version == "1.6":
        said = {"chargePointVendor": vendor[:20], "chargePointModel": model[:20], "firmwareVersion": firmware,
                "chargePointSerialNumber": serial_number and serial_number[:25]}  # fmt: skip
        return _encode({name: value for name, value in said.items() if value})
    station = {"vendorName": vendor[:50], "model": model[:20], "serialNumber": serial_number and serial_number[:25],
               "firmwareVersion": firmware}  # fmt: skip
    return _encode({"reason": "Unknown", "chargingStation": {name: one for name, one in station.items() if one}})


def statuses(version: str, connectors: Iterable[Connector]) -> list[bytes]:
    """StatusNotifications that say how its connectors are."""
    said: list[dict[str, Any]] = []
    for one in connectors:
        at = datetime.fromtimestamp(one.at // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
        if version == "1.6" and one.connector_id <= 1:
            error = "OtherError" if one.status == "Faulted" else "NoError"
            said.append({"connectorId": one.evse_id, "errorCode": error, "status": one.status, "timestamp": at})
        elif version != "1.6" and one.connector_id and one.status in STATUSES_2:
            place = {"evseId": one.evse_id, "connectorId": one.connector_id}
            said.append({"timestamp": at, "connectorStatus": one.status, **place})
    return [_encode(one) for one in said]
