"""Commands: what somebody asked of a station, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

IfOffline = Literal["queue", "fail"]
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
FINAL_STATES: frozenset[str] = frozenset(
    {"rejected", "error", "timed_out", "expired", "cancelled", "confirmed", "unconfirmed"}
)
"""States that no longer change; `accepted` is final as well for a command that nothing confirms."""
ExpiresIn = Annotated[int, Meta(ge=1, le=2_592_000, description="seconds after which it is no longer sent")]


class Raw(Struct, frozen=True, forbid_unknown_fields=True):
    """Any action of the station's OCPP version with its payload in OCPP's own names."""

    action: Annotated[str, Meta(min_length=1, max_length=50)]
    payload: dict[str, Any] = {}


class RawCommand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A raw OCPP call, checked against the official schema and sent with its keys in the order given."""

    ocpp: Raw
    if_offline: IfOffline = "fail"
    expires_in: ExpiresIn | None = None


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
