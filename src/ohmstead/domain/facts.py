"""What is known of a station from elsewhere than its device model, in the words of the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ohmstead.domain.conversions import Typed


class Fact(NamedTuple):
    """A word's value, and where it is from: boot, status, registration."""

    name: str
    value: Typed
    evse_id: int | None = None
    connector_id: int | None = None
    source: str = "boot"
    at: int = 0


def of_station(
    *,
    vendor: str | None = None,
    model: str | None = None,
    serial_number: str | None = None,
    firmware_version: str | None = None,
    security_profile: int | None = None,
    booted_at: int = 0,
) -> list[Fact]:
    """What a station tells in BootNotification, and the profile it signs in with."""
    told = {
        "station.vendor": vendor,
        "station.model": model,
        "station.serial": serial_number,
        "station.firmware_version": firmware_version,
    }
    facts = [Fact(name, value, at=booted_at) for name, value in told.items() if value]
    if security_profile is not None:
        facts.append(Fact("security.profile", security_profile, source="registration"))
    return facts


_BEST = ("Occupied", "Reserved", "Available", "Faulted", "Unavailable")


def of_connectors(connectors: Sequence[tuple[int, int, str, int]]) -> list[Fact]:
    """What StatusNotification told: EVSE, connector, status, time of each (EVSE 0 is the station).

    The five states of a 1.6 connector in use are Occupied. A connector that reports is there, and so is its EVSE.
    """
    facts: list[Fact] = []
    evses: dict[int, tuple[str, int]] = {}
    count = 0
    for evse_id, connector_id, status, at in connectors:
        state = status if status in _BEST else "Occupied"
        if evse_id == 0:
            facts.append(Fact("station.availability_state", state, source="status", at=at))
            continue
        before = evses.get(evse_id)
        if before is None or _BEST.index(state) < _BEST.index(before[0]):
            evses[evse_id] = state, at
        if connector_id:
            count += 1
            facts.append(Fact("connector.available", True, evse_id, connector_id, "status", at))
            facts.append(Fact("connector.availability_state", state, evse_id, connector_id, "status", at))
    for evse_id, (state, at) in evses.items():
        facts.append(Fact("evse.available", True, evse_id, source="status", at=at))
        facts.append(Fact("evse.availability_state", state, evse_id, source="status", at=at))
    if count:
        facts.append(Fact("station.connector_count", count, source="status"))
    return facts
