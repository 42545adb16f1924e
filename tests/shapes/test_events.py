from __future__ import annotations

from typing import Any

from ohmstead.shapes.events import CommandStep, StationBooted, shape_of
from ohmstead.shapes.procedure import Procedure


def test_a_type_has_its_shape():
    assert shape_of("ohmstead.station.booted") is StationBooted
    assert shape_of("ohmstead.command.timed_out") is CommandStep
    assert shape_of("ohmstead.firmware.done") is Procedure
    assert shape_of("ohmstead.message.invalid") is Any
    assert shape_of("of somebody else") is Any
