from __future__ import annotations

from ohmstead.domain import facts
from ohmstead.domain.facts import Fact
from ohmstead.domain.words import find


def test_what_a_station_told_at_boot() -> None:
    told = facts.of_station(vendor="KEBA", model="P30", firmware_version=None, security_profile=0, booted_at=5)
    assert told == [
        Fact("station.vendor", "KEBA", at=5),
        Fact("station.model", "P30", at=5),
        Fact("security.profile", 0, source="registration"),
    ]
    assert facts.of_station() == []


def test_what_its_connectors_told() -> None:
    told = facts.of_connectors(
        [(0, 0, "Available", 1), (1, 1, "Unavailable", 2), (1, 2, "SuspendedEV", 3), (2, 0, "Faulted", 4)]
    )
    values = {(one.name, one.evse_id, one.connector_id): one.value for one in told}
    assert values[("station.availability_state", None, None)] == "Available"
    assert values[("connector.availability_state", 1, 2)] == "Occupied"
    assert values[("evse.availability_state", 1, None)] == "Occupied"
    assert values[("evse.availability_state", 2, None)] == "Faulted"
    assert values[("evse.available", 2, None)] is True
    assert values[("station.connector_count", None, None)] == 2
    assert all(find(one.name) for one in told)
    assert facts.of_connectors([]) == []
