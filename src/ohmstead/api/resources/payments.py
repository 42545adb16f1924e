"""Ad hoc payments: what kiosks reserve, what terminals and QR codes bring, and how it was settled."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources import commands
from ohmstead.api.resources.commands import WaitQuery
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.blocks import paying
from ohmstead.blocks.payment import new_id
from ohmstead.domain.totp import VERSION
from ohmstead.shapes.command import Command
from ohmstead.shapes.common import Identity, Page
from ohmstead.shapes.payment import Payment, PaymentNew, PaymentState, WebPaymentNew
from ohmstead.store import payments as store
from ohmstead.store.secrets import seal
from ohmstead.store.sessions import CONNECTORS

routes = Routes("Payments")
KIOSK = "kiosk"


class PaymentQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: PaymentState | None = None


@routes.get("/payments", scope="payments:read")
async def list_payments(exchange: Exchange, query: PaymentQuery) -> Page[Payment]:
    """Payments, newest first."""
    found = await store.page(
        exchange.db, exchange.tenant_id, exchange.sites, limit=query.limit, cursor=position(query),
        station_id=query.station_id, state=query.state,
    )  # fmt: skip
    return page(found, lambda row: store.form(row["identity"], store.payment_of(row)))


@routes.post("/payments", scope="payments:write", status=201, gives=Payment)
async def create_payment(exchange: Exchange, body: PaymentNew) -> Answer:
    """Start for a payment that a kiosk has reserved with the payment service (C24); its reference is the token. It is
    settled with the service of the settings when the transaction has ended."""
    station = await ready(exchange, body.station_id, body.evse_id)
    name = exchange.context.settings.payment.provider
    if not name:
        raise Refused("conflict", "There is no payment service (payment.provider) that could settle it.")
    if await store.find(exchange.db, station["id"], body.reference):
        raise Refused("conflict", f"There is a payment {body.reference!r} at this station already.")
    now = runtime.now()
    one = store.Payment(
        id=new_id(), tenant_id=exchange.tenant_id, station_id=station["id"], evse_id=body.evse_id, provider=name,
        reference=body.reference, state="authorized", amount=body.amount, currency=body.currency,
        vat_number=body.vat_number, created_at=now, updated_at=now,
    )  # fmt: skip
    async with exchange.transaction() as tx:
        await paying.begin(tx, one, body.station_id, body.limits, now)
        await exchange.audit(tx, "payment.create", one.id, {"station_id": body.station_id, "amount": body.amount})
        return exchange.made(store.form(body.station_id, one), Location=f"/api/v1/payments/{one.id}")


@routes.get("/payments/{id}", scope="payments:read")
async def show_payment(exchange: Exchange, id: str) -> Payment:
    """One payment."""
    found = await store.page(exchange.db, exchange.tenant_id, exchange.sites, limit=1, cursor=None, which=id)
    if not found.rows:
        raise not_found("payment", id)
    return store.form(found.rows[0]["identity"], store.payment_of(found.rows[0]))


@routes.add("PUT", "/stations/{id}/qr-codes", scope="stations:write", status=202, gives=Command, also=(200,))
async def set_qr_codes(exchange: Exchange, id: str, query: WaitQuery, body: WebPaymentNew) -> Answer:
    """Let a station show QR codes that lead to our payment page (C25): a new secret for it, and its WebPaymentsCtrlr
    set by the command that is answered."""
    station = await wanted(exchange, id)
    secret, now = secrets.token_urlsafe(24), runtime.now()
    base = exchange.context.settings.public_url.rstrip("/")
    wishes = {
        "URLTemplate": f"{base}/api/v1/pay/{id}/{{evse}}?totp={{totp}}&version={{version}}",
        "SharedSecret": secret,
        "ValidityTime": str(body.validity_s),
        "Length": str(body.length),
        "TOTPVersion": VERSION,
    }
    variables = [{"component": "WebPaymentsCtrlr", "variable": name, "value": value} for name, value in wishes.items()]
    async with exchange.db.transaction() as tx:
        sealed = seal(exchange.context.server_key, secret)
        put = store.secret_put(exchange.tenant_id, station["id"], sealed, body.validity_s, body.length, now)
        await tx.execute_all([put])
    asked = msgspec.json.encode({"type": "set_variables", "variables": variables})
    return await commands.ask(exchange, id, asked, query, secret=True)


async def ready(exchange: Exchange, identity: str, evse_id: int) -> dict[str, Any]:
    """The row of a station whose EVSE can start for a payment. Raises Refused for others."""
    station = await wanted(exchange, identity)
    if station["connected_since"] is None:
        raise Refused("conflict", f"The station {identity} is offline; nobody should pay there now.")
    if station["ocpp_version"] != "2.1":
        raise Refused("conflict", f"The station {identity} speaks OCPP {station['ocpp_version']}; payments need 2.1.")
    told = {row[0] for row in await exchange.db.fetch(CONNECTORS, station=station["id"])} - {0}
    if told and evse_id not in told:
        raise Refused("conflict", f"The station {identity} has told of no EVSE {evse_id}; nobody should pay there.")
    return dict(station)
