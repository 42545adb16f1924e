"""What every step has, and what it means to hold."""

from __future__ import annotations

import pytest

from ohmstead.simulator.step import Step, holds

pytestmark = pytest.mark.anyio


def test_holding() -> None:
    given = {"a": {"b": 1, "c": [1, {"d": 2, "e": 3}]}}
    assert holds(given, {})
    assert holds(given, {"a": {"b": 1}})
    assert holds(given, {"a": {"c": [{"d": 2}]}})
    assert not holds(given, {"a": {"c": [{"d": 3}]}})
    assert not holds(given, {"a": {"f": None}})
    assert not holds([], {"a": 1})
    assert not holds({}, [1])


async def test_a_step_of_no_kind() -> None:
    with pytest.raises(NotImplementedError):
        await Step().play(None)  # type: ignore[arg-type]
