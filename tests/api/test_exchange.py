from __future__ import annotations

import pytest

from ohmstead.api.auth import Caller
from ohmstead.api.exchange import Answer, Exchange, Repeated, Unaudited
from ohmstead.api.problems import Refused
from ohmstead.store.resources import audit, keys

pytestmark = pytest.mark.anyio


@pytest.fixture
def make(context):
    def exchange(body=b"{}", method="POST", key_id="k", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Exchange(context, Caller(key_id, key_id, 1, frozenset()), "req", method, "/x", named, body)

    return exchange


async def answer(exchange, value, **options):
    async with exchange.transaction():
        return exchange.made(value, **options)


async def test_the_answer_is_stored_with_what_it_tells_of(make):
    given = await answer(make(idempotency_key="a"), {"n": 1}, Location="/x/1")
    kept = await make(idempotency_key="a").first_answer()
    assert (kept.body, kept.status) == (given.body, 201) == (b'{"n":1}', 201)
    assert kept.headers == {"Location": "/x/1", "Idempotent-Replayed": "true"}


async def test_what_failed_stored_nothing(make):
    exchange = make(idempotency_key="a")

    async def fails():
        async with exchange.transaction():
            exchange.made({})
            raise Refused("conflict", "no")

    with pytest.raises(Refused):
        await fails()
    assert await make(idempotency_key="a").first_answer() is None


async def test_a_key_belongs_to_its_caller_and_its_request(make):
    await answer(make(idempotency_key="a"), 1)
    assert await make(idempotency_key="a", key_id="other").first_answer() is None
    with pytest.raises(Refused) as caught:
        await make(idempotency_key="a", body=b"other").first_answer()
    assert caught.value.status == 422
    with pytest.raises(Repeated):
        await answer(make(idempotency_key="a"), 2)


async def test_only_posts_have_one(make):
    assert make(method="PATCH", idempotency_key="a").idempotency_key is None
    assert make().idempotency_key is None
    for bad in ("", "x" * 256):
        with pytest.raises(Refused):
            _ = make(idempotency_key=bad).idempotency_key


async def test_a_secret_answer_is_sealed(make, context):
    await answer(make(idempotency_key="a"), {"password": "hush"}, secret=True)
    from sqlalchemy import select

    from ohmstead.store.statement import Statement
    from ohmstead.store.tables import idempotency

    (row,) = await context.db.fetch(Statement(select(idempotency.c.body)))
    assert "hush" not in row[0]
    assert (await make(idempotency_key="a").first_answer()).body == b'{"password":"hush"}'


async def test_settle_replaces_the_stored_answer(make):
    exchange = make(idempotency_key="a")
    await answer(exchange, "queued", status=202)
    await exchange.settle(Answer(b'"done"', 200))
    kept = await make(idempotency_key="a").first_answer()
    assert (kept.body, kept.status) == (b'"done"', 200)


@pytest.mark.parametrize("tag", [None, "*", '"3"', '"1", "3"'])
def test_a_match(make, tag):
    make(**({} if tag is None else {"if_match": tag})).match(3)


@pytest.mark.parametrize("tag", ['"2"', "3", 'W/"3"', "x"])
def test_no_match(make, tag):
    with pytest.raises(Refused) as caught:
        make(if_match=tag).match(3)
    assert (caught.value.status, caught.value.headers) == (412, {"ETag": '"3"'})


async def test_what_nobody_audited_is_not_done(make, context):
    async def changes(audited):
        exchange = make()
        async with exchange.transaction() as tx:
            await keys.add(tx, 1, "key_1", "digest", name="n", scopes=[], sites=None, now=1)
            if audited:
                await exchange.audit(tx, "key.create", "key_1")

    with pytest.raises(Unaudited):
        await changes(audited=False)
    assert (await keys.page(context.db, 1, limit=9, cursor=None)).rows == []
    await changes(audited=True)
    assert len((await keys.page(context.db, 1, limit=9, cursor=None)).rows) == 1
    assert len((await audit.page(context.db, 1, limit=9, cursor=None)).rows) == 1
    async with make().transaction() as tx:
        await keys.is_known(tx, 1, "digest")  # who only reads is not asked
