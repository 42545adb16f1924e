"""What is billed of a reservation that no transaction used: its place was kept free for nobody.

It expired (H04), or was used and nobody charged (NoTransaction of 2.1). What was taken back costs nothing. A
transaction that comes later, from a station that was offline, has its own bill with the reservation in it: then this
one is made anew, and comes to nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from ohmstead.blocks.pricing import lines_of
from ohmstead.domain import tariffs as domain
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes.reservation import ReservationBill
from ohmstead.store import records, reservation_bills, tariffs
from ohmstead.store.db import Db, Event
from ohmstead.store.reservations import Reservation, fee_done, fees_due
from ohmstead.store.tokens import spent

GRACE = 600_000_000
"""Microseconds for what is on its way: a transaction that began in time, told late."""
_encode = msgspec.json.Encoder().encode


async def bill_reservations(db: Db, now: int) -> int:
    """Make the bills that are due of reservations; how many were made."""
    made_now = 0
    for identity, one in await fees_due(db, now - GRACE):
        before = await reservation_bills.newest(db, one.id)
        made = await _next_bill(db, identity, one, None if before is None else before[0], now)
        async with db.transaction() as tx:
            if not await fee_done(tx, one) or made is None:
                continue
            group = await records.group_of(tx, one.tenant_id, one.token) if before is None else before[1]
            await reservation_bills.add(tx, one, made, group, now, from_datetime(made.ended_at))
            charged = Decimal(made.total) - (Decimal(before[0].total) if before else 0)
            await tx.execute_all(spent(one.tenant_id, one.token, charged))
            tx.emit(Event(one.tenant_id, "ohmstead.reservation.billed", identity, now, _encode(made).decode()))
            made_now += 1
    return made_now


async def _next_bill(
    db: Db, identity: str, one: Reservation, before: ReservationBill | None, now: int
) -> ReservationBill | None:
    """None where nothing is to be billed, or what is billed stays."""
    if one.state == "used" and one.transaction is not None:
        if before is None or before.reason == "used":
            return None
        nothing = str(domain.rounded(Decimal(0), before.currency))
        return replace(
            before, version=before.version + 1, reason="used", made_at=to_datetime(now), lines=[],
            net=nothing, tax=nothing, total=nothing,
        )  # fmt: skip
    tariff = await reservation_bills.tariff_then(db, one)
    if before is not None or tariff is None:
        return None
    no_show, zone = one.state == "expired", await tariffs.zone_of(db, one.station_id)
    until = min(one.changed_at, one.expires_at)
    found = domain.unused(tariff, ZoneInfo(zone), one.created_at, until, no_show=no_show)
    return _form(identity, one, tariff, zone, found, until, now, "expired" if no_show else "not_charged")


def _form(
    identity: str, one: Reservation, tariff: domain.Tariff, zone: str, found: domain.Bill, until: int, now: int,
    reason: Literal["expired", "not_charged"],
) -> ReservationBill | None:  # fmt: skip
    """The first version, as the API shows it; None where the tariff has no price for any of it."""
    if not found.lines:
        return None
    return ReservationBill(
        reservation_id=str(one.id),
        version=1,
        reason=reason,
        made_at=to_datetime(now),
        station_id=identity,
        evse_id=one.evse_id,
        token=one.token,
        tariff_id=tariff.id,
        tariff_version=tariff.version,
        time_zone=zone,
        reserved_at=to_datetime(one.created_at),
        ended_at=to_datetime(until),
        currency=found.currency,
        lines=lines_of(found),
        net=str(found.net),
        tax=str(found.tax),
        total=str(found.total),
    )
