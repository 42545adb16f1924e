"""What was charged by hour, day and month: sums of sealed transactions."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import invalid
from ohmstead.api.resources.sites import check_zone, site_number
from ohmstead.api.routes import Routes
from ohmstead.api.tables import CSV, csv_answer
from ohmstead.domain.rollups import Period, begin_of
from ohmstead.shapes.common import Identity, SiteId, Time
from ohmstead.shapes.rollup import EnergyPeriod
from ohmstead.shapes.site import TimeZone
from ohmstead.store import rollups

routes = Routes("Exports")
MOST_HOURS = 100_000


class EnergyQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    begin: Time = field(name="from")
    end: Time = field(name="to")
    by: Period = "day"
    time_zone: TimeZone = "UTC"
    """Of days and months."""
    station_id: Identity | None = None
    site_id: SiteId | None = None
    format: Literal["json", "csv"] = "json"


@routes.get("/energy-history", scope="transactions:read", gives=list[EnergyPeriod], files=(CSV,))
async def show_energy_history(exchange: Exchange, query: EnergyQuery) -> Answer:
    """What each EVSE charged in the hours, days or months from `from` up to `to`, by sealed transactions. Between two
    values of a meter energy is taken to flow evenly."""
    check_zone(query.time_zone)
    found = await rollups.hours(
        exchange.db, exchange.tenant_id, exchange.sites, limit=MOST_HOURS + 1,
        begin=runtime.from_datetime(query.begin), end=runtime.from_datetime(query.end), station_id=query.station_id,
        site_id=None if query.site_id is None else site_number(query.site_id),
    )  # fmt: skip
    if len(found) > MOST_HOURS:
        raise invalid("/to", f"more than {MOST_HOURS} hours of EVSEs at once; take less time, or one site", "query")
    zone, sums = ZoneInfo(query.time_zone), dict[tuple[object, str, int | None], int]()
    for row in found:
        begin = begin_of(query.by, runtime.to_datetime(row["hour_at"]).astimezone(zone))
        key = (begin, row["identity"], row["evse_id"])
        sums[key] = sums.get(key, 0) + int(row["mwh"])
    shown = [
        EnergyPeriod(station_id=identity, evse_id=evse_id, begins_at=begin, energy_wh=mwh / 1000)  # type: ignore[arg-type]
        for (begin, identity, evse_id), mwh in sums.items()
    ]
    if query.format == "csv":
        return csv_answer(EnergyPeriod, shown, "energy")
    return exchange.made(shown, status=200)
