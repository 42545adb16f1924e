"""Which tariff counts, and who makes a bill when two want to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ohmstead.domain.tariffs import begin
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.shapes.token import TokenNew
from ohmstead.store import tariffs
from ohmstead.store.resources import tariffs as resource
from ohmstead.store.resources import tokens
from ohmstead.store.tariffs import Charge

pytestmark = pytest.mark.anyio


def new(name: str, **fields) -> TariffNew:
    return TariffNew(currency="EUR", name=name, elements=[TariffElement(per="kwh", price="1")], **fields)


@pytest.fixture
async def known(db):
    async with db.transaction() as tx:
        await resource.add(tx, 1, "a", 1, new("a", default=True), 0)
        await resource.add(tx, 1, "b", 1, new("b"), 0)
        await tokens.add(tx, 1, 1, TokenNew(token="Staff", tariff_id="b"), 0)
        await tokens.add(tx, 1, 2, TokenNew(token="Guest"), 0)
        await tokens.add(tx, 1, 3, TokenNew(token="Lost", tariff_id="gone"), 0)
    return db


@pytest.mark.parametrize(("key", "id"), [("staff", "b"), ("guest", "a"), ("lost", "a"), ("who", "a"), (None, "a")])
async def test_the_tariff_of_a_token(known, key, id):
    assert (await tariffs.tariff_for(known, 1, key)).id == id
    assert await tariffs.tariff_for(known, 2, key) is None


async def test_one_default_at_a_time(known):
    async with known.transaction() as tx:
        await resource.add(tx, 1, "c", 1, new("c", default=True), 5)
    assert (await tariffs.tariff_for(known, 1, None)).id == "c"
    before = await resource.find(known, 1, "a")
    assert (before["version"], resource.form(before).default) == (2, False)


async def test_a_bill_is_made_once(known):
    tariff = await tariffs.version_of(known, 1, "a", 1)
    charge = Charge(7, 1, 1, tariff, "UTC", begin(tariff, ZoneInfo("UTC"), 0), "0.00")
    async with known.transaction() as tx:
        await tx.execute_all([tariffs.new(charge)])
    assert await tariffs.find_charge(known, 7) == charge
    statement, arguments = tariffs.billed(charge, "1.00")
    async with known.transaction() as tx:
        assert await tx.fetch(statement, **arguments)
        assert not await tx.fetch(statement, **arguments)
        await tx.execute_all([tariffs.mark_due(7)])
    after = await tariffs.find_charge(known, 7)
    assert (after.bill_version, after.due, after.total) == (1, 1, "1.00")
    assert await tariffs.due(known) == [7]
    assert await tariffs.for_bill(known, 7) is None  # there is no such transaction
