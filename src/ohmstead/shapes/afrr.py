"""A signal of the grid operator (aFRR) for many stations at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from ohmstead.shapes.common import Identity, Time
from ohmstead.shapes.site_group import GroupId


class AfrrSignalNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For all stations of 2.1 at these sites and at those of these groups (those below them too), and these stations.
    What `signal` means is in the signal curve of each station's LocalFrequency profile."""

    signal: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
    timestamp: Time | None = None
    site_ids: Annotated[list[str], Meta(max_length=1000)] = []
    group_ids: Annotated[list[GroupId], Meta(max_length=100)] = []
    station_ids: Annotated[list[Identity], Meta(max_length=10_000)] = []


class AfrrStation(Struct, frozen=True, kw_only=True):
    """`sent_ms` and `answered_ms` count from the moment the request came; null: not yet, or never."""

    station_id: str
    command_id: str | None
    state: str
    """Of its command; `skipped`: it was sent none, `reason` says why."""
    reason: str | None = None
    sent_ms: float | None = None
    answered_ms: float | None = None


class AfrrLatency(Struct, frozen=True, kw_only=True):
    """Milliseconds from the request until it was sent or answered: of half of the stations, and of the last one."""

    sent_p50: float | None
    sent_max: float | None
    answered_p50: float | None
    answered_max: float | None


class AfrrSignalSent(Struct, frozen=True, kw_only=True):
    signal: int
    timestamp: datetime
    accepted: int
    rejected: int
    pending: int
    skipped: int
    latency_ms: AfrrLatency
    data: list[AfrrStation]
