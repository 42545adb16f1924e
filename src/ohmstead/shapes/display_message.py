"""Messages on the displays of stations."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

MessageFormat = Literal["ASCII", "HTML", "URI", "UTF8", "QRCODE"]


class DisplayText(Struct, frozen=True, kw_only=True):
    """A text in one language."""

    format: str
    language: str | None
    text: str


class DisplayMessage(Struct, frozen=True, kw_only=True):
    """A message as the station was given it, or told of it."""

    id: int
    priority: str
    """AlwaysFront, InFront or NormalCycle."""
    state: str | None
    """When it is shown: Charging, Faulted, Idle, Unavailable ...; null: always."""
    transaction_id: str | None
    evse_id: int | None
    display: str | None
    """The component that shows it; null: the main one."""
    starts_at: datetime | None
    ends_at: datetime | None
    texts: list[DisplayText]
    updated_at: datetime
