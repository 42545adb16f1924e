"""What can go wrong with a station and its line: switches that a script, a persona or a test turns while it lives.

`Chance`s hit a frame with that probability, seeded; `once` makes the next ones be hit for sure.
"""

from __future__ import annotations

from typing import get_args

from msgspec import convert, to_builtins

from ohmstead.shapes.faults import FaultSwitches, Frame, Slip
from ohmstead.simulator.dice import Dice

FRAME: tuple[Frame, ...] = get_args(Frame)

__all__ = ["FRAME", "Faults", "Frame", "Slip"]


class Faults(FaultSwitches, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The switches of one station, and when they strike."""

    def strikes(self, name: Frame | Slip, dice: Dice | None = None) -> bool:
        """Whether this fault happens now."""
        left = self.once.get(name, 0)
        if left > 0:
            self.once[name] = left - 1
            return True
        chance: float = getattr(self, name, 0.0)
        return chance > 0.0 and dice is not None and dice.chance(chance)

    def clear(self) -> None:
        """All is well again."""
        self.turn(FaultSwitches())

    def turn(self, wanted: FaultSwitches) -> None:
        """From now on these faults and no others."""
        fresh = convert(to_builtins(wanted), Faults)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(fresh, name))
