"""Runs the month of `tests/month.py` through the real handlers, jobs and database, and compares."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.pricing import make_bills
from ohmstead.blocks.sealing import seal_all
from ohmstead.domain import statements
from ohmstead.shapes.site import SiteNew
from ohmstead.shapes.tariff import Bill, TariffNew
from ohmstead.shapes.transaction import Transaction
from ohmstead.store import tariffs as tariff_rows
from ohmstead.store.resources import holders, sites, tariffs
from ohmstead.store.tables import transactions
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests import month
from tests.blocks.staging import Stage

FIRST = 100
"""The number of the first station."""
_bill = msgspec.json.Decoder(Bill).decode
_transaction = msgspec.json.Decoder(Transaction).decode


async def compared(
    stage: Stage, clock: runtime.FakeClock, begin: datetime, *, stations: int, days: int, flats: int, seed: int
) -> dict[str, Any]:
    """Let all happen; what differs between the books and the bills, and how much there was."""
    dice, begun = Random(seed), time.process_time()
    clock.at = runtime.from_datetime(begin + timedelta(days=days + 1))
    await _site(stage, flats)
    books: list[month.Session] = []
    for number in range(stations):
        version = month.VERSIONS[number % len(month.VERSIONS)]
        await stage.enter(FIRST + number, site_id=9, ocpp_version=version)
        for session in month.book_of(dice, FIRST + number, begin, days, flats):
            books.append(session)
            await _tell(stage, dice, session, version)
    told, begun = time.process_time() - begun, time.process_time()
    for _ in range(len(books) // tariff_rows.AT_ONCE + 2):
        await make_bills(stage.db, stage.now)
        await seal_all(stage.db, stage.numbers.rows, stage.now)
        clock.advance(60)
    return {
        "sessions": len(books),
        "events_s": round(told, 1),
        "bills_s": round(time.process_time() - begun, 1),
        "kwh": round(sum(one.wh for one in books) / 1000),
        "eur": str(sum((one.cost for one in books), Decimal(0))),
        "wrong": await _wrong(stage, books, begin, flats),
    }


async def _site(stage: Stage, flats: int) -> None:
    async with stage.db.transaction() as tx:
        await sites.add(tx, DEFAULT_TENANT, 9, SiteNew(name="Garage", time_zone=str(month.ZONE)), stage.now)
        new = msgspec.convert(month.TARIFF, TariffNew)
        await tariffs.add(tx, DEFAULT_TENANT, "house", 1, new, stage.now)
    for flat in range(flats):
        await stage.token(month.token(flat), group=f"flat-{flat}")


async def _tell(stage: Stage, dice: Random, session: month.Session, version: str) -> None:
    if version == "1.6":
        answer = await stage.say(*month.start_16(session), version)
        calls = month.calls_16(session, answer["transactionId"])
    else:
        calls = month.calls_2(session)
    for action, payload in month.disordered(dice, calls):
        await stage.say(action, payload, version)


async def _wrong(stage: Stage, books: list[month.Session], begin: datetime, flats: int) -> list[str]:
    """Each flat's statements of the months, transaction by transaction and in sum."""
    months = sorted({one.end.astimezone(month.ZONE).strftime("%Y-%m") for one in books})
    faults = []
    for flat in range(flats):
        for name in months:
            own = [
                one for one in books if one.flat == flat and one.end.astimezone(month.ZONE).strftime("%Y-%m") == name
            ]
            faults += await _compare(stage, own, flat, name)
    counted = await stage.rows(select(transactions.c.id))
    return faults + ([] if len(counted) == len(books) else [f"{len(books)} sessions are {len(counted)} transactions"])


async def _compare(stage: Stage, own: list[month.Session], flat: int, name: str) -> list[str]:
    first, after = statements.bounds(name, ZoneInfo(str(month.ZONE)))
    rows = await holders.lines(
        stage.db, DEFAULT_TENANT, None, f"flat-{flat}", first, after, stage.now, limit=100_000
    )  # fmt: skip
    found = {(one.station_id, one.started_at): (one.energy_wh, _bill(row["bill"])) for row in rows
             for one in [_transaction(row["body"])]}  # fmt: skip
    faults = []
    for session in own:
        wh, bill = found.get((f"CS{session.station}", session.stretches[0].begin), (None, None))
        if bill is None or (wh, bill.total) != (session.wh, str(session.cost)):
            what = None if bill is None else bill.total
            faults.append(
                f"CS{session.station} s{session.number}: {wh} Wh {what}, by its books {session.wh} Wh {session.cost}"
            )
    totals = statements.sums([(bill.currency, bill.net, bill.tax, bill.total) for _, bill in found.values()])
    total, booked = totals["EUR"].total if totals else Decimal(0), sum((one.cost for one in own), Decimal(0))
    energy, wh = math.fsum(wh for wh, _ in found.values()), sum(one.wh for one in own)
    if (total, energy) != (booked, wh):
        faults.append(f"flat {flat} in {name}: {energy} Wh {total}, by the books {wh} Wh {booked}")
    return faults
