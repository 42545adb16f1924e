"""I07, I09, I10: which default tariffs a 2.1 station has, learnt from its answers to our calls, raw ones too."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from ohmstead.blocks.command import Ask, Learnt, after, given
from ohmstead.store import station_tariffs
from ohmstead.store.db import Db


@after("SetDefaultTariff")
async def was_set(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """That of EVSE 0 takes the place of all (I07.FR.01)."""
    if answer is None or answer.status != "Accepted":
        return Learnt()
    station = ask.station
    before = [station_tariffs.dropped(station.id)] if req.evse_id == 0 else []
    one = station_tariffs.put(station.tenant_id, station.id, req.evse_id, req.tariff.tariff_id, now)
    return Learnt([*before, one])


@after("GetTariffs")
async def were_told(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """All that it has, where it was asked for all."""
    if answer is None or req.evse_id != 0 or answer.status not in ("Accepted", "NoTariff"):
        return Learnt()
    station, rows = ask.station, [station_tariffs.dropped(ask.station.id)]
    for one in given(answer.tariff_assignments) or ():
        if one.tariff_kind == "DefaultTariff":
            rows += [
                station_tariffs.put(station.tenant_id, station.id, evse_id, one.tariff_id, now)
                for evse_id in given(one.evse_ids) or [0]
            ]
    return Learnt(rows)


@after("ClearTariffs")
async def were_cleared(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """Of an EVSE alone nothing is learnt: the daily reading tells."""
    if answer is None or req.evse_id not in (UNSET, 0):
        return Learnt()
    gone = [one for one in answer.clear_tariffs_result if one.status == "Accepted"]
    return Learnt([station_tariffs.dropped(ask.station.id, given(one.tariff_id)) for one in gone])
