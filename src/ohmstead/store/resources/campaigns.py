"""Campaigns as the API lists, shows and makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select

from ohmstead.domain.campaigns import Rules, wave_of
from ohmstead.ocpp.masking import masked
from ohmstead.runtime import to_datetime
from ohmstead.shapes.campaign import Campaign, CampaignCounts, CampaignNew, CampaignStation, CampaignWave
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import campaign_stations, campaigns, stations

_c, _s = campaigns.c, campaign_stations.c
_LIST = Listing(
    select(campaigns),
    tenant=_c.tenant_id,
    site=None,
    orders={"id": (_c.id,)},
    filters={"which": _c.id == bindparam("which"), "state": _c.state == bindparam("state")},
)
_STATIONS = Listing(
    select(campaign_stations, stations.c.identity).join_from(
        campaign_stations, stations, stations.c.id == _s.station_id
    ),
    tenant=_s.tenant_id,
    site=stations.c.site_id,
    orders={"station_id": (_s.station_id,)},
    filters={"campaign_id": _s.campaign_id == bindparam("campaign_id"), "state": _s.state == bindparam("state")},
)
_COUNTS = Statement(
    select(_s.wave, _s.state, func.count()).where(_s.campaign_id == bindparam("which")).group_by(_s.wave, _s.state)
)
_NAMES = ("id", "tenant_id", "type", "body", "command", "rules", "site_ids", "state", "total", "created_at")
_ADD = Statement(insert(campaigns).values({name: bindparam(name) for name in _NAMES}))
_ADD_STATION = Statement(
    insert(campaign_stations).values({
        name: bindparam(name)
        for name in ("campaign_id", "station_id", "tenant_id", "wave", "state", "attempts", "not_before")
    })
)  # fmt: skip
_TOUCHED = Statement(
    select(_s.station_id)
    .where(_s.campaign_id == bindparam("which"), _s.state.in_(["running", "done", "failed"]))
    .order_by(_s.station_id)
)
_new = msgspec.json.Decoder(CampaignNew)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None, state: str | None) -> Found:
    """Newest first."""
    return await _LIST.page(db, tenant_id, None, order="-id", limit=limit, cursor=cursor, state=state)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    return await _LIST.find(db, tenant_id, None, id)


async def add(
    tx: Tx, tenant_id: int, id: int, new: CampaignNew, rules: Rules, command: str, station_ids: Sequence[int],
    sites: Sites, now: int,
) -> None:  # fmt: skip
    """A campaign with its stations, in the order in which they have their turn."""
    await tx.execute(
        _ADD, id=id, tenant_id=tenant_id, type=new.type, body=masked(encode(new)), command=command, rules=encode(rules),
        site_ids=None if sites is None else encode(sites), state="running", total=len(station_ids), created_at=now,
    )  # fmt: skip
    total = len(station_ids)
    await tx.execute_all([
        (_ADD_STATION, {"campaign_id": id, "station_id": station, "tenant_id": tenant_id, "state": "waiting",
                        "wave": wave_of(place, total, rules.waves), "attempts": 0, "not_before": 0})
        for place, station in enumerate(station_ids)
    ])  # fmt: skip


async def stations_page(
    db: Db, tenant_id: int, sites: Sites, campaign_id: int, *, limit: int, cursor: Cursor | None, state: str | None
) -> Found:
    return await _STATIONS.page(
        db, tenant_id, sites, order="station_id", limit=limit, cursor=cursor, campaign_id=campaign_id, state=state
    )


async def touched(db: Db, id: int) -> list[int]:
    """The numbers of the stations that were begun, however it went."""
    return [row[0] for row in await db.fetch_many(_TOUCHED, which=id)]


def said(row: Mapping[str, Any]) -> CampaignNew:
    """As it was asked for, without secrets."""
    return _new.decode(row["body"])


async def form(db: Db, row: Mapping[str, Any]) -> Campaign:
    """The campaign as the API shows it, with its counts."""
    asked = said(row)
    percents = [one.percent for one in asked.waves or ()] or [100.0]
    counts, waves = Counter[str](), [Counter[str]() for _ in percents]
    for wave, state, count in await db.fetch(_COUNTS, which=row["id"]):
        counts[state] += int(count)
        waves[wave][state] += int(count)
    return Campaign(
        id=str(row["id"]),
        type=row["type"],
        state=row["state"],
        reason=row["reason"],
        wave=row["wave"] + 1,
        waves=len(percents),
        counts=CampaignCounts(total=row["total"], **counts),
        progress=[
            CampaignWave(percent=percent, counts=CampaignCounts(total=own.total(), **own))
            for percent, own in zip(percents, waves, strict=True)
        ],
        per_minute=asked.per_minute,
        per_site_and_hour=asked.per_site_and_hour,
        max_in_flight=asked.max_in_flight,
        stop_at_failures_percent=asked.stop_at_failures_percent,
        window=asked.window,
        attempts=asked.attempts,
        select=asked.select,
        params=asked.params,
        rollback=asked.rollback,
        created_at=to_datetime(row["created_at"]),
        ended_at=None if row["ended_at"] is None else to_datetime(row["ended_at"]),
    )


def station_form(row: Mapping[str, Any]) -> CampaignStation:
    return CampaignStation(
        station_id=row["identity"],
        wave=row["wave"] + 1,
        state=row["state"],
        reason=row["reason"],
        attempts=row["attempts"],
        command_id=row["command_id"],
        begun_at=None if row["begun_at"] is None else to_datetime(row["begun_at"]),
        ended_at=None if row["ended_at"] is None else to_datetime(row["ended_at"]),
    )
