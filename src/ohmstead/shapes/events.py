"""What the events of the feed tell: the `data` of each type. SDK and AsyncAPI document are made from this table.

Fields that are empty where nothing is known are null; further fields may be added, and readers must not mind.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from ohmstead.shapes.alert import Alert
from ohmstead.shapes.battery_swap import BatterySwap
from ohmstead.shapes.command import CommandState
from ohmstead.shapes.contract import Contract
from ohmstead.shapes.file import File
from ohmstead.shapes.procedure import Procedure
from ohmstead.shapes.reservation import Reservation, ReservationBill
from ohmstead.shapes.tariff import Bill
from ohmstead.shapes.transaction import Transaction


class StationConnected(Struct, frozen=True, kw_only=True):
    id: str
    ocpp_version: str


class StationDisconnected(Struct, frozen=True, kw_only=True):
    """`code` and `reason` are those of the WebSocket's end."""

    id: str
    code: int
    reason: str


class StationBooted(Struct, frozen=True, kw_only=True):
    id: str
    vendor: str
    model: str
    serial_number: str | None
    firmware_version: str | None
    ocpp_version: str
    reason: str | None
    registration: str


class StatusChanged(Struct, frozen=True, kw_only=True):
    station_id: str
    evse_id: int | None
    connector_id: int | None
    status: str
    previous: str | None
    error_code: str | None


class TransactionSealed(Struct, frozen=True, kw_only=True):
    """`changed` says what is another than in the version before, after an amendment."""

    id: str
    station_id: str
    version: int
    sealed_at: datetime
    reason: str
    changed: dict[str, Any]


class AuthorizationRefused(Struct, frozen=True, kw_only=True):
    """`token` is null where it is a code that a person typed."""

    token: str | None
    type: str | None
    status: str
    evse_id: int | None
    offline: bool


class CommandStep(Struct, frozen=True, kw_only=True):
    """A command came to a state; the command itself is at `GET /commands/{id}`."""

    id: str
    station_id: str
    state: CommandState
    at: datetime
    type: str | None = None
    reason: str | None = None


class CertificateNews(Struct, frozen=True, kw_only=True):
    """A certificate of a station; which fields are there depends on what happened."""

    station_id: str
    id: str | None = None
    serial_number: str | None = None
    reason: str | None = None
    not_after: datetime | None = None
    days: int | None = None
    """Until it expires."""


class ServerCertificateNews(Struct, frozen=True, kw_only=True):
    """Our own server certificates by ACME: `renewed`, or `failed` with the reason and when it is tried again."""

    names: list[str]
    directory: str
    not_after: datetime | None
    """When those end that are in use now; null: there are none by ACME yet."""
    reason: str | None = None
    failures: int = 0
    next_at: datetime | None = None


class CampaignNews(Struct, frozen=True, kw_only=True):
    id: str
    state: str
    reason: str | None


class DeviceModelChanged(Struct, frozen=True, kw_only=True):
    """How many variables are new, gone and different."""

    station_id: str
    source: str
    added: int
    removed: int
    changed: int


class LimitNews(Struct, frozen=True, kw_only=True):
    station_id: str
    evse_id: int
    limit_a: float
    limit_w: int
    measured_a: float | None
    at: datetime


class SecurityEvent(Struct, frozen=True, kw_only=True):
    station_id: str
    type: str
    critical: bool
    tech_info: str | None


class WebhookDisabled(Struct, frozen=True, kw_only=True):
    webhook_id: str
    url: str
    reason: str


Json = dict[str, Any]
DATA: dict[str, Any] = {
    "ohmstead.station.connected": StationConnected,
    "ohmstead.station.disconnected": StationDisconnected,
    "ohmstead.station.booted": StationBooted,
    "ohmstead.station.version_changed": Json,
    "ohmstead.station.version_carried_over": Json,
    "ohmstead.station.security_profile_upgrade": Json,
    "ohmstead.connector.status_changed": StatusChanged,
    "ohmstead.transaction.started": Transaction,
    "ohmstead.transaction.updated": Transaction,
    "ohmstead.transaction.ended": Transaction,
    "ohmstead.transaction.gap_detected": Transaction,
    "ohmstead.transaction.reconciled": Transaction,
    "ohmstead.transaction.sealed": TransactionSealed,
    "ohmstead.transaction.billed": Bill,
    "ohmstead.authorization.refused": AuthorizationRefused,
    "ohmstead.command.*": CommandStep,
    "ohmstead.certificate.*": CertificateNews,
    "ohmstead.server_certificate.*": ServerCertificateNews,
    "ohmstead.firmware.*": Procedure,
    "ohmstead.publish_firmware.*": Procedure,
    "ohmstead.log.*": Procedure,
    "ohmstead.customer_information.*": Procedure,
    "ohmstead.display_messages.*": Procedure,
    "ohmstead.campaign.*": CampaignNews,
    "ohmstead.device_model.changed": DeviceModelChanged,
    "ohmstead.limit.*": LimitNews,
    "ohmstead.security.event": SecurityEvent,
    "ohmstead.message.invalid": Json,
    "ohmstead.alert.firing": Alert,
    "ohmstead.alert.resolved": Alert,
    "ohmstead.reservation.billed": ReservationBill,
    "ohmstead.reservation.*": Reservation,
    "ohmstead.contract.created": Contract,
    "ohmstead.contract.revoked": Contract,
    "ohmstead.contract.provisioned": Json,
    "ohmstead.contract.refused": Json,
    "ohmstead.data_transfer.received": Json,
    "ohmstead.authority.*": Json,
    "ohmstead.display_message.*": Json,
    "ohmstead.battery_swap.*": BatterySwap,
    "ohmstead.file.received": File,
    "ohmstead.charging_need.*": Json,
    "ohmstead.demand_response.*": Json,
    "ohmstead.payment.*": Json,
    "ohmstead.der_control.*": Json,
    "ohmstead.priority_charging.changed": Json,
    "ohmstead.webhook.disabled": WebhookDisabled,
}
"""Type of event -> shape of its data; `*` stands for a state, plain JSON where what is told differs."""


def shape_of(type: str) -> Any:
    """The shape of the data of events of this type; plain JSON where the type is not known here."""
    found = DATA.get(type) or DATA.get(f"{type.rpartition('.')[0]}.*")
    return Any if found is None or found is Json else found
