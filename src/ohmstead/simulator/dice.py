"""Seeded dice: the same seed throws the same numbers on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from ohmstead.runtime import rng

T = TypeVar("T")


class Dice:
    """One stream of random numbers, named by any values (`Dice(7, "CS001", "ev")`)."""

    def __init__(self, *seed: object) -> None:
        self._random = type(rng)("/".join(str(part) for part in seed))

    def between(self, low: float, high: float) -> float:
        """A number in [low, high], all equally likely."""
        return self._random.uniform(low, high)

    def whole(self, low: int, high: int) -> int:
        """A whole number in [low, high], all equally likely."""
        return self._random.randint(low, high)

    def around(self, mean: float, deviation: float) -> float:
        """A number of the normal distribution."""
        return self._random.gauss(mean, deviation)

    def waiting(self, mean: float) -> float:
        """A waiting time until the next arrival, when arrivals come `mean` apart on average."""
        return self._random.expovariate(1.0 / mean)

    def pick(self, things: Sequence[T]) -> T:
        """One of `things`."""
        return self._random.choice(things)

    def chance(self, probability: float) -> bool:
        """True with that probability (0 to 1)."""
        return self._random.random() < probability

    def uuid(self) -> str:
        """A version 4 UUID in text."""
        return str(UUID(int=self._random.getrandbits(128), version=4))
