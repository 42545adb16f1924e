"""Statements: the same Core clause runs on both databases; literals, defaults, lists, partial indexes."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, case, func, insert, select, update

from ohmstead.store.statement import Append, Statement, fixed
from ohmstead.store.tables import messages, tokens

pytestmark = pytest.mark.anyio

FIND = Statement(select(tokens.c.status).where(tokens.c.token_key == bindparam("key"), tokens.c.type == "Central"))


def test_the_text_of_each_database() -> None:
    assert FIND.sqlite.text.endswith("WHERE tokens.token_key = ? AND tokens.type = ?")
    assert FIND.postgres.text.endswith("WHERE tokens.token_key = $1::VARCHAR AND tokens.type = $2::VARCHAR")
    assert FIND.sqlite is FIND.sqlite


def test_arguments_come_in_the_order_of_the_text() -> None:
    for compiled in (FIND.sqlite, FIND.postgres):
        assert compiled.arguments({"key": "abc"}) == ("abc", "Central")
        assert compiled.arguments({}) == (None, "Central")
        assert compiled.arguments({"key": "abc", "unknown": 1}) == ("abc", "Central")


def test_a_fixed_word_is_part_of_the_text() -> None:
    statement = Statement(select(tokens.c.id).where(tokens.c.status == fixed("accepted")))
    assert "tokens.status = 'accepted'" in statement.sqlite.text
    assert statement.sqlite.names == ()
    with pytest.raises(AssertionError):
        fixed("it's")


async def test_every_kind_of_statement_runs(db) -> None:
    new = Statement(
        insert(tokens).values(
            id=bindparam("id"), tenant_id=1, token=bindparam("token"), token_key=bindparam("token"),
            type=bindparam("type"), status="accepted", created_at=5, holder=bindparam("holder"),
        )
    )  # fmt: skip
    change = Statement(
        update(tokens)
        .where(tokens.c.id.in_([1, 2]), tokens.c.status.in_(["accepted", "blocked"]))
        .values(
            holder=func.coalesce(tokens.c.holder, bindparam("who")),
            version=tokens.c.version + 1,
            status=case((tokens.c.id == 1, tokens.c.status), else_=bindparam("status_new")),
        )
        .returning(tokens.c.id, tokens.c.status, tokens.c.holder, tokens.c.version)
    )
    some = Statement(
        select(tokens.c.id).where(tokens.c.id > bindparam("after")).order_by(tokens.c.id).limit(bindparam("many"))
    )
    async with db.transaction() as tx:
        for number, holder in ((1, "anna"), (2, None), (3, None)):
            await tx.execute(new, id=number, token=f"t{number}", type="Central", holder=holder)
        changed = await tx.fetch(change, who="otto", status_new="blocked")
    assert sorted(tuple(row) for row in changed) == [(1, "accepted", "anna", 2), (2, "blocked", "otto", 2)]
    assert [row[0] for row in await db.fetch(some, after=1, many=1)] == [2]
    assert [row[0] for row in await db.fetch_many(some, after=0, many=9)] == [1, 2, 3]


def test_an_append_names_its_columns() -> None:
    assert Append(messages).columns == tuple(column.name for column in messages.columns)
    assert Append(messages, "id", "at").sqlite == 'INSERT INTO messages ("id", "at") VALUES (?, ?)'
