"""A station seen from outside: whether it may speak yet, what its connectors say, how wrong its clock is.

Availability is one machine for both dialects. 1.6 and 2.x StatusNotification and the 2.x NotifyEvent of
AvailabilityState all end in `reported`; 1.6 tells of charging in the connector's status, 2.x in the transaction, and
`evse_state` joins the two. EVSE 0 is the whole station, connector 0 the whole EVSE.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, get_args
from zlib import crc32

from msgspec import Struct

from ohmstead.domain.transactions import Transaction

Registration = Literal["unknown", "pending", "accepted", "rejected"]
EvseState = Literal[
    "available",
    "occupied",
    "reserved",
    "unavailable",
    "faulted",
    "preparing",
    "charging",
    "suspended_ev",
    "suspended_evse",
    "finishing",
]

_MINUTE = 60_000_000
_CLOCK_SET = 1_262_304_000_000_000  # 2010-01-01

# our call -> the calls of the station that answer it later
_ANSWERED_BY = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
    "GetChargingProfiles": "ReportChargingProfiles",
    "GetDisplayMessages": "NotifyDisplayMessages",
    "GetDERControl": "ReportDERControl",
    "CustomerInformation": "NotifyCustomerInformation",
    "GetLog": "LogStatusNotification",
    "GetDiagnostics": "DiagnosticsStatusNotification",
    "UpdateFirmware": "FirmwareStatusNotification",
    "SignedUpdateFirmware": "SignedFirmwareStatusNotification",
    "PublishFirmware": "PublishFirmwareStatusNotification",
}


def entitles(action: str, requested_message: str | None = None) -> frozenset[str]:
    """The actions a station may use because we made this call, also before it is accepted (B01.FR.10, B02.FR.01)."""
    if requested_message is None:
        answer = _ANSWERED_BY.get(action)
        return frozenset() if answer is None else frozenset((answer,))
    # SignChargingStationCertificate, SignV2GCertificate, SignChargePointCertificate ... ask for the one SignCertificate
    sign = requested_message.startswith("Sign") and requested_message.endswith("Certificate")
    return frozenset(("SignCertificate" if sign else requested_message,))


def standing(decided: Registration, told: Registration | None) -> Registration:
    """The registration that a station's calls are judged by.

    A station goes by our last boot answer (`told`, None before the first). One that was told Accepted keeps its word
    until its next boot whatever an operator decided since: a CALLERROR now would make it drop billing data (E13.FR.04).
    """
    if told is None:
        return "unknown"
    return "accepted" if "accepted" in (decided, told) else told


def own_interval(identity: str, seconds: int, spread: float) -> int:
    """Seconds between this station's heartbeats, or its boots while it is not accepted: `seconds`, less up to the share
    `spread` of them by its identity: stations that booted in one moment (power is back) do not go on so."""
    place = crc32(identity.encode()) / 2**32
    return max(1, seconds - int(seconds * spread * place))


def may_send(registration: Registration, action: str, triggered: Collection[str] = ()) -> bool:
    """May a station in this registration make this call? If not the answer is CALLERROR SecurityError.

    `triggered` are the actions our open requests entitle it to. Before it is accepted a station may boot and answer
    what we asked (B01.FR.10, B02.FR.09); a rejected one may only boot (B03.FR.07).
    """
    if registration == "accepted" or action == "BootNotification":
        return True
    return registration != "rejected" and action in triggered


class Connector(Struct, frozen=True, gc=False, omit_defaults=True):
    """The last status of a connector, of an EVSE (connector 0) or of the station (EVSE 0), in the station's words."""

    evse_id: int
    connector_id: int
    status: str
    """Available, Occupied, Reserved, Unavailable, Faulted; from 1.6 also Preparing, Charging, SuspendedEV,
    SuspendedEVSE, Finishing."""
    at: int


_STATES: dict[str, EvseState] = {
    "Available": "available",
    "Occupied": "occupied",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
    "Preparing": "preparing",
    "Charging": "charging",
    "SuspendedEV": "suspended_ev",
    "SuspendedEVSE": "suspended_evse",
    "Finishing": "finishing",
}
_WORDS = {word.lower(): word for word in _STATES}


def trusted_time(at: int | None, received_at: int) -> int:
    """When something that the station reports live happened: its own time if that can be, else ours.

    Many stations send no time, 1970, or a clock that runs ahead; a status dated tomorrow would hide all of today's.
    """
    if at is None or at < _CLOCK_SET or at > received_at + 5 * _MINUTE:
        return received_at
    return at


def reported(
    current: Connector | None, evse_id: int, connector_id: int, status: str, at: int | None, received_at: int
) -> Connector | None:
    """The connector after a status report: `current` itself where the report is older (it was queued) or no status."""
    word = _WORDS.get(status.lower())
    at = trusted_time(at, received_at)
    if word is None or (current is not None and at < current.at):
        return current
    return Connector(evse_id, connector_id, word, at)


def evse_state(evse_id: int, connectors: Iterable[Connector], transaction: Transaction | None) -> EvseState:
    """What the EVSE is doing, from all connectors of the station and the transaction active on it.

    An EVSE is as good as its best connector. A status of the whole EVSE or station counts when it is bad news and no
    older than the connector's own.
    """
    known = list(connectors)
    above = [c for c in known if c.evse_id == 0 or (c.evse_id == evse_id and c.connector_id == 0)]
    own = {_effective(c, above) for c in known if c.evse_id == evse_id and c.connector_id != 0}
    own = own or {_STATES[c.status] for c in above}
    active = transaction is not None and transaction.state == "active"
    if own == {"faulted"} or (own == {"unavailable"} and not active):
        return "faulted" if "faulted" in own else "unavailable"
    detail = own - {"available", "occupied", "reserved", "unavailable", "faulted"}
    if transaction is not None and active:
        return _charging(transaction) or (detail.pop() if len(detail) == 1 else "occupied")
    for state in (*_DETAILS, "occupied", "reserved", "available", "faulted"):
        if state in own:
            return state
    return "unavailable"


StationStatus = Literal["faulted", "offline", "pending", "charging", "occupied", "available", "reserved", "unavailable"]
STATUSES: tuple[StationStatus, ...] = get_args(StationStatus)
"""The worst first."""


def station_status(
    registration: Registration, online: bool, connectors: Iterable[Connector], charging: bool
) -> StationStatus:
    """A station in one word, the first that is true: it waits to be let in, is not connected, has a fault anywhere,
    has an active transaction (`charging`), else what any of its connectors says."""
    if registration != "accepted":
        return "pending"
    if not online:
        return "offline"
    said = {one.status for one in connectors}
    if "Faulted" in said:
        return "faulted"
    if charging:
        return "charging"
    if said & OCCUPIED:
        return "occupied"
    for word in ("Reserved", "Available"):
        if word in said:
            return "reserved" if word == "Reserved" else "available"
    return "unavailable" if "Unavailable" in said else "available"


OCCUPIED = frozenset({"Occupied", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"})
"""A connector with a car on it."""

_DETAILS: tuple[EvseState, ...] = ("charging", "suspended_evse", "suspended_ev", "finishing", "preparing")


def _effective(connector: Connector, above: list[Connector]) -> EvseState:
    for whole in above:
        if whole.status in ("Faulted", "Unavailable") and whole.at >= connector.at:
            return _STATES[whole.status]
    return _STATES[connector.status]


def _charging(transaction: Transaction) -> EvseState | None:
    """The EVSE's state by the 2.x chargingState; None where the station sends none (1.6)."""
    match transaction.charging_state:
        case "Charging":
            return "charging"
        case "SuspendedEV":
            return "suspended_ev"
        case "SuspendedEVSE":
            return "suspended_evse"
        case "EVConnected" | "Idle":
            # the same two words before the first energy and after the last
            over = transaction.stop_token is not None or transaction.energy_wh > 0
            return "finishing" if over else "preparing"
    return None


class Skew(Struct, frozen=True, gc=False):
    """How far a station's clock is ahead of ours, in microseconds (negative: behind)."""

    us: int
    doubts: int = 0


_DOUBT = 30 * 1_000_000
_DOUBTS = 10


def observed(skew: Skew | None, at: int, received_at: int) -> Skew | None:
    """The estimate after one more message that the station dated `at` and that is not marked offline.

    On its way a message can only lose time, so the best estimate is the highest, and a better one is taken at once. A
    much lower one is probably a queued message: only ten in a row say that the clock was set back.
    """
    if at < _CLOCK_SET:
        return skew
    ahead = at - received_at
    if skew is None or ahead >= skew.us:
        return Skew(ahead)
    if ahead >= skew.us - _DOUBT:
        return Skew(skew.us + (ahead - skew.us) // 8)  # drift, slowly
    return Skew(ahead) if skew.doubts + 1 >= _DOUBTS else Skew(skew.us, skew.doubts + 1)
