from __future__ import annotations

import pytest

from ohmstead.store.resources import timeline

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_lists_are_merged_and_each_goes_on_where_it_stopped(db, seed):
    for number in range(4):
        beat = {"direction": "in", "action": "Heartbeat", "request": f'[2,"{number}","Heartbeat",{{}}]'}
        await seed.row("messages", id=number + 1, station_id=1, at=NOW + number * 10, **beat)
        refusal = {"peer": "p", "identity": "CS1", "status": 401, "code": "c", "reason": f"r{number}"}
        await seed.row("refusals", id=number + 1, at=NOW + number * 10 + 5, **refusal)
    found, cursor = [], None
    for _ in range(9):
        page = await timeline.page(db, 1, None, station_id="CS1", limit=3, cursor=cursor)
        found += [row["entry"] for row in page.rows]
        cursor = page.cursor
        assert timeline.is_cursor(cursor)
        if cursor is None:
            break
    assert [one.kind for one in found] == ["refusal", "message"] * 4
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert (await timeline.page(db, 2, None, station_id="CS1", limit=3, cursor=None)).rows == []
    assert (await timeline.page(db, 1, (), station_id="CS1", limit=3, cursor=None)).rows == []


@pytest.mark.parametrize("cursor", [[1], [None] * 4, [[1, 2], None, None, None, None], ["x", None, None, None, None]])
def test_what_is_no_cursor(cursor):
    assert not timeline.is_cursor(cursor)
