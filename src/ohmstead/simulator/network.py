"""The network between a station and its CSMS, as good or bad as the faults say. Sans-I/O: frames go in at one end of
either direction and come out of the other, now, later, twice, in pieces or never.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from ohmstead.simulator.dice import Dice
from ohmstead.simulator.faults import Faults, Frame

Way = Literal["out", "in"]
"""From the station, to the station."""

GARBAGE = b'}garbage{"'
_PASSED_AFTER_S = 1.0
"""How long a frame waits for another to pass it."""
_ID = re.compile(rb'\s*\[\s*[2-6]\s*,\s*"([^"\\]*)"')


@dataclass
class Parcel:
    """A frame to hand over; `parts`, `binary` and `then_close` are for the line."""

    frame: bytes
    due: float
    parts: int = 1
    binary: bool = False
    then_close: bool = False
    in_order: bool = True
    """Later frames do not arrive before it."""


@dataclass
class Network:
    """One connection's worth of it; `forget` begins the next. Times are ticks (seconds that never jump)."""

    faults: Faults
    dice: Dice
    _under_way: dict[Way, list[Parcel]] = field(default_factory=lambda: {"out": [], "in": []})
    _held: dict[Way, Parcel | None] = field(default_factory=lambda: {"out": None, "in": None})
    _lost: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """The connection is gone, and all that was under way."""
        self._under_way = {"out": [], "in": []}
        self._held = {"out": None, "in": None}
        self._lost.clear()

    @property
    def next_due(self) -> float | None:
        """When the next frame arrives."""
        return min((parcel.due for way in self._under_way.values() for parcel in way), default=None)

    def stalls(self, message_id: str | None) -> bool:
        """Whether this call's answer cannot come before time goes on: the call or its answer is lost or held up."""
        if message_id is None:
            return False
        waiting = {_id(parcel.frame) for way in self._under_way.values() for parcel in way}
        return message_id in self._lost or message_id in waiting or self.faults.half_open

    def give(self, way: Way, frame: bytes, tick: float) -> None:
        """A frame starts on its way."""
        if self._vanishes(way, frame):
            return
        parcel = Parcel(self._cut(way, frame), tick)
        queue = self._under_way[way]
        self._delay(way, parcel)
        if way == "out":
            self._mistreat(parcel, queue)
        queue.append(parcel)
        if self._means(way) and self._strikes("duplicate"):
            queue.append(Parcel(parcel.frame, parcel.due))
        self._overtake(way, parcel)

    def take(self, way: Way, tick: float) -> list[Parcel]:
        """The frames that have arrived by now."""
        if not self._under_way[way]:
            return []
        arrived = sorted((one for one in self._under_way[way] if one.due <= tick), key=lambda parcel: parcel.due)
        self._under_way[way] = [parcel for parcel in self._under_way[way] if parcel.due > tick]
        return [] if self.faults.half_open else arrived

    # ---- what goes wrong ----

    def _strikes(self, name: Frame) -> bool:
        return self.faults.strikes(name, self.dice)

    def _means(self, way: Way) -> bool:
        return self.faults.direction in ("both", way)

    def _vanishes(self, way: Way, frame: bytes) -> bool:
        if self.faults.half_open or (self._means(way) and self._strikes("drop")):
            self._lose(frame)
            return True
        return False

    def _cut(self, way: Way, frame: bytes) -> bytes:
        if not self._means(way) or not self._strikes("truncate"):
            return frame
        self._lose(frame)
        return frame[: len(frame) // 2]

    def _lose(self, frame: bytes) -> None:
        message_id = _id(frame)
        if message_id is not None:
            self._lost.add(message_id)

    def _delay(self, way: Way, parcel: Parcel) -> None:
        if self._means(way):
            parcel.due += self.faults.delay_s
            parcel.due += self.dice.between(0.0, self.faults.jitter_s) if self.faults.jitter_s else 0.0
            parcel.due = max([parcel.due, *(one.due for one in self._under_way[way] if one.in_order)])
        if way == "out" and self.faults.late_answers_s and parcel.frame.lstrip()[1:2] in (b"3", b"4"):
            parcel.due += self.faults.late_answers_s
            parcel.in_order = False

    def _mistreat(self, parcel: Parcel, queue: list[Parcel]) -> None:
        """What only a station's frames suffer."""
        if self._strikes("garbage"):
            queue.append(Parcel(GARBAGE, parcel.due))
        if self._strikes("split"):
            parcel.parts = 3
        if self._strikes("binary"):
            parcel.binary = True
            self._lose(parcel.frame)
        if self._strikes("close"):
            parcel.then_close = True

    def _overtake(self, way: Way, parcel: Parcel) -> None:
        """Let a frame that was held go behind this one, or hold this one."""
        held, self._held[way] = self._held[way], None
        queue = self._under_way[way]
        if held is not None and held in queue:
            queue.remove(held)
            held.due = parcel.due
            queue.append(held)
        elif self._means(way) and self._strikes("reorder"):
            parcel.due += _PASSED_AFTER_S
            parcel.in_order = False
            self._held[way] = parcel


def _id(frame: bytes) -> str | None:
    found = _ID.match(frame)
    return found[1].decode(errors="replace") if found else None
