"""A fleet beside a template, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, insert, update

from ohmstead.domain.templates import named, wanted
from ohmstead.store.db import Db
from ohmstead.store.resources import word_diffs
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations, word_values
from ohmstead.store.terms import terms_of

pytestmark = pytest.mark.anyio
CAME = Statement(update(stations).values(ocpp_version="2.0.1", site_id=stations.c.id + 10))
PUT = Statement(insert(word_values).values({column.name: bindparam(column.name) for column in word_values.columns}))


async def put(db: Db, word: str, rows: list[tuple[int, int, float | None, str | None]]) -> None:
    number = (await terms_of(db).numbers(db, 1, [word]))[word]
    given = [
        {"station_id": id, "evse_id": evse, "connector_id": 0, "number": value, "text": text}
        for id, evse, value, text in rows
    ]
    await db.store([], [(PUT, row | {"word_id": number, "tenant_id": 1}) for row in given])


async def test_differing_held_and_groups(db: Db, store: Any) -> None:
    await store.add_stations(db, 1, 2, 3, 4)
    async with db.transaction() as tx:
        await tx.execute(CAME)
    await put(db, "evse.current.max", [(1, 1, 16, None), (1, 2, 32, None), (2, 1, 16, None), (3, 0, 16, None)])
    await put(db, "meter.measurands", [(1, 0, None, '["SoC"]'), (2, 0, None, '["soc"]'), (3, 0, None, '["Voltage"]')])

    async def ask(*template: Any, **more: Any) -> list[int]:
        found = await word_diffs.differing(db, 1, None, template, limit=10, cursor=None, **more)
        return [row["id"] for row in found.rows]

    assert await ask(wanted("evse.current.max", 16)) == [1, 4]
    assert await ask(wanted("evse.current.max", 16, 1)) == [4]
    assert await ask(wanted("evse.current.max", 16, 2)) == [1, 2, 4]
    assert await ask(wanted("meter.measurands", ["SoC"]), wanted("evse.current.max", 16, 1)) == [3, 4]
    assert await ask(wanted("evse.current.max", 16), ocpp_version="1.6") == []
    first = await word_diffs.differing(db, 1, None, [wanted("evse.current.max", 16)], limit=1, cursor=None)
    assert first.cursor
    assert [one.right for one in first.rows[0]["words"]] == [16]
    # the site of a station is ten more than its number: keys that are limited to sites see no others
    only = await word_diffs.differing(db, 1, (14,), [wanted("evse.current.max", 16)], limit=10, cursor=None)
    assert [row["id"] for row in only.rows] == [4]
    assert (await word_diffs.differing(db, 1, (), [wanted("evse.current.max", 16)], limit=9, cursor=None)).rows == []
    assert [one.stations for one in await word_diffs.groups(db, 1, (11,), named("evse.current.max"))] == [1, 1]
    held = await word_diffs.held(db, 1, [1, 3], [named("evse.current.max"), named("meter.measurands")])
    assert [(one.value, one.evse_id) for one in held[1]["evse.current.max"]] == [(16, 1), (32, 2)]
    assert [one.value for one in held[3]["meter.measurands"]] == [["Voltage"]]
    groups = await word_diffs.groups(db, 1, None, named("evse.current.max"))
    assert {(one.value, one.stations) for one in groups} == {(16, 3), (32, 1), (None, 1)}
    assert groups[0].value == 16


async def test_pages_are_full_and_templates_may_be_long(db: Db, store: Any) -> None:
    await store.add_stations(db, 1, 2, 3, 4)
    async with db.transaction() as tx:
        await tx.execute(CAME)
    same = '["SoC","Voltage"]'
    await put(
        db, "meter.measurands", [(1, 0, None, same), (2, 0, None, same), (3, 0, None, same), (4, 0, None, '["SoC"]')]
    )
    await put(db, "evse.current.max", [(one, 1, 16, None) for one in (1, 2, 3, 4)])
    turned = wanted("meter.measurands", ["Voltage", "SoC"])
    # the database takes the first three for others, too: their lists are in another order
    found = await word_diffs.differing(db, 1, None, [turned], limit=1, cursor=None)
    assert ([row["id"] for row in found.rows], found.cursor) == ([4], None)
    long = [
        turned,
        *(wanted("evse.current.max", 16, 1) for _ in range(word_diffs.PICKED)),
        wanted("meter.measurands", ["SoC"]),
    ]
    first = await word_diffs.differing(db, 1, None, long, limit=3, cursor=None)
    assert [row["id"] for row in first.rows] == [1, 2, 3]
    rest = await word_diffs.differing(db, 1, None, long, limit=3, cursor=first.cursor)
    assert ([row["id"] for row in rest.rows], rest.cursor) == ([4], None)
    assert (await word_diffs.differing(db, 1, None, long[1:-1], limit=3, cursor=None)).rows == []
