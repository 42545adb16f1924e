"""Exports: transactions and their meter values as tables, and in the words of OCPI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import page, position
from ohmstead.api.problems import invalid
from ohmstead.api.resources.meter_values import thinned, values_of
from ohmstead.api.resources.sites import site_number
from ohmstead.api.routes import Routes
from ohmstead.api.tables import CSV, PARQUET, csv_answer, parquet_answer
from ohmstead.blocks import ocpi
from ohmstead.shapes.common import Identity, Page, SiteId, Time
from ohmstead.shapes.export import MeterValueRow, OcpiCdr, OcpiSession, TransactionRow
from ohmstead.shapes.tariff import Bill
from ohmstead.shapes.transaction import Transaction
from ohmstead.store.forms import transaction_form
from ohmstead.store.resources import exports, transactions
from ohmstead.store.resources.listing import Found

routes = Routes("Exports")
Format = Literal["json", "csv", "parquet"]
_record = msgspec.json.Decoder(Transaction).decode
_bill = msgspec.json.Decoder(Bill).decode


class ExportQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`X-Next-Cursor` of an answer leads to the next part; JSON has it in `next_cursor` too."""

    begin: Time = field(name="from")
    end: Time = field(name="to")
    station_id: Identity | None = None
    site_id: SiteId | None = None
    cursor: str | None = None


class TransactionExport(ExportQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Format = "json"
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class MeterValueExport(ExportQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Format = "json"
    resolution: Annotated[int, Meta(ge=1, le=86_400, description="seconds; the last value in each")] | None = None
    limit: Annotated[int, Meta(ge=1, le=100, description="transactions in one answer, with all of their values")] = 20


class OcpiExport(ExportQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    country_code: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    party_id: Annotated[str, Meta(pattern=r"^[A-Z0-9]{3}$")]
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


@routes.get("/exports/transactions", scope="transactions:read", gives=Page[TransactionRow], files=(CSV, PARQUET))
async def export_transactions(exchange: Exchange, query: TransactionExport) -> Answer:
    """Transactions that began in the time from `from` up to `to`, oldest first, as a table."""
    found = await exports.transactions_page(exchange.db, exchange.tenant_id, exchange.sites, **_where(query))
    rows = [_row(one) for one in found.rows]
    return await _table(exchange, query.format, "transactions", TransactionRow, rows, found)


@routes.get("/exports/meter-values", scope="transactions:read", gives=Page[MeterValueRow], files=(CSV, PARQUET))
async def export_meter_values(exchange: Exchange, query: MeterValueExport) -> Answer:
    """The measured values of the transactions that began in the time from `from` up to `to`, as a table."""
    found = await exports.transactions_page(exchange.db, exchange.tenant_id, exchange.sites, **_where(query))
    rows: list[MeterValueRow] = []
    for one in found.rows:
        frames = await transactions.all_messages(exchange.db, exchange.tenant_id, one["id"])
        values = await asyncio.to_thread(values_of, frames)
        if query.resolution is not None:
            values = thinned(values, query.resolution)
        evse_id = transactions.decode(one["body"]).evse_id
        rows += [
            MeterValueRow(
                id=str(one["id"]), station_id=one["identity"], evse_id=evse_id, **msgspec.structs.asdict(value)
            )
            for value in values
        ]
    return await _table(exchange, query.format, "meter-values", MeterValueRow, rows, found)


@routes.get("/exports/ocpi/sessions", scope="transactions:read")
async def export_ocpi_sessions(exchange: Exchange, query: OcpiExport) -> Page[OcpiSession]:
    """Transactions that began in the time, as OCPI 2.2.1 sessions."""
    found = await exports.transactions_page(exchange.db, exchange.tenant_id, exchange.sites, **_where(query))
    party = ocpi.Party(query.country_code, query.party_id)

    def shown(row: dict[str, Any]) -> OcpiSession:
        one = transactions.decode(row["body"])
        form = transaction_form(row["identity"], one, row["total"], row["currency"])
        return ocpi.session(party, form, _billed(row), _place(row), runtime.to_datetime(one.last_at))

    return page(found, shown)


@routes.get("/exports/ocpi/cdrs", scope="transactions:read")
async def export_ocpi_cdrs(exchange: Exchange, query: OcpiExport) -> Page[OcpiCdr]:
    """Sealed records that ended in the time, as OCPI 2.2.1 CDRs: of each the version that counts now."""
    found = await exports.records_page(exchange.db, exchange.tenant_id, exchange.sites, **_where(query))
    party = ocpi.Party(query.country_code, query.party_id)

    def shown(row: dict[str, Any]) -> OcpiCdr:
        record, sealed_at = (row["version"], _record(row["body"])), runtime.to_datetime(row["sealed_at"])
        return ocpi.cdr(party, record, _billed(row), _place(row), sealed_at)

    return page(found, shown)


def _where(query: Any) -> dict[str, Any]:
    begin, end = runtime.from_datetime(query.begin), runtime.from_datetime(query.end)
    if begin >= end:
        raise invalid("/to", "does not lie after `from`", "query")
    return {
        "begin": begin,
        "end": end,
        "station_id": query.station_id,
        "site_id": None if query.site_id is None else site_number(query.site_id),
        "limit": query.limit,
        "cursor": position(query),
    }


async def _table(
    exchange: Exchange, format: Format, name: str, kind: type[Struct], rows: Sequence[Struct], found: Found
) -> Answer:
    """The rows in the format asked for, and where the next part begins."""
    cursor = page(found, lambda row: row).next_cursor
    if format == "json":
        return exchange.made(Page(list(rows), cursor), status=200)
    headers = {} if cursor is None else {"X-Next-Cursor": cursor}
    write: Callable[..., Answer] = csv_answer if format == "csv" else parquet_answer
    return await asyncio.to_thread(write, kind, rows, name, **headers)


def _row(row: Mapping[str, Any]) -> TransactionRow:
    form = transaction_form(row["identity"], transactions.decode(row["body"]), row["total"], row["currency"])
    site_id = None if row["site_id"] is None else str(row["site_id"])
    names = [name for name in TransactionRow.__struct_fields__ if name != "site_id"]
    return TransactionRow(site_id=site_id, **{name: getattr(form, name) for name in names})


def _billed(row: Mapping[str, Any]) -> Bill | None:
    return None if row["bill"] is None else _bill(row["bill"])


def _place(row: Mapping[str, Any]) -> ocpi.Place:
    return ocpi.Place(
        site_id=None if row["site_id"] is None else str(row["site_id"]),
        name=row["site_name"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )
