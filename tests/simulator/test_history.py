from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import history
from ohmstead.simulator.traits import Boot, Traits


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_the_past_is_told_before_the_present_and_in_order(bench: Any, version: str) -> None:
    station = bench(version, traits=Traits(boot=Boot(history=5))).up()
    csms, old = station.csms, version == "1.6"
    started = csms.of("StartTransaction") if old else [e for e in station.events() if e["eventType"] == "Started"]
    times = [words["timestamp"] for words in started]
    assert len(times) == 5
    assert times == sorted(times)
    assert all(time < "2025-11-24T16" for time in times)
    assert len(station.controller.books) == 5
    assert {one.energy_wh for one in station.controller.books} == {5_000.0}
    if old:
        meters = [(a["meterStart"], b["meterStop"]) for a, b in zip(started, csms.of("StopTransaction"), strict=True)]
        assert all(stop - start in (4_999, 5_000, 5_001) for start, stop in meters)
    else:
        assert all(event["offline"] for event in station.events())


def test_it_is_told_once(bench: Any) -> None:
    station = bench("2.0.1", traits=Traits(boot=Boot(history=2))).up()
    station.controller.life.boot()
    station.pump()
    assert len(station.controller.books) == 2
    history.tell(station.controller, 0)
    assert len(station.controller.books) == 2
