"""The only clock, the only dice and the only create_task of Ohmstead.

Times are integers: microseconds since 1970 UTC. That is what the database stores and what the domain compares;
text in RFC 3339 exists only on the wire and in the API. Tests replace `clock` by a `FakeClock`.
"""

from __future__ import annotations

import asyncio
import random as _random
import ssl
import sys
import time as _time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, TypeVar

import structlog

log = structlog.get_logger("ohmstead")


def configure_logging(*, as_json: bool, level: str = "info") -> None:
    """Log lines to standard error: JSON for machines, else plain. Tracebacks are plain text: a rendering that costs
    60 ms each would turn a bug that many stations meet into an outage."""
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if as_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@cache
def trusted_by_default() -> ssl.SSLContext:
    """What every HTTPS client of ours trusts: the machine's roots. Read once, it takes 30 ms each time."""
    return ssl.create_default_context()


rng = _random.Random()
"""Dice for jitter and back-off (never for secrets: those come from `secrets`)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999


class Clock:
    """Wall time and monotonic time of this machine."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return _time.time_ns() // 1000

    def monotonic(self) -> float:
        """Seconds; only differences mean something."""
        return _time.monotonic()


class FakeClock(Clock):
    """A clock that moves only when told to; `at` in microseconds since 1970 UTC."""

    def __init__(self, at: int = 1_764_000_000_000_000) -> None:
        self.at = at
        self.ticks = 0.0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        """Move wall and monotonic time forward by `seconds`."""
        self.at += int(seconds * 1_000_000)
        self.ticks += seconds


clock: Clock = Clock()


def now() -> int:
    """Microseconds since 1970 UTC."""
    return clock.now()


def monotonic() -> float:
    """Seconds of a clock that never jumps; only differences mean something."""
    return clock.monotonic()


def to_datetime(at: int) -> datetime:
    """The aware UTC datetime of `at` microseconds; beyond the years 1 to 9999 the nearest one there is."""
    return _EPOCH + timedelta(microseconds=min(max(at, _FIRST), _LAST))


def from_datetime(value: datetime) -> int:
    """Microseconds since 1970 UTC; a time without a zone is read as UTC."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    delta = value - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def rfc3339(at: int) -> str:
    """`at` microseconds as RFC 3339 in UTC with three decimals, as OCPP and our API write it."""
    second, rest = divmod(at, 1_000_000)
    return f"{_to_the_second(second)}.{rest // 1000:03d}Z"


@lru_cache(maxsize=64)
def _to_the_second(second: int) -> str:
    return to_datetime(second * 1_000_000).isoformat(timespec="seconds")[:19]


T = TypeVar("T")
_running: set[asyncio.Task[Any]] = set()
TELL_AGAIN = 5.0
"""Seconds that a cancelled task has before it is cancelled once more."""


def spawn(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Start `work` beside the caller; it is kept alive until it ends and its failure is logged, never lost."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel `tasks` and wait until they are gone. What does not go is told again: libraries, and `asyncio.wait_for` of
    Python 3.11, may lose a cancellation."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=TELL_AGAIN)


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task failed", task=task.get_name(), error=repr(error), exc_info=error)
