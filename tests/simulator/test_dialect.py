"""Both dialects are what the controller asks for; how they speak is in their own tests."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.ocpp.directions import direction
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.simulator.dialect import Dialect, Happening
from ohmstead.simulator.dialect2 import Dialect2
from ohmstead.simulator.dialect16 import Dialect16

ASKED = [name for name in vars(Dialect) if not name.startswith("_")]


@pytest.mark.parametrize("dialect", [Dialect16, Dialect2])
def test_a_dialect_has_all_that_is_asked(dialect: type) -> None:
    assert ASKED
    assert all(callable(getattr(dialect, name, None)) for name in ASKED if name != "handlers")


@pytest.mark.parametrize("version", BY_NAME)
def test_every_call_is_understood(bench: Any, version: str) -> None:
    handlers = bench(version).up().controller.dialect.handlers
    calls = {action for action in BY_NAME[version].messages.ACTIONS if direction(action) != "station"}
    assert calls <= handlers.keys()


def test_a_happening_is_a_line() -> None:
    assert Happening(1, "CS001", "booted") == (1, "CS001", "booted")
