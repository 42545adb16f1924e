"""A small fleet of the simulator's personas, brought to what is declared of it or a reason named, with our death in the
middle; `make bench ARGS="--only steward"` does it with a thousand, and the drift with ten thousand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.steward import lived
from tests.steward_drift import drifted

pytestmark = [pytest.mark.anyio, pytest.mark.system]


async def test_a_fleet_is_as_declared_or_says_why_not(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "fleet.db")
    found = await lived(tmp_path, 14)
    assert found["wrong"] == []
    assert found["states"]["in_step"] >= 6
    assert found["states"].keys() <= {"in_step", "waiting", "working", "held", "unknown"}
    assert any("accepted it, and it is still" in reason for reason in found["reasons"])
    assert any(reason.endswith("InternalError: ") for reason in found["reasons"])


async def test_one_percent_that_drifted_costs_what_it_is_and_nobody_comes_at_once(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "fleet.db")
    found = await drifted(tmp_path, 300)
    assert found["wrong"] == []
    assert found["nothing_to_do"]["looked_at"] == 0
    assert found["1_percent_drifted"]["looked_at"] == 2 * found["drifted"]  # seen, and seen to be mended
    assert found["all_came_back"]["statements"] <= 4 * found["stations"]
    busy = [count for count in found["reads_in_each_hour"] if count]
    assert len(busy) >= 12
    assert max(busy) <= 60
