"""What the gateway counts for /metrics. Plain integers: one addition on the hot path, read when somebody asks."""

from __future__ import annotations

from collections import Counter

OTHER = "other"
"""Counted as this: actions that are not handled, of which a station may make up any number."""


class Counts:
    """Since the start of the process; never by station."""

    __slots__ = ("answered", "refused", "unreadable")

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str]] = Counter()
        """(action, result or the CALLERROR's code) -> calls of stations."""
        self.refused: Counter[str] = Counter()
        """code -> refused handshakes."""
        self.unreadable = 0
