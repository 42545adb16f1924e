"""Transactions: what was charged, where, when, by whom, and how sure we are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ohmstead.shapes.common import Finding

TransactionState = Literal["active", "ended", "inferred_ended"]


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
    total_cost: str | None = None


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
