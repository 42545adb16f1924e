"""What stations drew in the last hours: small curves for a list of them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.routes import Routes
from ohmstead.blocks.reading import told
from ohmstead.domain.courses import Course, course, summed
from ohmstead.domain.metering import measured
from ohmstead.shapes.common import Identity
from ohmstead.shapes.station import PowerCurve, PowerCurves
from ohmstead.store.resources import stations, transactions
from ohmstead.store.resources.transactions import Measuring

routes = Routes("Stations")
PARTS = 60
HOUR = 3_600_000_000


class PowerQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Annotated[list[Identity], Meta(max_length=50, description="given several times: each of them")] = []
    hours: Annotated[int, Meta(ge=1, le=24)] = 1


@routes.get("/stations/power", scope="transactions:read")
async def show_power(exchange: Exchange, query: PowerQuery) -> PowerCurves:
    """The last `hours` in sixty parts, as measured in transactions that began in the last week. A station that the key
    may not see is left out."""
    end, step = runtime.now(), query.hours * HOUR // PARTS
    begin = end - PARTS * step
    rows = await _stations(exchange, query.station_id)
    measuring = await transactions.measuring(exchange.db, [row["id"] for row in rows], begin, step)
    curves = []
    for row in rows:
        courses = [_course(one, begin, step) for one in measuring.get(row["id"], [])]
        curves.append(PowerCurve(station_id=row["identity"], power_w=summed(courses, PARTS)))
        await asyncio.sleep(0)  # reading a station's frames takes milliseconds
    return PowerCurves(begin=runtime.to_datetime(begin), end=runtime.to_datetime(end), data=curves)


async def _stations(exchange: Exchange, wanted: list[str]) -> list[dict[str, Any]]:
    if not wanted:
        return []
    found = await stations.page(
        exchange.db, exchange.tenant_id, exchange.sites, order="id", limit=len(wanted), cursor=None, among=wanted
    )
    return found.rows


def _course(one: Measuring, begin: int, step: int) -> Course:
    powers = [power for message in told(one.frames) if (power := measured(message.readings)[1]) is not None]
    return course(powers, begin=begin, step=step, parts=PARTS, ended_at=one.ended_at)
