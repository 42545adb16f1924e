"""How sure we are of transactions: what is missing and the search for it, sealed records, signed values."""

from __future__ import annotations

import asyncio
from typing import Literal

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import not_found
from ohmstead.api.routes import Routes
from ohmstead.blocks.signed_values import signed_values
from ohmstead.shapes.common import Identity, Page
from ohmstead.shapes.transaction import Reconciliation, Record, SignedValue, Verdict
from ohmstead.store.reconciliations import opened
from ohmstead.store.resources import reconciliations, transactions

routes = Routes("Transactions")


class ReconciliationQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: Literal["open", "closed"] | None = None
    verdict: Verdict | None = None


@routes.get("/reconciliations", scope="transactions:read")
async def list_reconciliations(exchange: Exchange, query: ReconciliationQuery) -> Page[Reconciliation]:
    """Transactions of which something was missing, newest first, and what the search for it found."""
    found = await reconciliations.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        state=query.state,
        verdict=query.verdict,
    )
    return page(found, reconciliations.form)


@routes.post("/transactions/{id}/reconcile", scope="transactions:write", status=202, gives=Reconciliation)
async def reconcile_transaction(exchange: Exchange, id: str) -> Answer:
    """Look into it now: what is missing is asked for, and a verdict follows."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    one = transactions.decode(row["body"])
    async with exchange.transaction() as tx:
        now = runtime.now()
        await tx.execute_all([opened(exchange.tenant_id, one, "asked", now, now)])
        await exchange.audit(tx, "transaction.reconcile", id, {"station_id": row["identity"]})
        shown = Reconciliation(
            transaction_id=id, station_id=row["identity"], state="open", reason="asked",
            opened_at=runtime.to_datetime(now), due_at=runtime.to_datetime(now), asked=0, ongoing=None, in_queue=None,
            verdict=None, closed_at=None,
        )  # fmt: skip
        return exchange.made(shown, status=202)


@routes.get("/transactions/{id}/signed-values", scope="transactions:read")
async def list_signed_values(exchange: Exchange, id: str) -> list[SignedValue]:
    """The signed meter values in its messages, byte for byte, and whether their signatures hold (OCMF)."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    frames = await transactions.all_messages(exchange.db, exchange.tenant_id, row["id"])
    return await asyncio.to_thread(signed_values, frames)


@routes.get("/transactions/{id}/records", scope="transactions:read")
async def list_records(exchange: Exchange, id: str) -> list[Record]:
    """What it came to, sealed; the version that counts comes first."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    return await reconciliations.sealed(exchange.db, exchange.tenant_id, row["id"])
