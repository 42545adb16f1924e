from __future__ import annotations

import msgspec
import pytest

from ohmstead.store.resources import messages

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
async def logged(db, seed):
    for id, station, action, invalid in ((1, 1, "Heartbeat", None), (3, 2, "Heartbeat", None), (4, 1, None, "no JSON")):
        await seed.row(
            "messages",
            id=id,
            station_id=station,
            at=NOW + id,
            direction="in",
            action=action,
            request=f'[2,"{id}","Heartbeat",{{}}]' if action else "[2,",
            answer=f'[3,"{id}",{{"currentTime":"x"}}]' if action else None,
            answered_at=NOW + id + 5 if action else None,
            invalid=invalid,
        )
    await seed.row(
        "ledger",
        id=2,
        station_id=1,
        kind="meter",
        at=NOW,
        received_at=NOW + 2,
        action="MeterValues",
        request='[2,"2","MeterValues",{}]',
        answer='[4,"2","InternalError","oh",{}]',
    )


async def ids(db, sites=None, invalid=None, **filters):
    found = await messages.page(db, 1, sites, limit=9, cursor=None, invalid=invalid, **filters)
    return [row["id"] for row in found.rows]


async def test_log_and_ledger_are_one_list_newest_first(db, logged):
    assert await ids(db) == [4, 3, 2, 1]
    assert await ids(db, station_id="CS1") == [4, 2, 1]
    assert await ids(db, action="MeterValues") == [2]
    assert await ids(db, invalid=True) == [4]
    assert await ids(db, invalid=False) == [3, 2, 1]
    assert await ids(db, sites=(12,)) == [3]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_of_both_go_on_together(db, logged, limit):
    seen, cursor = [], None
    while True:
        found = await messages.page(db, 1, None, limit=limit, cursor=cursor, invalid=None)
        seen += [row["id"] for row in found.rows]
        cursor = found.cursor
        if cursor is None:
            break
    assert seen == [4, 3, 2, 1]


async def test_request_and_answer_are_joined(db, logged):
    call = messages.form(await messages.find(db, 1, None, "1"))
    assert (call.message_id, call.action, call.payload) == ("1", "Heartbeat", msgspec.Raw(b"{}"))
    assert msgspec.json.decode(call.answer) == {"currentTime": "x"}
    assert call.frame is None
    failed = messages.form(await messages.find(db, 1, None, "2"))
    assert (failed.error.code, failed.answer, failed.direction) == ("InternalError", None, "in")
    broken = messages.form(await messages.find(db, 1, None, "4"))
    assert (broken.frame, broken.invalid, broken.payload, broken.answered_at) == ("[2,", "no JSON", None, None)


@pytest.mark.parametrize("id", ["5", "x", "9" * 30])
async def test_what_is_no_message_is_not_found(db, logged, id):
    assert await messages.find(db, 1, None, id) is None
    assert await messages.find(db, 1, (12,), "1") is None
