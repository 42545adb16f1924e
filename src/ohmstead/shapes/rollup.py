"""Energy by hours, days and months."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class EnergyPeriod(Struct, frozen=True, kw_only=True):
    """What an EVSE charged in an hour, a day or a month, by transactions that are sealed."""

    station_id: str
    evse_id: int | None
    begins_at: datetime
    energy_wh: float
