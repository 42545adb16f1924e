"""Which layers speak of a station, and who counts more."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead import blocks
from ohmstead.domain.desired import Record
from ohmstead.fleet.layers import applying, check, together
from ohmstead.shapes.desired import AppliesTo, Desired, DesiredFirmware, LayerChange
from ohmstead.shapes.device_model import WordChange
from ohmstead.store.desired import Declared, Place

blocks.discover()
PARENTS = {5: 4, 4: None, 9: None}


def layer(id: str, value: Any = None, station_id: int | None = None, **applies_to: Any) -> Declared:
    words = [WordChange(name="w", value=value)] if value is not None else None
    said = LayerChange(applies_to=AppliesTo(**applies_to), desired=Desired(configuration=words))
    return Declared(id, station_id, said, 1, 0)


PLACE = Place(
    id=1, tenant_id=1, identity="CS1", site_id=5, vendor="V", model="M", firmware_version=None, ocpp_version="1.6",
    connected_since=1, version=1, model_version=0, record=Record(), state=None, looked_at=None, command_id=None,
    command_state=None, command_awaits=None, command_reason=None,
)  # fmt: skip
LAYERS = [
    layer("own", 6, station_id=1), layer("other station", 0, station_id=2), layer("group", 5, station_ids=["CS1"]),
    layer("other group", 0, station_ids=["CS2"]), layer("near", 4, site_id="5"), layer("far", 3, site_id="4"),
    layer("elsewhere", 0, site_id="9"), layer("model", 2, vendor="V", model="M"), layer("others", 0, vendor="W"),
    layer("fleet", 1),
]  # fmt: skip


def test_the_closest_counts():
    found = applying(LAYERS, PLACE, PARENTS)
    assert [one.id for one in found] == ["fleet", "model", "far", "near", "group", "own"]
    for count in range(1, 7):
        assert together(found[:count]).configuration == [WordChange(name="w", value=count)]


def test_each_word_counts_for_itself_and_all_else_as_a_whole():
    fleet = Desired(configuration=[WordChange(name="a", value=1), WordChange(name="b", value=1)], local_list=True)
    near = Desired(configuration=[WordChange(name="b", value=2)], firmware=DesiredFirmware(version="2"))
    found = together(
        [Declared("x", None, LayerChange(applies_to=AppliesTo(), desired=one), 1, 0) for one in (fleet, near)]
    )
    assert {one.name: one.value for one in found.configuration or ()} == {"a": 1, "b": 2}
    assert (found.local_list, found.firmware) == (True, DesiredFirmware(version="2"))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            {"configuration": [{"name": "connection.heartbeat", "value": 1}]},
            "is `connection.heartbeat_interval`",
        ),
        ({"firmware": {"version": "2", "file_id": "1", "location": "http://x/y"}}, "give file_id or location"),
    ],
)
def test_what_no_station_could_be_is_refused(said, text):
    with pytest.raises(msgspec.ValidationError, match=text):
        check(msgspec.convert(said, Desired))
