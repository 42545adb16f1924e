"""Transactions as the API lists and shows them, with the messages they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, and_, bindparam, func, literal_column, select

from ohmstead.domain import transactions as domain
from ohmstead.domain.tokens import key
from ohmstead.runtime import to_datetime
from ohmstead.shapes.transaction import Transaction, TransactionEvent
from ohmstead.store.db import Db
from ohmstead.store.forms import transaction_form
from ohmstead.store.resources import frames
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import charges, ledger, stations, transactions

decode = msgspec.json.Decoder(domain.Transaction).decode
FEW, MOST_SITES, MANY = 50, 16, 1000
"""Stations, and sites, whose transactions are looked for station by station; transactions that go on, of which the
newest are found sooner by looking through the newest of all."""
_FEW_SITES = [bindparam(f"few_{n}", type_=BigInteger()) for n in range(MOST_SITES)]
_c = transactions.c
_begun = _c.started_at
_shown = select(
    _c.id,
    _c.body,
    stations.c.identity,
    stations.c.ocpp_version,
    _c.transaction_id,
    charges.c.total,
    charges.c.currency,
).select_from(
    transactions.join(stations, _c.station_id == stations.c.id).outerjoin(charges, charges.c.transaction == _c.id)
)
_orders = {"started_at": (_begun, _c.id)}
_filters = {
    "which": _c.id == bindparam("which"),
    "site_id": stations.c.site_id == bindparam("site_id"),
    "token": func.lower(_c.token) == bindparam("token"),
    "state": _c.state == bindparam("state"),
    "active": _c.state == fixed("active"),
    "wanting": and_(_c.complete == literal_column("0"), _c.state != fixed("active")),
    "begun_from": _begun >= bindparam("begun_from"),
    "begun_before": _begun < bindparam("begun_before"),
    "complete": _c.complete == bindparam("complete"),
    "transaction_id": _c.transaction_id == bindparam("transaction_id"),
}
LIST = Listing(_shown, tenant=_c.tenant_id, site=stations.c.site_id, orders=_orders, filters=_filters)
_s = stations.alias("wanted")
OF_STATIONS = Listing(
    _shown,
    tenant=_c.tenant_id + literal_column("0"),  # hidden from the index by time, which would read all transactions
    site=stations.c.site_id,
    orders=_orders,
    filters={
        **_filters,
        "station_id": of_station(_c.station_id),
        "few": _c.station_id.in_(
            select(_s.c.id).where(_s.c.tenant_id == bindparam("tenant"), _s.c.site_id.in_(_FEW_SITES))
        ),
    },
)
"""By station: of one, or of the few that lie in some sites; and what is active, which an index by station holds."""
_COUNT = Statement(
    select(func.count()).select_from(
        select(_s.c.id)
        .where(_s.c.tenant_id == bindparam("tenant"), _s.c.site_id.in_(_FEW_SITES))
        .limit(bindparam("most"))
        .subquery()
    )
)
_GOING_ON = Statement(
    select(func.count()).select_from(
        select(_c.id).where(_c.state == fixed("active")).limit(bindparam("most")).subquery()
    )
)
MESSAGES = Listing(
    select(ledger),
    tenant=ledger.c.tenant_id,
    site=None,
    orders={"at": (ledger.c.at, ledger.c.id)},
    filters={"which": ledger.c.transaction == bindparam("which")},
)
_ALL_MESSAGES = Statement(
    select(ledger.c.action, ledger.c.request)
    .where(ledger.c.tenant_id == bindparam("tenant"), ledger.c.transaction == bindparam("which"))
    .order_by(ledger.c.at, ledger.c.id)
)
MOST_MEASURING = 64
"""Stations whose frames are read at once."""
_MEASURING = Statement(
    select(_c.station_id, _c.id, _c.ended_at, ledger.c.at, ledger.c.action, ledger.c.request)
    .select_from(transactions.join(ledger, ledger.c.transaction == _c.id))
    .where(
        _c.station_id.in_([bindparam(f"station_{n}", type_=BigInteger()) for n in range(MOST_MEASURING)]),
        _begun >= bindparam("begun_from"),
        func.coalesce(_c.ended_at, bindparam("measured_from", type_=BigInteger())) >= bindparam("measured_from"),
        ledger.c.at >= bindparam("measured_from"),
    )
    .order_by(ledger.c.at, ledger.c.id)
)
_WEEK = 7 * 86_400_000_000


class Measuring(NamedTuple):
    """Of one transaction the last (action, frame) of each part of a time, and when it ended."""

    ended_at: int | None
    frames: list[tuple[str, str]]


async def measuring(db: Db, station_ids: Sequence[int], begin: int, step: int) -> dict[int, list[Measuring]]:
    """By station the transactions that were told of from `begin` on, in parts of `step` microseconds; of those that
    began in the week before. At most MOST_MEASURING stations."""
    if not station_ids:
        return {}
    which = {f"station_{n}": station_ids[min(n, len(station_ids) - 1)] for n in range(MOST_MEASURING)}
    found: dict[tuple[int, int, int | None], dict[tuple[int, str], str]] = {}
    rows = await db.fetch_many(_MEASURING, **which, begun_from=begin - _WEEK, measured_from=begin)
    for station, transaction, ended_at, at, action, request in rows:
        found.setdefault((station, transaction, ended_at), {})[(at - begin) // step, action] = request
    by_station: dict[int, list[Measuring]] = {}
    for (station, _, ended_at), kept in found.items():
        last = [(action, request) for (_, action), request in kept.items()]
        by_station.setdefault(station, []).append(Measuring(ended_at, last))
    return by_station


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest first; `begun_from` and `begun_before` in microseconds."""
    if filters.get("token") is not None:
        filters["token"] = key(filters["token"])
    if filters.get("state") == "active":
        filters |= {"state": None, "active": True}
    listing, also = LIST, {}
    if filters.get("station_id") is not None or filters.get("active"):
        listing = OF_STATIONS
    elif (few := await _few(db, tenant_id, sites, filters.get("site_id"))) is not None:
        listing, also, filters["few"] = OF_STATIONS, few, True
    if listing is LIST and filters.get("complete") == 0 and await _go_on(db) <= MANY:
        return await _incomplete(db, tenant_id, sites, limit=limit, cursor=cursor, **{**filters, "complete": None})
    return await listing.page(
        db, tenant_id, sites, order="-started_at", limit=limit, cursor=cursor, also=also, **filters
    )


async def _go_on(db: Db) -> int:
    (found,) = await db.fetch(_GOING_ON, most=MANY + 1)
    return int(found[0])


async def _incomplete(db: Db, tenant_id: int, sites: Sites, **how: Any) -> Found:
    """What goes on, and what has ended and misses something: each has an index, both together have none."""
    parts = [
        await LIST.page(db, tenant_id, sites, order="-started_at", wanting=True, **how),
        await OF_STATIONS.page(db, tenant_id, sites, order="-started_at", active=True, **how),
    ]
    rows = sorted((row for one in parts for row in one.rows), key=lambda row: (row["order_0"], row["order_1"]))
    rows.reverse()
    shown, limit = rows[: how["limit"]], how["limit"]
    goes_on = len(rows) > limit or any(one.cursor for one in parts)
    return Found(shown, [shown[-1]["order_0"], shown[-1]["order_1"]] if goes_on else None)


async def _few(db: Db, tenant_id: int, sites: Sites, site_id: int | None) -> dict[str, Any] | None:
    """The sites that are asked for, if so few stations lie there that theirs are found sooner than the newest of all
    are looked through; None: they are many, or all sites are meant."""
    wanted = [site_id] if site_id is not None else list(sites or ())
    if not wanted or len(wanted) > MOST_SITES:
        return None
    given = {f"few_{n}": wanted[min(n, len(wanted) - 1)] for n in range(MOST_SITES)}
    (found,) = await db.fetch(_COUNT, tenant=tenant_id, most=FEW + 1, **given)
    return given if found[0] <= FEW else None


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one transaction by our id; None when there is none or the key may not see it."""
    return await LIST.find(db, tenant_id, sites, id)


async def messages(db: Db, tenant_id: int, id: int, *, limit: int, cursor: Cursor | None) -> Found:
    """The messages of a transaction in the order of their own times."""
    return await MESSAGES.page(db, tenant_id, None, order="at", limit=limit, cursor=cursor, which=id)


async def all_messages(db: Db, tenant_id: int, id: int) -> list[tuple[str, str]]:
    """(action, frame) of every message of a transaction."""
    return [(row[0], row[1]) for row in await db.fetch_many(_ALL_MESSAGES, tenant=tenant_id, which=id)]


def form(row: Mapping[str, Any]) -> Transaction:
    return transaction_form(row["identity"], decode(row["body"]), row["total"], row["currency"])


def event_form(row: Mapping[str, Any]) -> TransactionEvent:
    request, answer = frames.read(row["request"]), frames.read(row["answer"])
    return TransactionEvent(
        id=str(row["id"]),
        kind=row["kind"],
        seq_no=row["seq_no"],
        at=to_datetime(row["at"]),
        received_at=to_datetime(row["received_at"]),
        action=row["action"],
        payload=request.payload if request else msgspec.UNSET,
        answer=answer.payload if answer else None,
    )
