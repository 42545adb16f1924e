from __future__ import annotations

import msgspec
import pytest

from ohmstead.simulator import Faults
from ohmstead.simulator.dice import Dice


def test_all_is_well_at_first() -> None:
    faults, dice = Faults(), Dice(1)
    assert not any(faults.strikes(name, dice) for name in ("drop", "duplicate", "close", "seq_no_gap"))


def test_once_counts_down_and_needs_no_dice() -> None:
    faults = Faults(once={"truncate": 2})
    assert [faults.strikes("truncate") for _ in range(4)] == [True, True, False, False]


def test_a_chance_is_seeded() -> None:
    def struck() -> list[bool]:
        faults, dice = Faults(drop=0.5), Dice(7)
        return [faults.strikes("drop", dice) for _ in range(50)]

    assert struck() == struck()
    assert 10 < sum(struck()) < 40


def test_clear_makes_all_well() -> None:
    faults = Faults(drop=1.0, half_open=True, clock_s=5.0, answers={"Reset": "silence"}, once={"close": 1})
    faults.clear()
    assert faults == Faults()


def test_what_is_no_fault_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `float` <= 1"):
        msgspec.convert({"drop": 1.5}, Faults)
    with pytest.raises(msgspec.ValidationError, match="rain"):
        msgspec.convert({"once": {"rain": 1}}, Faults)
