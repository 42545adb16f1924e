"""Limits that somebody else sets at the station: told, obeyed, reported, and not the CSMS's to clear."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev


def test_they_bound_the_station_and_are_told(any_bench: Any) -> None:
    station, limits = any_bench, any_bench.controller.external_limits
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(60)
    assert station.controller.session(1).evse.power_w > 5000
    limits.impose(8.0)
    station.run(60)
    assert station.controller.session(1).evse.power_w < 8.5 * 3 * 235
    if station.version.dialect == "v2":
        (told,) = station.csms.of("NotifyChargingLimit")
        assert told["chargingLimit"] == {"chargingLimitSource": "EMS"}
        assert station.call("ClearChargingProfile", {"chargingProfileCriteria": {}}) == {"status": "Unknown"}
        wanted = {"requestId": 1, "chargingProfile": {"chargingLimitSource": ["EMS"]}}
        assert station.call("GetChargingProfiles", wanted) == {"status": "Accepted"}
        station.run(1)
        (report,) = station.csms.of("ReportChargingProfiles")
        assert (report["chargingLimitSource"], report["evseId"]) == ("EMS", 0)
    else:
        assert station.call("ClearChargingProfile", {}) == {"status": "Unknown"}
    limits.lift()
    station.run(60)
    assert station.controller.session(1).evse.power_w > 5000
    assert len(station.csms.of("ClearedChargingLimit")) == (station.version.dialect == "v2")
    with pytest.raises(LookupError, match="EMS has set no limit"):
        limits.lift()
