"""Sequence numbers seen so far, and the ones missing between them.

What is missing is kept as ranges: a station whose counter jumps to 2^31 costs one of them. Stations short of memory
drop every second event (OCPP 2.x J02.FR.12/.13), so the number of ranges is bounded too.
"""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct

LIMIT = 1_000
"""So many separate gaps are told apart, the last ones are kept as one that hides what came between; and so many missing
numbers are listed, which then are all before the hidden ones."""


class Numbers(Struct, frozen=True, gc=False, array_like=True):
    """First and last number seen, and the ranges (first, last) missing between them, in order."""

    first: int
    last: int
    missing: tuple[tuple[int, int], ...] = ()
    blurred: bool = False
    """Some numbers in the last range may have been seen: there were more than `LIMIT` gaps."""

    def seen(self, number: int) -> bool | None:
        """Was this number seen? None: it lies in the blurred range, nobody knows."""
        if not self.first <= number <= self.last:
            return False
        if not self.missing or (at := self._range(number)) is None:
            return True
        return None if self.blurred and at == len(self.missing) - 1 else False

    def add(self, number: int) -> Numbers:
        """With a number that was not seen before."""
        first, last, missing = self.first, self.last, self.missing
        if number == last + 1:
            return Numbers(first, number, missing, self.blurred)
        if number > last:
            return Numbers(first, number, (*missing, (last + 1, number - 1)), self.blurred)._bounded()
        if number < first:
            gap = () if number == first - 1 else ((number + 1, first - 1),)
            return Numbers(number, last, (*gap, *missing), self.blurred)._bounded()
        at = self._range(number)
        if at is None:
            return self
        low, high = missing[at]
        rest = tuple(part for part in ((low, number - 1), (number + 1, high)) if part[0] <= part[1])
        return Numbers(first, last, (*missing[:at], *rest, *missing[at + 1 :]), self.blurred)._bounded()

    def listed(self) -> list[int]:
        """The missing numbers, the first `LIMIT` of them."""
        result: list[int] = []
        for low, high in self.missing:
            room = LIMIT - len(result)
            result.extend(range(low, min(high, low + room - 1) + 1))
        return result

    def told(self) -> str:
        """The missing numbers in words."""
        parts = [str(low) if low == high else f"{low} to {high}" for low, high in self.missing[:5]]
        return f"events are missing: {', '.join(parts)}{' and more' if len(self.missing) > 5 else ''}"

    def _range(self, number: int) -> int | None:
        """The index of the missing range that holds `number`."""
        at = bisect_right(self.missing, number, key=lambda part: part[0]) - 1
        return at if at >= 0 and number <= self.missing[at][1] else None

    def _bounded(self) -> Numbers:
        if len(self.missing) <= LIMIT:
            return self
        blur = (self.missing[LIMIT - 1][0], self.missing[-1][1])
        return Numbers(self.first, self.last, (*self.missing[: LIMIT - 1], blur), True)
