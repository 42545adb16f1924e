"""Payments on both databases: found by reference, due when their transaction ended or never began."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.store import payments
from ohmstead.store.payments import Payment
from tests.store.test_reconciliations import NOW, STATION

pytestmark = pytest.mark.anyio
ONE = Payment(
    id="pay_1", tenant_id=1, station_id=1, evse_id=1, provider="local", reference="PSP-1", state="authorized",
    amount="5.00", currency="EUR", created_at=NOW, updated_at=NOW,
)  # fmt: skip


async def test_the_life_of_a_payment(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.1"))], [payments.new(ONE)])
    assert await payments.find(db, 1, "psp-1") == ONE
    assert (await payments.waits_at(db, 1, 1), await payments.waits_at(db, 1, 2)) == (True, False)
    assert await payments.due(db, NOW) == []
    (late,) = await payments.due(db, NOW + 1)
    assert (late.payment, late.identity, late.charged, late.bill) == (ONE, "CS1", None, None)
    charging = replace(ONE, state="charging", transaction=7)
    over = replace(charging, state="settled", settled_amount="1.20", settled_at=NOW)
    await db.store([], [payments.put(charging)])
    async with db.transaction() as tx:
        statement, arguments = payments.over(over)
        assert [bool(await tx.fetch(statement, **arguments)) for _ in range(2)] == [True, False]
    assert await payments.find(db, 1, "PSP-1") == over
    assert await payments.due(db, NOW + 1) == []


async def test_the_secret_of_a_station(db):
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.1"))], [])
    for validity in (30, 60):
        await db.store([], [payments.secret_put(1, 1, f"sealed {validity}", validity, 8, NOW)])
    first, then = await payments.secrets_by_identity(db, 1, "CS1")
    assert (first, then) == ((1, "sealed 30", 30, 8), (1, "sealed 60", 60, 8))
    await db.store([], [payments.secret_taken(then)])
    assert await payments.secrets_by_identity(db, 1, "CS1") == [then]
    assert await payments.secrets_by_identity(db, 1, "CS2") == []


async def test_a_pending_payment_is_reserved_once_or_forgotten(db):
    pending = replace(ONE, reference=ONE.id, state="pending")
    await db.store([(STATION, (1, 1, "CS1", "accepted", 1, NOW, NOW, "2.1"))], [payments.new(pending)])
    assert await payments.waits_at(db, 1, 1)
    assert [one.payment for one in await payments.due(db, NOW + 1)] == [pending]
    async with db.transaction() as tx:
        statement, arguments = payments.reserved(ONE)
        assert [bool(await tx.fetch(statement, **arguments)) for _ in range(2)] == [True, False]
        await tx.execute_all([payments.drop(ONE.id)])  # it is pending no more
    assert await payments.find(db, 1, "PSP-1") == ONE
