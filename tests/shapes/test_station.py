from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from ohmstead.shapes.station import StationChange, StationNew


def test_a_new_station_needs_only_its_identity():
    new = msgspec.convert({"id": "CS1"}, StationNew)
    assert (new.security_profile, new.registration, new.certificate_cn, new.password) == (
        1,
        "accepted",
        "serial_number",
        None,
    )


def test_a_change_tells_apart_what_is_left_out_and_what_is_emptied():
    change = msgspec.convert({"site_id": None}, StationChange)
    assert change.site_id is None
    assert change.serial_number is UNSET


@pytest.mark.parametrize("body", [{"vendor": "x"}, {"password": "1234567"}, {"registration": None}, {"signing": "x"}])
def test_what_no_change_can_be(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, StationChange)
