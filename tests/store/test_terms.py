"""Terms: one number for each text, whoever stores it first."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.domain.device_model import Characteristics, Name
from ohmstead.store import terms
from ohmstead.store.terms import Terms, terms_of

pytestmark = pytest.mark.anyio

NAMES = [Name("EVSE", "Power", evse_id=n) for n in range(1, 301)]


async def test_a_term_is_stored_once(db, store):
    wanted = [*NAMES, Characteristics("integer", unit="W"), "evse.current.max"]
    first = await terms_of(db).numbers(db, 1, wanted)
    again = await Terms(db).numbers(db, 1, [*wanted, NAMES[0]])  # as another process, or after a restart
    assert first == again
    assert len(set(first.values())) == len(wanted) == len(await store.rows(db, "terms"))
    assert terms_of(db) is terms_of(db)


async def test_spellings_are_apart_and_found_by_one_key(db, store):
    numbers = await Terms(db).numbers(db, 1, [Name("EVSE", "Power"), Name("Evse", "POWER")])
    assert len(set(numbers.values())) == 2
    assert {row["plain"] for row in await store.rows(db, "terms")} == {terms.plain_text(Name("evse", "power").key)}


async def test_tenants_share_nothing(db):
    known = Terms(db)
    assert await known.numbers(db, 1, ["word"]) != await known.numbers(db, 2, ["word"])


async def test_several_who_store_the_same_at_once(db, store):
    found = await asyncio.gather(*(Terms(db).numbers(db, 1, NAMES[n:] + NAMES[:n]) for n in range(4)))
    assert all(one == found[0] for one in found)
    assert len(await store.rows(db, "terms")) == len(NAMES)


async def test_what_was_met_is_remembered_within_bounds(db, monkeypatch):
    monkeypatch.setattr(terms, "MOST", 10)
    known = Terms(db)
    numbers = await known.numbers(db, 1, NAMES)
    assert len(known._terms) <= 10
    assert await known.numbers(db, 1, NAMES) == numbers
    assert known.known([numbers[NAMES[0]], 0]).keys() <= {numbers[NAMES[0]]}


async def test_what_was_read_is_known(db, store):
    await Terms(db).numbers(db, 1, [NAMES[0], Characteristics("string"), "word"])
    known = Terms(db)
    rows = [tuple(row[name] for name in ("id", "tenant_id", "kind", "text")) for row in await store.rows(db, "terms")]
    assert set(known.learn(rows).values()) == {NAMES[0], Characteristics("string"), "word"}
    assert known.known(row[0] for row in rows) == known.learn(rows)
