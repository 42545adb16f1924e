"""What happened: the event feed, the message log, refused handshakes and findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ohmstead.shapes.command import CallFailure


class Event(Struct, frozen=True, kw_only=True):
    """A CloudEvents 1.0 event; `sequence` rises by one in the whole feed of a tenant."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str | None
    time: datetime
    sequence: int
    datacontenttype: str = "application/json"
    data: Any


class Message(Struct, frozen=True, kw_only=True):
    """One OCPP call with its answer; `direction` in: the station called, out: we called."""

    id: str
    station_id: str
    direction: Literal["in", "out"]
    message_id: str | None
    action: str | None
    at: datetime
    answered_at: datetime | None
    payload: Any
    answer: Any
    """The payload of the answer."""
    error: CallFailure | None
    """The CALLERROR that was the answer."""
    signed: Any
    """The flattened JWS that the payload came in, byte for byte; null where it was not signed."""
    answer_signed: Any
    """That of the answer."""
    invalid: str | None
    """Why it was refused, or what was odd about it."""
    frame: str | None
    """The text as it came, where it is no OCPP message."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A handshake that was refused, with a reason a person can act on."""

    id: str
    at: datetime
    peer: str
    target: str | None
    station_id: str | None
    status: int
    code: str
    reason: str


class StationFinding(Struct, frozen=True, kw_only=True):
    """Something odd a station does, counted: accepted or repaired all the same."""

    station_id: str
    action: str
    code: str
    text: str
    count: int
    first_at: datetime
    last_at: datetime
