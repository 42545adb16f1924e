"""Tokens as stations present them."""

from __future__ import annotations

import pytest

from ohmstead.domain.tokens import Place
from ohmstead.store.statement import Append
from ohmstead.store.tables import tokens
from ohmstead.store.tokens import find_token

pytestmark = pytest.mark.anyio

ROW = Append(
    tokens, "id", "tenant_id", "token", "token_key", "type", "status", "site_ids", "evses", "group_token", "cache_s",
    "expires_at", "created_at",
)  # fmt: skip


async def add(db, *given):
    rows = []
    for number, (token, kind, tenant) in enumerate(given, 1):
        rows.append((ROW, (number, tenant, token, token.casefold(), kind, "accepted", None, None, "G", 5, 6, 1)))
    await db.store(rows, [])


@pytest.mark.parametrize(
    ("kept", "asked", "kind", "found"),
    [
        ("AB12", "ab12", "ISO14443", True),
        ("ab12", "AB12", None, True),
        ("ab12", "ab12", "ISO15693", True),
        ("ab12", "ab12", "Central", True),
        ("ab12", "ab12", "KeyCode", False),
        ("ab12", "ab13", "ISO14443", False),
    ],
)
async def test_case_does_not_count_and_cards_are_interchangeable(db, kept, asked, kind, found):
    await add(db, (kept, "ISO14443", 1))
    token = await find_token(db, 1, asked, kind)
    assert (token is not None) is found


async def test_the_exact_type_comes_first(db):
    await add(db, ("x", "ISO14443", 1), ("x", "KeyCode", 1), ("x", "Central", 1))
    assert (await find_token(db, 1, "x", "KeyCode")).type == "KeyCode"
    assert (await find_token(db, 1, "x", "Central")).type == "Central"
    assert (await find_token(db, 1, "x", None)).type in ("ISO14443", "Central")
    assert await find_token(db, 1, "x", "eMAID") is None


async def test_another_tenants_token_is_unknown(db):
    await add(db, ("x", "ISO14443", 2))
    assert await find_token(db, 1, "x", None) is None


async def test_all_that_bears_on_the_verdict_is_read(db):
    await db.store(
        [
            (
                ROW,
                (
                    1,
                    1,
                    "x",
                    "x",
                    "eMAID",
                    "blocked",
                    '["3"]',
                    '[{"station_id":"CS1","evse_id":2}]',
                    None,
                    None,
                    None,
                    1,
                ),
            )
        ],
        [],
    )
    token = await find_token(db, 1, "x", None)
    assert (token.status, token.site_ids, token.evses) == ("blocked", (3,), (Place("CS1", 2),))
