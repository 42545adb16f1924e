from __future__ import annotations

from uuid import UUID

from ohmstead.simulator.dice import Dice


def test_the_same_seed_throws_the_same() -> None:
    def throws(*seed: object) -> list[object]:
        dice = Dice(*seed)
        return [dice.between(1, 2), dice.around(0, 1), dice.waiting(5), dice.pick("abc"), dice.chance(0.5), dice.uuid()]

    assert throws(1, "a") == throws(1, "a")
    assert throws(1, "a") != throws(1, "b")


def test_a_uuid_is_one() -> None:
    assert UUID(Dice(3).uuid()).version == 4
