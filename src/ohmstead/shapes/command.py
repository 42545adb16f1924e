"""Commands: what somebody asked of a station, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from ohmstead.shapes.device_model import ChangeResult
from ohmstead.shapes.station import Station

CommandState = Literal[
    "queued",
    "sent",
    "accepted",
    "rejected",
    "error",
    "timed_out",
    "expired",
    "cancelled",
    "confirmed",
    "unconfirmed",
]


class OcppCall(Struct, frozen=True, forbid_unknown_fields=True):
    """An action of the station's OCPP version, with its payload in OCPP's own names."""

    action: str
    payload: dict[str, Any] = {}


class RawCommand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A raw call: checked against the official schema, sent with its keys in the order given."""

    ocpp: OcppCall
    if_offline: Literal["queue", "fail"] = "fail"
    expires_in: float = 300


class CallFailure(Struct, frozen=True):
    """A CALLERROR of the station, or why there is no answer."""

    code: str
    description: str


class CommandCall(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One CALL of a command as it was sent."""

    message_id: str
    action: str
    payload: Any
    answer: Any = None
    error: CallFailure | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command. `type` of a typed one, `ocpp` of a raw one; `answer` is the raw answer of its last call."""

    id: str
    station_id: str
    state: CommandState
    answer: Any
    calls: list[CommandCall]
    error: CallFailure | None
    reason: str | None
    created_at: datetime
    expires_at: datetime
    type: str | None = None
    fields: dict[str, Any] | None = None
    """The fields of a typed command, as they were asked."""
    ocpp: Any = None
    results: list[ChangeResult] | None = None
    """What became of each thing asked, where a command asks several."""
    station: Station | UnsetType | None = UNSET
    """With `expand=station`; null: it is archived."""


class Rotation(Command, frozen=True, kw_only=True, omit_defaults=True):
    """The command that gives a station another password; `password` only where Ohmstead made it, and only this once."""

    password: str | None = None
