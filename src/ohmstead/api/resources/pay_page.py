"""The page behind the QR code of a station (C25), and receipts: for drivers, who have no key.

A wrong password in the link shows no page and starts nothing (C25.FR.08). What a driver may try is limited for each
station. The pages hold no script and load nothing.
"""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import Annotated, Any
from urllib.parse import parse_qsl

from msgspec import Meta, Struct
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources.payments import ready
from ohmstead.api.routes import Routes
from ohmstead.blocks import paying
from ohmstead.blocks.payment import new_id
from ohmstead.blocks.payment_provider import Declined, Provider, provider
from ohmstead.domain.tokens import Limits as Bounds
from ohmstead.domain.totp import VERSION, matches
from ohmstead.shapes.common import Limits
from ohmstead.store import payments as store
from ohmstead.store import tariffs
from ohmstead.store.resources import audit
from ohmstead.store.resources import tariffs as bills
from ohmstead.store.secrets import unseal

routes = Routes("Payments")

WAITS_S = 300
"""Seconds in which the station waits for a driver who is paying."""
SAFE = {"Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'"}
Whole = Annotated[int, Meta(ge=1, le=100_000_000)]


class PayQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What is in the link (C25.FR.09); the limits are the driver's own (C25.FR.59)."""

    totp: Annotated[str, Meta(max_length=64)] = ""
    version: Annotated[str, Meta(max_length=20)] = VERSION
    maxenergy: Annotated[Whole, Meta(description="Wh")] | None = None
    maxtime: Annotated[Whole, Meta(description="seconds")] | None = None
    maxcost: Annotated[str, Meta(pattern=r"^\d{1,6}(\.\d{1,4})?$")] | None = None


@routes.get("/pay/{station}/{evse}", scope=None, gives=str, media_type="text/html")
async def show_pay_page(exchange: Exchange, station: str, evse: str, query: PayQuery) -> Answer:
    """The payment page of an EVSE, for the right one-time password; the station is told that somebody pays."""
    row, evse_id = await _opened(exchange, station, evse, query)
    now = runtime.now()
    async with exchange.db.transaction() as tx:
        body = {"type": "notify_web_payment_started", "evse_id": evse_id, "timeout": WAITS_S}
        await paying.queue(tx, exchange.tenant_id, row["id"], station, body, now)
    amount, currency = await _hold(exchange, query)
    text = f"Up to {amount} {escape(currency)} are reserved; you pay what you charge."
    form = (
        '<form method="post"><label>Card <input name="card" required maxlength="50"></label> '
        '<label>VAT number, for companies <input name="vat_number" maxlength="20"></label> <button>Pay</button></form>'
    )
    return _html(f"{station}, EVSE {evse_id}", f"<p>{text}</p>{form}")


@routes.post(
    "/pay/{station}/{evse}", scope=None, status=201, also=(402,), gives=str, media_type="text/html",
    accepts="application/x-www-form-urlencoded",
)  # fmt: skip
async def pay(exchange: Exchange, station: str, evse: str, query: PayQuery, body: bytes) -> Answer:
    """Reserve the money and ask the station to start (C25.FR.20 and following: as from a kiosk)."""
    row, evse_id = await _opened(exchange, station, evse, query)
    if await store.waits_at(exchange.db, row["id"], evse_id):
        raise Refused("conflict", "Somebody has just paid for this EVSE.")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=10))
    name = exchange.context.settings.payment.provider
    service = provider(name)
    assert service is not None
    amount, currency = await _hold(exchange, query)
    now, id = runtime.now(), new_id()
    one = store.Payment(
        id=id, tenant_id=exchange.tenant_id, station_id=row["id"], evse_id=evse_id, provider=name, reference=id,
        state="pending", amount=amount, currency=currency, vat_number=fields.get("vat_number", "")[:20] or None,
        created_at=now, updated_at=now,
    )  # fmt: skip
    async with exchange.db.transaction() as tx:
        await tx.execute_all([store.new(one)])
    try:
        one = await _reserved(exchange, service, one, fields.get("card", ""))
    except Declined as declined:
        return _html("Not paid", f"<p>{escape(str(declined))}</p>", 402)
    await _begun(exchange, service, one, station, query)
    receipt = f'<a href="../../receipts/{one.id}">receipt</a>'
    return _html("Paid", f"<p>Plug in. When you have charged, here is your {receipt}.</p>", 201)


async def _reserved(exchange: Exchange, service: Provider, one: store.Payment, card: str) -> store.Payment:
    """Reserve the money of a payment that is written already, so that none is ever held for nobody: what is cut off
    here is found as `pending`, and let go. Raises Declined, and forgets the payment."""
    assert one.amount is not None
    assert one.currency is not None
    try:
        reference = await service.authorize(one.id, Decimal(one.amount), one.currency, card)
    except Declined:
        async with exchange.db.transaction() as tx:
            await tx.execute_all([store.drop(one.id)])
        raise
    return replace(one, reference=reference, state="authorized", updated_at=runtime.now())


async def _begun(exchange: Exchange, service: Provider, one: store.Payment, identity: str, query: PayQuery) -> None:
    """Keep that it is reserved, and ask the station to start, in one. Raises Refused where that took so long that the
    payment was given up."""
    number, now = await exchange.context.ids.take(), runtime.now()
    limits = Limits(max_energy_wh=query.maxenergy, max_time_s=query.maxtime)
    statement, arguments = store.reserved(one)
    async with exchange.db.transaction() as tx:
        if kept := await tx.fetch(statement, **arguments):
            await paying.start(tx, one, identity, limits, now)
            detail = {"station_id": identity, "evse_id": one.evse_id, "amount": one.amount}
            await audit.add(tx, exchange.tenant_id, number, now, "driver:qr", "payment.create", one.id, detail)
    if not kept:
        await service.cancel(one.reference)
        raise Refused("conflict", "The payment took too long; nothing was taken. Scan the code again.")


@routes.get("/receipts/{id}", scope=None, gives=str, media_type="text/html")
async def show_receipt(exchange: Exchange, id: str) -> Answer:
    """The receipt of a payment; its id is known to who paid."""
    found = await store.page(exchange.db, exchange.tenant_id, None, limit=1, cursor=None, which=id)
    if not found.rows:
        raise not_found("receipt", id)
    one, identity = store.payment_of(found.rows[0]), found.rows[0]["identity"]
    if one.state in ("pending", "authorized", "charging"):
        return _html("Receipt", f"<p>The payment {escape(id)} is not settled yet. Come back when you have charged.</p>")
    facts = [("Payment", id), ("Station", f"{identity}, EVSE {one.evse_id}"), ("State", one.state)]
    facts += [("VAT number", one.vat_number)] if one.vat_number else []
    if one.transaction is not None:
        bill = await bills.bills_page(exchange.db, exchange.tenant_id, one.transaction, limit=1, cursor=None)
        facts += _billed(bills.bill_form(bill.rows[0])) if bill.rows else []
    facts.append(("Paid", f"{one.settled_amount or '0'} {one.currency or ''}"))
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in facts)
    return _html("Receipt", f"<table>{rows}</table>")


def _billed(bill: Any) -> list[tuple[str, str]]:
    span = f"{bill.started_at:%Y-%m-%d %H:%M} to {bill.ended_at:%Y-%m-%d %H:%M} UTC" if bill.ended_at else ""
    lines = [(line.text, f"{line.quantity} x {line.price} = {line.amount}") for line in bill.lines]
    return [("Time", span), *lines, ("Net", bill.net), ("Tax", bill.tax), ("Total", f"{bill.total} {bill.currency}")]


async def _opened(exchange: Exchange, station: str, evse: str, query: PayQuery) -> tuple[dict[str, Any], int]:
    """The station and the EVSE behind a link. Raises Refused unless the password is right (C25.FR.07); nothing tells
    a station that is not there from a wrong password."""
    wrong = Refused("forbidden", "This QR code is not valid, or not any more; scan it again.")
    taken = exchange.context.guesses.take(f"pay {station}")
    if not taken.allowed:
        raise Refused("too-many-requests", "Too many tries; wait.", headers={"Retry-After": str(taken.reset_s)})
    if provider(exchange.context.settings.payment.provider) is None:
        raise wrong
    if query.version != VERSION or not evse.isascii() or not evse.isdigit() or not 1 <= int(evse[:6]) <= 9999:
        raise wrong
    for n, one in enumerate(await store.secrets_by_identity(exchange.db, exchange.tenant_id, station)):
        secret = unseal(exchange.context.server_key, one.sealed)
        if matches(query.totp, secret, one.validity_s, one.length, runtime.now()):
            if n:  # only the station can have made it: it has taken the new secret
                async with exchange.db.transaction() as tx:
                    await tx.execute_all([store.secret_taken(one)])
            return await ready(exchange, station, int(evse)), int(evse)
    raise wrong


async def _hold(exchange: Exchange, query: PayQuery) -> tuple[str, str]:
    """What is reserved: the setting, or less where the driver wants to spend less; in the default tariff's currency."""
    tariff = await tariffs.tariff_for(exchange.db, exchange.tenant_id, None)
    if tariff is None:
        raise Refused("conflict", "There is no default tariff: nobody can say what charging costs.")
    bound = Bounds(max_cost=exchange.context.settings.payment.hold).tighter(Bounds(max_cost=query.maxcost))
    assert bound.max_cost is not None
    return bound.max_cost, tariff.currency


def _html(title: str, inner: str, status: int = 200) -> Answer:
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><h1>{escape(title)}</h1>'
    )
    return Answer(f"{body}{inner}</html>".encode(), status, SAFE, "text/html; charset=utf-8")
