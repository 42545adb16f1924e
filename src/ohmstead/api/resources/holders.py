"""Holders and their statements: what each flat, office or parking space charged in a month, and what it costs."""

from __future__ import annotations

import math
import re
import secrets
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, Struct

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.sites import check_zone
from ohmstead.api.routes import Routes
from ohmstead.api.tables import CSV, csv_answer
from ohmstead.domain import statements
from ohmstead.domain.tokens import key
from ohmstead.shapes.common import Page, Time
from ohmstead.shapes.holder import (
    Holder,
    HolderChange,
    HolderNew,
    Statement,
    StatementFee,
    StatementLine,
    StatementTotal,
)
from ohmstead.shapes.reservation import ReservationBill
from ohmstead.shapes.tariff import Bill
from ohmstead.shapes.transaction import Transaction
from ohmstead.store.resources import holders

routes = Routes("Holders")

MOST_LINES = 20_000
MONTH = re.compile(r"2[01]\d\d-(0[1-9]|1[0-2])")
_transaction = msgspec.json.Decoder(Transaction).decode
_bill = msgspec.json.Decoder(Bill).decode


class StatementQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    as_of: Annotated[Time, Meta(description="as it was known then; left out: now")] | None = None
    format: Literal["json", "csv"] = "json"


class StatementsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    as_of: Annotated[Time, Meta(description="as it was known then; left out: now")] | None = None


@routes.get("/holders", scope="tokens:read", everywhere=True)
async def list_holders(exchange: Exchange, query: PageQuery) -> Page[Holder]:
    """Holders, ordered by their ids."""
    found = await holders.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=position(query))
    return page(found, holders.form)


@routes.post("/holders", scope="tokens:write", status=201, gives=Holder, with_etag=True, everywhere=True)
async def create_holder(exchange: Exchange, body: HolderNew) -> Answer:
    """Make a group of tokens known as the holder of a unit."""
    check_zone(body.time_zone)
    row: dict[str, Any] = {
        "tenant_id": exchange.tenant_id,
        "id": body.id or secrets.token_hex(6),
        "group_token": body.group,
        "group_key": key(body.group),
        "name": body.name,
        "unit": body.unit,
        "time_zone": body.time_zone,
        "version": 1,
        "created_at": runtime.now(),
    }
    async with exchange.transaction() as tx:
        other = await holders.taken(tx, exchange.tenant_id, row["id"], body.group)
        if other is not None:
            raise Refused("conflict", f"The holder {other!r} has this id or this group already.")
        await holders.add(tx, row)
        await exchange.audit(tx, "holder.create", row["id"], body)
        return exchange.made(holders.form(row), Location=f"/api/v1/holders/{row['id']}", ETag=etag(1))


@routes.get("/holders/{id}", scope="tokens:read", gives=Holder, with_etag=True, everywhere=True)
async def show_holder(exchange: Exchange, id: str) -> Answer:
    """One holder."""
    row = await _find(exchange, id)
    return exchange.made(holders.form(row), status=200, ETag=etag(row["version"]))


@routes.patch("/holders/{id}", scope="tokens:write", gives=Holder, with_etag=True, matched=True, everywhere=True)
async def change_holder(exchange: Exchange, id: str, body: HolderChange) -> Answer:
    """Change name, unit or time zone; another group is another holder."""
    row = await _find(exchange, id)
    exchange.match(row["version"])
    if body.time_zone is not UNSET:
        check_zone(body.time_zone)
    changed = row | msgspec.to_builtins(body)
    async with exchange.transaction() as tx:
        if not await holders.change(tx, exchange.tenant_id, changed):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "holder.change", id, body)
        return exchange.made(holders.form(changed), status=200, ETag=etag(row["version"] + 1))


@routes.delete("/holders/{id}", scope="tokens:write", matched=True, everywhere=True)
async def delete_holder(exchange: Exchange, id: str) -> None:
    """Forget a holder; its tokens and records stay, and whoever has the group next gets statements of them."""
    row = await _find(exchange, id)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        if not await holders.remove(tx, exchange.tenant_id, id, row["version"]):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "holder.delete", id)


@routes.get(
    "/holders/{id}/statements/{month}", scope="transactions:read", gives=Statement, files=(CSV,), everywhere=True
)
async def show_statement(exchange: Exchange, id: str, month: str, query: StatementQuery) -> Answer:
    """What a holder is to pay for a month (YYYY-MM): the transactions that ended in it, by sealed records and bills.
    With `as_of` of an earlier answer it is that answer again. As CSV: one line for each transaction and each fee."""
    row = await _find(exchange, id)
    made = await _statement(exchange, row, month, _at(query.as_of))
    if query.format == "csv":
        return csv_answer(
            StatementLine,
            [*made.lines, *map(_as_line, made.fees)],
            f"{id}-{month}",
            **{"X-Digest": made.digest, "X-Open": str(made.open)},
        )
    return exchange.made(made, status=200)


@routes.get("/statements/{month}", scope="transactions:read", everywhere=True)
async def list_statements(exchange: Exchange, month: str, query: StatementsQuery) -> Page[Statement]:
    """The statements of all holders for a month, page by page; take few holders at once where they charge much."""
    exchange.caller.must("tokens:read")
    found = await holders.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=position(query))
    as_of = _at(query.as_of)
    made = {row["id"]: await _statement(exchange, row, month, as_of) for row in found.rows}
    return page(found, lambda row: made[row["id"]])


def _at(as_of: Any) -> int:
    """The instant that counts; never one that is still to come."""
    now = runtime.now()
    return now if as_of is None else min(runtime.from_datetime(as_of), now)


async def _statement(exchange: Exchange, row: dict[str, Any], month: str, as_of: int) -> Statement:
    if MONTH.fullmatch(month) is None:
        raise not_found("month", month)
    begin, end = statements.bounds(month, ZoneInfo(row["time_zone"]))
    whose = (exchange.db, exchange.tenant_id, exchange.sites, row["group_key"], begin, end)
    found = await holders.lines(*whose, as_of, limit=MOST_LINES + 1)
    unused = await holders.fees(*whose, as_of, limit=MOST_LINES + 1)
    if max(len(found), len(unused)) > MOST_LINES:
        raise invalid("/id", f"more than {MOST_LINES} transactions in a month are too many for one statement", "path")
    lines, fees = [_line(one) for one in found], [_fee(one) for one in unused]
    both: list[StatementLine | StatementFee] = [*lines, *fees]
    billed = [(one.currency, one.net, one.tax, one.total) for one in both if one.currency is not None]
    sums = statements.sums(billed)  # type: ignore[arg-type]
    return Statement(
        holder_id=row["id"],
        group=row["group_token"],
        name=row["name"],
        unit=row["unit"],
        month=month,
        time_zone=row["time_zone"],
        begins_at=runtime.to_datetime(begin),
        ends_at=runtime.to_datetime(end),
        as_of=runtime.to_datetime(as_of),
        open=await holders.open_ones(*whose),
        energy_wh=round(math.fsum(one.energy_wh for one in lines), 3),
        totals=[
            StatementTotal(currency=currency, net=str(one.net), tax=str(one.tax), total=str(one.total))
            for currency, one in sums.items()
        ],
        lines=lines,
        fees=fees,
        digest=statements.digest(both),
    )


def _line(row: dict[str, Any]) -> StatementLine:
    one = _transaction(row["body"])
    bill = None if row["bill"] is None else _bill(row["bill"])
    return StatementLine(
        transaction_id=one.id,
        record_version=row["version"],
        record_reason=row["reason"],
        station_id=one.station_id,
        evse_id=one.evse_id,
        token=one.token,
        started_at=one.started_at,
        ended_at=one.ended_at,
        energy_wh=one.energy_wh,
        bill_version=None if bill is None else bill.version,
        tariff_id=None if bill is None else bill.tariff_id,
        currency=None if bill is None else bill.currency,
        net=None if bill is None else bill.net,
        tax=None if bill is None else bill.tax,
        total=None if bill is None else bill.total,
    )


def _fee(bill: ReservationBill) -> StatementFee:
    names = [name for name in StatementFee.__struct_fields__ if name != "bill_version"]
    return StatementFee(bill_version=bill.version, **{name: getattr(bill, name) for name in names})


def _as_line(fee: StatementFee) -> StatementLine:
    """A fee in the table of transactions: it has none, and took no energy."""
    return StatementLine(
        transaction_id="",
        record_version=fee.bill_version,
        record_reason=f"reservation {fee.reservation_id} {fee.reason}",
        station_id=fee.station_id,
        evse_id=fee.evse_id,
        token=fee.token,
        started_at=fee.reserved_at,
        ended_at=fee.ended_at,
        energy_wh=0.0,
        bill_version=fee.bill_version,
        tariff_id=fee.tariff_id,
        currency=fee.currency,
        net=fee.net,
        tax=fee.tax,
        total=fee.total,
    )


async def _find(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await holders.find(exchange.db, exchange.tenant_id, id)
    if row is None:
        raise not_found("holder", id)
    return row
