"""How a measured value went over time: in parts of one length, for small curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Course = Sequence[float | None]
"""A value for each part; None: it is not known."""


def course(readings: Iterable[tuple[int, float]], *, begin: int, step: int, parts: int, ended_at: int | None) -> Course:
    """For each of the `parts` of `step` microseconds from `begin` on the last reading (time, value) up to its end. A
    reading holds until the next one, or until the part in which it all ended."""
    found: list[float | None] = [None] * parts
    for at, value in sorted(readings):
        if 0 <= (part := (at - begin) // step) < parts:
            found[part] = value
    last = parts - 1 if ended_at is None else (ended_at - begin) // step
    held: float | None = None
    for part in range(parts):
        held = held if found[part] is None else found[part]
        found[part] = held if part <= last else None
    return found


def summed(courses: Iterable[Course], parts: int) -> list[float | None]:
    """Of each part the sum of what is known; None where nothing is."""
    found: list[float | None] = [None] * parts
    for one in courses:
        for part, value in enumerate(one):
            if value is not None:
                found[part] = (found[part] or 0) + value
    return found
