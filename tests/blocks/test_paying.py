from __future__ import annotations

import pytest

from ohmstead.blocks.paying import bounded
from ohmstead.shapes.common import Limits


@pytest.mark.parametrize(
    ("limits", "cost"),
    [(None, "20.00"), (Limits(max_cost="5", max_energy_wh=9), "5"), (Limits(max_cost="50", max_time_s=9), "20.00")],
)
def test_nobody_charges_more_than_is_reserved(limits, cost):
    made = bounded("20.00", limits)
    assert made.max_cost == cost
    if limits is not None:
        assert (made.max_energy_wh, made.max_time_s) == (limits.max_energy_wh, limits.max_time_s)
