"""By which tariff a reservation is billed that nobody used, and the versions of its bill."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ohmstead.shapes.reservation import ReservationBill
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.shapes.token import TokenNew
from ohmstead.store import reservation_bills
from ohmstead.store.resources import tariffs, tokens
from tests.store.test_reservations import ONE

pytestmark = pytest.mark.anyio


def new(name: str, **fields) -> TariffNew:
    return TariffNew(currency="EUR", name=name, elements=[TariffElement(per="no_show", price="1")], **fields)


async def test_the_tariff_is_that_of_the_moment_it_was_made(db):
    async with db.transaction() as tx:
        await tariffs.add(tx, 1, "a", 1, new("a", default=True), 100)
        await tariffs.add(tx, 1, "b", 1, new("b"), 100)
        await tokens.add(tx, 1, 1, TokenNew(token="Staff", tariff_id="b"), 0)
        await tariffs.end(tx, 1, "a", 1, 200)
        await tariffs.add(tx, 1, "a", 2, new("a", default=True), 200)
    found = {}
    for token in ("T", "staff"):
        for at in (99, 100, 199, 200):
            one = await reservation_bills.tariff_then(db, replace(ONE, token=token, created_at=at))
            found[token, at] = one and (one.id, one.version)
    assert found == {
        ("T", 99): None, ("T", 100): ("a", 1), ("T", 199): ("a", 1), ("T", 200): ("a", 2),
        ("staff", 99): None, ("staff", 100): ("b", 1), ("staff", 199): ("b", 1), ("staff", 200): ("b", 1),
    }  # fmt: skip


async def test_the_newest_version_counts(db, bill: ReservationBill):
    assert await reservation_bills.newest(db, ONE.id) is None
    async with db.transaction() as tx:
        await reservation_bills.add(tx, ONE, bill, "flat-7", 10, 5)
        await reservation_bills.add(tx, ONE, replace(bill, version=2, total="0.00"), "flat-7", 20, 5)
    newest, group = await reservation_bills.newest(db, ONE.id)
    assert (newest.version, newest.total, group) == (2, "0.00", "flat-7")


@pytest.fixture
def bill() -> ReservationBill:
    then = datetime(2026, 11, 1, tzinfo=UTC)
    return ReservationBill(
        reservation_id="3", version=1, reason="expired", made_at=then, station_id="CS1", evse_id=None, token="T",
        tariff_id="a", tariff_version=1, time_zone="UTC", reserved_at=then, ended_at=then, currency="EUR", lines=[],
        net="1.00", tax="0.00", total="1.00",
    )  # fmt: skip
