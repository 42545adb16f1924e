"""Transactions: what was charged, where, when, by whom, and how sure we are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from ohmstead.shapes.common import Finding
from ohmstead.shapes.station import Station

TransactionState = Literal["active", "ended", "inferred_ended"]
Verdict = Literal["complete", "ongoing", "lost", "end_lost", "vanished", "unanswered", "not_asked"]
"""lost: the station has nothing more to send. end_lost: nor does it charge any more. vanished: the station is gone."""


class Transaction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One charging transaction; energy in Wh, power in W."""

    id: str
    station_id: str
    transaction_id: str
    """The station's own id; in 1.6 the integer as text."""
    evse_id: int | None
    connector_id: int | None
    token: str | None
    token_type: str | None
    state: TransactionState
    started_at: datetime | None
    ended_at: datetime | None
    energy_wh: float
    power_w: float | None
    charging_state: str | None
    stopped_reason: str | None
    """The specification's value unchanged: Local, EVDisconnected ..."""
    events: int
    """How many events of the station make up this transaction."""
    gaps: list[int]
    """seqNo values that never came."""
    complete: bool
    findings: list[Finding]
    verdict: Verdict | None = None
    """How the search for what is missing ended; absent while nothing was missing, or nothing is decided."""
    total_cost: str | None = None
    """What it costs so far, or by its bill; gross. Absent: it has no tariff."""
    currency: str | None = None
    station: Station | UnsetType | None = UNSET
    """With `expand=station`; null: it is archived."""
    stop_token: str | None = None
    """The token that ended it, where one did; another one of the same group than `token`, perhaps."""


class TransactionEvent(Struct, frozen=True, kw_only=True):
    """One message of a transaction: its payload as it was received, and our answer."""

    id: str
    kind: str
    """started, updated or ended."""
    seq_no: int | None
    at: datetime
    received_at: datetime
    action: str
    payload: Any
    answer: Any


class MeterValue(Struct, frozen=True, kw_only=True):
    """One measured value in its base unit (Wh, W, A, V, Hz, percent ...)."""

    at: datetime
    measurand: str
    phase: str | None
    value: float
    unit: str
    context: str
    location: str


class Record(Struct, frozen=True, kw_only=True):
    """What a transaction came to when this was sealed; bills are made from it. Never changed: what comes later makes
    the next version."""

    version: int
    sealed_at: datetime
    reason: str
    """complete; a verdict, where something was missing for good; amended."""
    transaction: Transaction


class Reconciliation(Struct, frozen=True, kw_only=True):
    """A transaction of which something was missing, and the search for it."""

    transaction_id: str
    """Our id of the transaction."""
    station_id: str
    state: Literal["open", "closed"]
    reason: str
    """gap, started_missing, incomplete, silent, rebooted, vanished, asked."""
    opened_at: datetime
    due_at: datetime | None
    """When it is looked at again; null when it is closed."""
    asked: int
    """Questions since the last answer."""
    ongoing: bool | None
    """What the station said last: does it go on? Null: nothing yet."""
    in_queue: bool | None
    """What the station said last: are there messages in its queue?"""
    verdict: Verdict | None
    closed_at: datetime | None


class SignedReading(Struct, frozen=True, kw_only=True):
    """One register in a signed value; energy in Wh."""

    at: datetime | None
    kind: str | None
    value: float
    unit: str
    identifier: str | None
    good: bool
    """The meter's own word on it."""


class SignedValue(Struct, frozen=True, kw_only=True):
    """A signed meter value as the station sent it, and whether its signature holds."""

    at: datetime
    context: str | None
    format: str
    data: str
    """Byte for byte."""
    public_key: str | None
    key_fingerprint: str | None
    """SHA-256 of the key in DER: whose it is must be known from elsewhere."""
    meter_serial: str | None
    verdict: Literal["valid", "invalid", "unreadable", "not_checked"]
    reason: str | None
    readings: list[SignedReading]
