from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.device_model import Model
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.firmware import NOWHERE, asks, compare, mend
from ohmstead.shapes.desired import DesiredFirmware
from tests.fleet.test_layers import PLACE

pytestmark = pytest.mark.anyio


async def test_a_version_is_compared_with_what_the_station_said_at_its_start():
    wanted = DesiredFirmware(version="2", file_id="7", signed=False)
    nothing: Any = None
    (found,) = await compare(nothing, Seen(PLACE._replace(firmware_version="1"), Model()), wanted)
    assert (found.same, found.actual, found.blocked) == (False, "1", None)
    assert mend(wanted, [found]) == {"type": "update_firmware", "version": "2", "file_id": "7", "signed": False}
    assert (await compare(nothing, Seen(PLACE._replace(firmware_version="2"), Model()), wanted))[0].same


async def test_without_a_file_it_is_only_named():
    nothing: Any = None
    (found,) = await compare(nothing, Seen(PLACE, Model()), DesiredFirmware(version="2"))
    assert found.blocked == NOWHERE
    assert asks(DesiredFirmware(version="2")) == []
