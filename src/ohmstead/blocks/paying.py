"""A payment that starts a transaction (C24, C25): one row and one command, in one database transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from ohmstead.blocks import ASKED_FOR
from ohmstead.blocks.payment import DIRECT
from ohmstead.domain.tokens import NO_LIMITS
from ohmstead.domain.tokens import Limits as Bounds
from ohmstead.shapes.common import Limits
from ohmstead.store import commands, payments
from ohmstead.store.db import Event, Tx, encode
from ohmstead.store.payments import Payment


def bounded(amount: str, limits: Limits | None) -> Limits:
    """The limits, never beyond the money that is reserved."""
    given = NO_LIMITS if limits is None else msgspec.convert(msgspec.to_builtins(limits), Bounds)
    return msgspec.convert(msgspec.to_builtins(given.tighter(Bounds(max_cost=f"{Decimal(amount):f}"))), Limits)


async def begin(tx: Tx, one: Payment, identity: str, limits: Limits | None, now: int) -> str:
    """Keep a new payment whose money is reserved, and ask its station to start for it (C24.FR.01); the command's id."""
    await tx.execute_all([payments.new(one)])
    return await start(tx, one, identity, limits, now)


async def start(tx: Tx, one: Payment, identity: str, limits: Limits | None, now: int) -> str:
    """Ask a station to start for a payment that is kept already."""
    assert one.amount is not None
    told = encode(payments.form(identity, one))
    tx.emit(Event(one.tenant_id, "ohmstead.payment.authorized", identity, now, told))
    body: dict[str, Any] = {
        "type": "start",
        "token": one.reference,
        "token_type": DIRECT,
        "evse_id": one.evse_id,
        "limits": msgspec.to_builtins(bounded(one.amount, limits)),
    }
    return await queue(tx, one.tenant_id, one.station_id, identity, body, now)


async def queue(tx: Tx, tenant_id: int, station_id: int, identity: str, body: dict[str, Any], now: int) -> str:
    """Queue a command for the station; its id."""
    id = commands.new_id(now)
    await commands.add(
        tx, id=id, tenant_id=tenant_id, station_id=station_id, identity=identity, type=body["type"], body=encode(body),
        now=now, expires_at=now + ASKED_FOR,
    )  # fmt: skip
    return id
