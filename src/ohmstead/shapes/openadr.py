"""What came from a VTN of OpenADR 3, how it was understood, and what went back."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from ohmstead.shapes.demand_event import TIMES


class OpenAdrConnection(Struct, frozen=True, kw_only=True):
    """How this server follows a VTN, by its settings; `url` is null where it follows none."""

    url: str | None
    version: Literal["3.0", "3.1"]
    ven_name: str
    programs: list[str]
    """The programs that are followed, by name; []: all that the VTN shows."""
    look_every_s: float


class OpenAdrAsked(Struct, frozen=True, kw_only=True, rename=TIMES):
    """One thing that an event asks, of one target in one interval. `demand_event_id` is the event of demand response
    that it became; null: it was over already."""

    key: str
    target: str
    site_ids: list[str]
    start: datetime
    end: datetime
    limit_w: float | None
    shed_w: float | None
    shed_percent: float | None
    demand_event_id: str | None


class OpenAdrEvent(Struct, frozen=True, kw_only=True):
    """An event of the VTN as it was last read. `notes` say what was not understood of it, `report` which types of
    payload it wants back."""

    id: str
    program_id: str
    state: Literal["known", "gone"]
    asked: list[OpenAdrAsked]
    notes: list[str]
    report: list[str]
    report_state: Literal["none", "waiting", "sent", "refused"]
    modified: str
    first_seen_at: datetime
