from __future__ import annotations

import msgspec
import pytest

from ohmstead.shapes.site import SiteNew


def test_a_new_site_needs_only_a_name():
    assert msgspec.convert({"name": "Depot"}, SiteNew).time_zone == "UTC"


@pytest.mark.parametrize(
    "more", [{"latitude": 91}, {"longitude": -181}, {"limit_w": -1}, {"limit_a": [1, 2]}, {"id": "x"}]
)
def test_what_no_site_can_be(more):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "Depot", **more}, SiteNew)
