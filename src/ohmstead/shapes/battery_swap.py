"""Battery swaps of 2.1."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct


class Battery(Struct, frozen=True, kw_only=True):
    """A battery that went in or came out; `soc` and `soh` (state of charge, of health) in percent."""

    evse_id: int
    serial_number: str
    soc: float
    soh: float
    produced_at: str | None
    info: str | None


class BatterySwap(Struct, frozen=True, kw_only=True):
    """What went in and what came out under one number of the station's."""

    id: str
    station_id: str
    request_id: int
    token: str | None
    state: Literal["requested", "in", "swapped", "timed_out"]
    batteries_in: list[Battery]
    batteries_out: list[Battery]
    began_at: datetime
    updated_at: datetime
