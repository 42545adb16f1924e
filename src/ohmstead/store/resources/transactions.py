"""Transactions as the API lists and shows them, with the messages they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from ohmstead.domain import transactions as domain
from ohmstead.domain.tokens import key
from ohmstead.runtime import to_datetime
from ohmstead.shapes.transaction import Transaction, TransactionEvent
from ohmstead.store.db import Db
from ohmstead.store.forms import transaction_form
from ohmstead.store.resources import frames
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import charges, ledger, stations, transactions

decode = msgspec.json.Decoder(domain.Transaction).decode
_c = transactions.c
_begun = _c.started_at
LIST = Listing(
    select(
        _c.id,
        _c.body,
        stations.c.identity,
        stations.c.ocpp_version,
        _c.transaction_id,
        charges.c.total,
        charges.c.currency,
    ).select_from(
        transactions.join(stations, _c.station_id == stations.c.id).outerjoin(charges, charges.c.transaction == _c.id)
    ),
    tenant=_c.tenant_id,
    site=stations.c.site_id,
    orders={"started_at": (_begun, _c.id)},
    filters={
        "which": _c.id == bindparam("which"),
        "station_id": stations.c.identity == bindparam("station_id"),
        "site_id": stations.c.site_id == bindparam("site_id"),
        "token": func.lower(_c.token) == bindparam("token"),
        "state": _c.state == bindparam("state"),
        "begun_from": _begun >= bindparam("begun_from"),
        "begun_before": _begun < bindparam("begun_before"),
        "complete": _c.complete == bindparam("complete"),
        "transaction_id": _c.transaction_id == bindparam("transaction_id"),
    },
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


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest first; `begun_from` and `begun_before` in microseconds."""
    if filters.get("token") is not None:
        filters["token"] = key(filters["token"])
    return await LIST.page(db, tenant_id, sites, order="-started_at", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one transaction by our id; None when there is none or the key may not see it."""
    if not id.isascii() or not id.isdigit() or len(id) > 18:
        return None
    found = await LIST.page(db, tenant_id, sites, order="-started_at", limit=1, which=int(id))
    return found.rows[0] if found.rows else None


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
