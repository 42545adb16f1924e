"""C17-C25: ad hoc payment (2.1): by a terminal in the station, a kiosk, or the page behind a station's QR code.

A payment's reference is its token, of type DirectPayment. Money is reserved first; a transaction begins; when it has
ended and is billed, what it costs is taken, by us or by the station (SettlementByCSMS), and there is a receipt.
"""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks import Call, on
from ohmstead.blocks.command import Ask, Calls, Command, Outcome, Unsupported, given
from ohmstead.blocks.payment_provider import Declined, Provider, provider
from ohmstead.domain.device_model import Name
from ohmstead.domain.tokens import Limits, Verdict
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime
from ohmstead.settings import Settings
from ohmstead.shapes.tariff import Bill
from ohmstead.store import device_model, payments
from ohmstead.store.db import Db, Event, encode
from ohmstead.store.payments import Due, Payment

DIRECT = "DirectPayment"
TERMINAL = "terminal"
BEGUN_WITHIN = 600_000_000
"""Microseconds in which a transaction must begin that was paid for; then the money is let go."""
RECEIPT_BY_CSMS = Name("PaymentCtrlr", "ReceiptByCSMS")
SETTLEMENT_BY_CSMS = Name("PaymentCtrlr", "SettlementByCSMS")
STATES = {"Settled": "settled", "Canceled": "cancelled", "Rejected": "failed", "Failed": "failed"}
"""PaymentStatusEnumType -> ours."""
_bill = msgspec.json.Decoder(Bill).decode


class NotifyWebPaymentStarted(Command):
    """Tell a station that somebody is paying for an EVSE on the page behind its QR code (C25)."""

    actions: ClassVar = ("NotifyWebPaymentStarted",)
    evse_id: Annotated[int, Meta(ge=1)]
    timeout: Annotated[int, Meta(ge=1, le=3600, description="seconds in which the station waits for it")] = 300

    def to_v2(self, ask: Ask) -> Calls:
        if ask.version is not V21:
            raise Unsupported(f"OCPP {ask.version.name} has no web payments; 2.1 has.")
        yield ask.v.NotifyWebPaymentStartedRequest(evse_id=self.evse_id, timeout=self.timeout)
        return Outcome(True)


async def paid(call: Call, reference: str) -> Verdict | None:
    """The verdict about a DirectPayment token: of a payment of ours, or one that the station's own terminal has
    reserved, where that is allowed (`payment.terminals`). None: we know of no payment."""
    one = await payments.find(call.db, call.station.id, reference)
    if one is None:
        allowed = call.settings.payment.terminals and call.version is V21 and bool(reference)
        return Verdict("Accepted", cache_expiry=call.now) if allowed else None
    if one.state not in ("authorized", "charging"):
        return Verdict("NoCredit", cache_expiry=call.now)
    limits = None if one.amount is None else Limits(max_cost=one.amount)
    return Verdict("Accepted", cache_expiry=call.now, limits=limits)


async def charging(call: Call, after: Transaction, verdict: Verdict) -> None:
    """A payment begins to be charged for: tie it to its transaction, in the commit that begins it."""
    if after.token_type != DIRECT or not after.token or not verdict.accepted:
        return
    one = await payments.find(call.db, call.station.id, after.token)
    if one is not None and one.transaction is not None:
        return
    if one is None:
        one = Payment(
            id=new_id(), tenant_id=call.station.tenant_id, station_id=call.station.id, evse_id=after.evse_id,
            provider=TERMINAL, reference=after.token, state="authorized", created_at=call.now, updated_at=call.now,
        )  # fmt: skip
    one = replace(one, state="charging", transaction=after.id, updated_at=call.now)
    call.write.changed.append(payments.put(one))
    call.emit("payment.charging", payments.form(call.station.identity, one))


@on("NotifySettlement", V21)
async def settlement(call: Call, req: Any) -> Any:
    """The station has settled by itself (C21): the payment is over, and gets a receipt of ours where we make them."""
    response = call.v.NotifySettlementResponse()
    before = await payments.find(call.db, call.station.id, req.psp_ref)
    one = before or Payment(
        id=new_id(), tenant_id=call.station.tenant_id, station_id=call.station.id, provider=TERMINAL,
        reference=req.psp_ref, state="charging", created_at=call.now, updated_at=call.now,
    )  # fmt: skip
    receipt = given(req.receipt_url)
    if receipt is None and await _says(call.db, call.station.tenant_id, call.station.id, RECEIPT_BY_CSMS):
        receipt = receipt_url(call.settings, one.id)
        response.receipt_url, response.receipt_id = receipt, one.id  # C21.FR.03
    if one.state not in ("authorized", "charging"):
        return response  # told a second time
    known = call.state.transactions.get(given(req.transaction_id) or "")
    one = replace(
        one,
        state=STATES[req.status],
        transaction=one.transaction or (None if known is None else known.id),
        settled_amount=f"{Decimal(str(req.settlement_amount)):f}",
        settled_at=from_datetime(req.settlement_time),
        vat_number=given(req.vat_number) or one.vat_number,
        receipt_url=receipt,
        reason=given(req.status_info),
        updated_at=call.now,
    )
    call.write.changed.append(payments.put(one))
    call.emit(f"payment.{one.state}", payments.form(call.station.identity, one))
    return response


@on("VatNumberValidation", V21)
async def vat_number(call: Call, req: Any) -> Any:
    """Whose VAT number it is, by the payment service; without one nobody knows, and it is Rejected (C18)."""
    service = provider(call.settings.payment.provider)
    company = None if service is None else await service.company(req.vat_number)
    response = call.v.VatNumberValidationResponse(
        vat_number=req.vat_number,
        status="Rejected" if company is None else "Accepted",
        evse_id=req.evse_id,  # C18.FR.10
    )
    if company is not None:
        response.company = call.v.AddressType(
            name=company.name, address1=company.address1, city=company.city, country=company.country
        )
    return response


def new_id() -> str:
    return f"pay_{secrets.token_hex(12)}"


def receipt_url(settings: Settings, id: str) -> str:
    """Where the receipt is; who has none cannot guess the id."""
    return f"{settings.public_url.rstrip('/')}/api/v1/receipts/{id}"


async def _says(db: Db, tenant_id: int, station_id: int, name: Name) -> bool:
    said = (await device_model.load_some(db, tenant_id, station_id, [name])).value(name)
    return said is not None and said.strip().lower() == "true"


# ------------------------------------------------------------------ settling


async def settle_payments(db: Db, settings: Settings, now: int) -> int:
    """Take what ended transactions cost (C21.FR.05, C24.FR.10), let go what was paid for and never begun; how many
    payments are over now."""
    done = 0
    for due in await payments.due(db, now - BEGUN_WITHIN):
        try:
            over = await _over(db, settings, due, now)
        except Exception as error:
            runtime.log.warning("payment not settled", payment=due.payment.id, error=repr(error))
            continue
        if over is None:
            continue
        async with db.transaction() as tx:
            statement, arguments = payments.over(over)
            if await tx.fetch(statement, **arguments):
                told = encode(payments.form(due.identity, over))
                tx.emit(Event(over.tenant_id, f"ohmstead.payment.{over.state}", due.identity, now, told))
                done += 1
    return done


async def _over(db: Db, settings: Settings, due: Due, now: int) -> Payment | None:
    """How a payment ends; None: not yet, or that is for the station to say."""
    one = due.payment
    if due.charged == "active":
        return None
    service = provider(settings.payment.provider if one.provider == TERMINAL else one.provider)
    if one.state == "pending" and service is not None:
        await service.abandon(one.id)
        return replace(one, state="cancelled", settled_amount="0", settled_at=now, reason="it was cut off")
    if one.provider == TERMINAL and not await _says(db, one.tenant_id, one.station_id, SETTLEMENT_BY_CSMS):
        return None
    if service is None:
        return replace(one, state="failed", reason="there is no payment service that could settle it")
    if due.charged is None:
        await service.cancel(one.reference)
        return replace(one, state="cancelled", settled_amount="0", settled_at=now, reason="nothing was begun with it")
    if due.bill is None:
        return None
    return await _taken(settings, service, one, _bill(due.bill), now)


async def _taken(settings: Settings, service: Provider, one: Payment, bill: Bill, now: int) -> Payment:
    """C20.FR.03: what costs nothing is let go; what costs more than was reserved is taken as far as it goes."""
    cost = Decimal(bill.total)
    amount = cost if one.amount is None else min(cost, Decimal(one.amount))
    short = None if amount == cost else f"it cost {cost}, {amount} was reserved"
    try:
        if amount:
            await service.capture(one.reference, amount, bill.currency)
        else:
            await service.cancel(one.reference)
    except Declined as declined:
        return replace(one, state="failed", settled_at=now, reason=str(declined))
    return replace(
        one,
        state="settled" if amount else "cancelled",
        settled_amount=f"{amount:f}",
        settled_at=now,
        receipt_url=receipt_url(settings, one.id) if amount else None,
        reason=short,
    )
