"""Periodic event streams of 2.1: values of one variable, many in a message, none of them answered (N11 to N15).

A stream belongs to a monitor and is opened and closed by the station, which may use its number again afterwards. A
station that cannot keep up says so by `pending`, the values that still wait: where that grows from message to message,
the stream should send more at once, or less often (AdjustPeriodicEventStream).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain.device_model import Name

MOST_OPEN = 64
"""Streams of one station that may be open at once."""
BEHIND = 3
"""So often in a row `pending` grows before it is an alert."""
MODELLED = 60_000_000
"""Microseconds between two values of a stream that are put into the device model."""
FARTHEST = 366 * 86_400.0
"""Seconds that a value may lie off its message's base time."""


class Stream(Struct, frozen=True, kw_only=True):
    """A stream. `id` is ours, `stream_id` the station's; times in microseconds."""

    id: int
    stream_id: int
    monitor_id: int
    name: Name | None
    """What it tells of; None where the monitor was not known."""
    interval_s: int | None
    most_values: int | None
    """So many values make a message."""
    opened_at: int
    closed_at: int | None = None
    messages: int = 0
    values: int = 0
    pending: int = 0
    growing: int = 0
    """So often in a row `pending` has grown."""
    last_at: int | None = None
    last_value: str | None = None
    modelled_at: int = 0

    @property
    def behind(self) -> bool:
        """The station cannot keep up (N15.FR.05)."""
        return self.growing >= BEHIND


class Value(Struct, frozen=True, array_like=True):
    """One value and when it was so."""

    at: int
    value: str


def offsets(base: int, told: Iterable[tuple[float, str]]) -> tuple[Value, ...]:
    """Values by their offsets, in seconds, from the message's base time; those that lie beyond all reason are left
    out."""
    return tuple(
        Value(base + round(offset * 1_000_000), value)
        for offset, value in told
        if math.isfinite(offset) and abs(offset) <= FARTHEST
    )


def received(stream: Stream, found: tuple[Value, ...], pending: int) -> Stream:
    """The stream after one more message."""
    newest = max(found, key=lambda one: one.at, default=None)
    after = replace(
        stream,
        messages=stream.messages + 1,
        values=stream.values + len(found),
        pending=pending,
        growing=stream.growing + 1 if pending > stream.pending else 0 if pending < stream.pending else stream.growing,
    )
    if newest is not None and newest.at >= (stream.last_at or 0):
        after = replace(after, last_at=newest.at, last_value=newest.value)
    return after
