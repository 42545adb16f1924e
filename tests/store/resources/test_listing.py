from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select

from ohmstead.store.resources import listing
from ohmstead.store.resources.listing import Found, Listing, page_within
from ohmstead.store.tables import findings

pytestmark = pytest.mark.anyio
LIST = Listing(
    select(findings.c.code, findings.c.station_id),
    tenant=findings.c.tenant_id,
    site=None,
    orders={"count": (findings.c.count, findings.c.code)},
    filters={"action": findings.c.action == bindparam("action")},
)


@pytest.fixture
async def rows(seed):
    for number, code in enumerate("abcdefg"):
        await seed.row(
            "findings",
            station_id=1,
            code=code,
            action="Boot",
            text="",
            count=number // 2,
            first_at=0,
            last_at=0,
        )


async def walk(db, order, limit):
    codes, cursor = [], None
    while True:
        found = await LIST.page(db, 1, None, order=order, limit=limit, cursor=cursor)
        codes += [row["code"] for row in found.rows]
        cursor = found.cursor
        if cursor is None:
            return "".join(codes)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 300])
async def test_every_row_is_on_one_page_in_order_also_where_values_repeat(db, rows, limit):
    assert await walk(db, "count", limit) == "abcdefg"
    assert await walk(db, "-count", limit) == "gfedcba"


async def test_a_row_that_comes_meanwhile_hides_no_other(db, seed, rows):
    first = await LIST.page(db, 1, None, order="count", limit=3)
    await seed.row("findings", station_id=2, code="a", action="x", text="", count=0, first_at=0, last_at=0)
    rest = await LIST.page(db, 1, None, order="count", limit=9, cursor=first.cursor)
    assert [row["code"] for row in rest.rows] == list("defg")


async def test_a_filter_that_is_none_does_not_filter(db, rows):
    assert len((await LIST.page(db, 1, None, order="count", limit=9, action=None)).rows) == 7
    assert (await LIST.page(db, 1, None, order="count", limit=9, action="Other")).rows == []


async def test_what_has_no_site_is_hidden_from_keys_that_are_limited_to_sites(db, rows):
    assert (await LIST.page(db, 1, (11,), order="count", limit=9)).rows == []


async def test_statements_are_bounded(db, rows, monkeypatch):
    """A caller chooses the combinations."""
    monkeypatch.setattr(listing, "MOST_STATEMENTS", 2)
    LIST._statements.clear()
    for order in ("count", "-count", "count"):
        for cursor in (None, [1, "c"]):
            await LIST.page(db, 1, None, order=order, limit=1, cursor=cursor)
            assert len(LIST._statements) <= 2


async def test_a_statement_is_compiled_once(db, rows):
    before = await LIST.page(db, 1, None, order="count", limit=2)
    known = dict(LIST._statements)
    await LIST.page(db, 1, None, order="count", limit=5)
    assert known == LIST._statements
    assert len(before.rows) == 2


async def test_pages_of_what_is_within_some_sites_are_full():
    """Rows of other sites and of all sites are passed over, and the cursor goes on behind the last row shown."""
    sites = [b"[1]", b"[1,2]", None, b"[2]", b"[1]", b"[3]", b"[2,1]", b"[1]"]
    all_rows = [{"n": n, "site_ids": ids, "order_0": n} for n, ids in enumerate(sites)]

    async def turn(cursor):
        begin = 0 if cursor is None else cursor[0] + 1
        rows, more = all_rows[begin : begin + 2], begin + 2 < len(all_rows)
        return Found(rows, [rows[-1]["n"]] if more else None)

    for seen, wanted in ((None, list(range(8))), ((1,), [0, 4, 7]), ((1, 2), [0, 1, 3, 4, 6, 7]), ((9,), [])):
        numbers, cursor, pages = [], None, []
        while True:
            found = await page_within(turn, seen, 2, cursor)
            pages.append(len(found.rows))
            numbers += [row["n"] for row in found.rows]
            cursor = found.cursor
            if cursor is None:
                break
        assert numbers == wanted
        assert all(size == 2 for size in pages[:-1])
