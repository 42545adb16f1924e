from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ohmstead.shapes.common import EvseReference, Limits
from ohmstead.shapes.token import TokenChange, TokenNew
from ohmstead.store.resources import tokens

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
async def known(db):
    whole = TokenNew(
        token="AbCd",
        group="fleet",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        limits=Limits(max_energy_wh=5000),
        site_ids=["11"],
        evses=[EvseReference("CS1", 2)],
        cache_s=60,
    )
    async with db.transaction() as tx:
        assert await tokens.add(tx, 1, 1, whole, NOW)
        assert await tokens.add(tx, 1, 2, TokenNew(token="abcd", type="eMAID", status="blocked"), NOW)
    return whole


async def test_a_token_is_compared_without_case_and_exists_once_per_type(db, known):
    assert [row["type"] for row in await tokens.find(db, 1, "ABCD", "eMAID")] == ["eMAID"]
    assert len(await tokens.find(db, 1, "aBcD", None)) == 2
    assert await tokens.find(db, 2, "abcd", None) == []
    async with db.transaction() as tx:
        assert not await tokens.add(tx, 1, 3, TokenNew(token="ABCD"), NOW)


async def test_what_was_given_is_shown(db, known):
    shown = tokens.form((await tokens.find(db, 1, "abcd", "ISO14443"))[0])
    for name in ("token", "group", "expires_at", "limits", "site_ids", "evses", "cache_s"):
        assert getattr(shown, name) == getattr(known, name)
    assert (shown.type, shown.status) == ("ISO14443", "accepted")


async def test_a_change_leaves_the_rest_and_needs_the_version(db, known):
    values = tokens.columns(TokenChange(status="blocked", group=None))
    async with db.transaction() as tx:
        assert not await tokens.change(tx, 1, 1, 5, values)
        assert await tokens.change(tx, 1, 1, 1, values)
    shown = tokens.form((await tokens.find(db, 1, "abcd", "ISO14443"))[0])
    assert (shown.status, shown.group, shown.cache_s) == ("blocked", None, 60)


async def test_filters(db, known):
    async def found(**filters):
        page = await tokens.page(db, 1, limit=9, cursor=None, **filters)
        return [(row["token"], row["type"]) for row in page.rows]

    assert await found() == [("AbCd", "ISO14443"), ("abcd", "eMAID")]
    assert await found(q="AB") == await found()
    assert await found(q="bc") == []
    assert await found(status="blocked") == [("abcd", "eMAID")]
    assert await found(group="FLEET") == [("AbCd", "ISO14443")]
    assert await found(type="VIN") == []


async def test_remove(db, known):
    async with db.transaction() as tx:
        assert not await tokens.remove(tx, 1, 1, 2)
        assert await tokens.remove(tx, 1, 1, 1)
    assert len(await tokens.find(db, 1, "abcd", None)) == 1
