"""HTTP ranges (RFC 9110, 14): one range of bytes; of several, and in other units, the whole file is given."""

from __future__ import annotations

import re
from typing import NamedTuple

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Part(NamedTuple):
    """Bytes from `start` until before `end`."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """The range begins after the end of the file (416)."""


def part_of(header: str | None, size: int) -> Part | None:
    """The part that a Range header asks for; None: the whole. Raises Unsatisfiable."""
    found = _RANGE.fullmatch(header.strip().replace(" ", "")) if header else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # the last so many bytes
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return Part(max(size - int(last), 0), size)
    start = int(first)
    end = size if not last else min(int(last) + 1, size)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Part(start, end)
