from __future__ import annotations

import msgspec
import pytest

from ohmstead.store import commands as queue
from ohmstead.store.resources import commands

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
async def asked(db, seed):
    bodies = {"a": '{"type":"reset","when":"idle"}', "b": '{"ocpp":{"action":"Reset","payload":{"b":1,"a":2}}}'}
    for place, (id, body) in enumerate(bodies.items()):
        async with db.transaction() as tx:
            await queue.add(
                tx,
                id=id,
                tenant_id=1,
                station_id=place + 1,
                identity=f"CS{place + 1}",
                type="reset" if id == "a" else "ocpp",
                body=body,
                now=NOW + place,
                expires_at=NOW + 10,
            )


async def test_newest_first_by_station_and_site(db, asked):
    async def ids(sites=None, **filters):
        return [row["id"] for row in (await commands.page(db, 1, sites, limit=9, cursor=None, **filters)).rows]

    assert await ids() == ["b", "a"]
    assert await ids((11,)) == ["a"]
    assert await ids(station_id="CS2") == ["b"]
    assert await ids(type="reset", state="queued") == ["a"]
    assert await commands.find(db, 1, (12,), "a") is None


async def test_a_command_is_shown_as_it_was_asked(db, asked):
    typed = commands.form(await commands.find(db, 1, None, "a"))
    assert (typed.type, typed.ocpp, typed.state, typed.calls) == ("reset", None, "queued", [])
    assert typed.fields == {"when": msgspec.Raw(b'"idle"')}
    raw = commands.form(await commands.find(db, 1, None, "b"))
    assert raw.type is raw.fields is None
    assert bytes(raw.ocpp) == b'{"action":"Reset","payload":{"b":1,"a":2}}'  # its keys stay in their order


async def test_only_a_queued_command_can_be_cancelled_and_that_is_told(db, asked):
    rung = []
    db.bus.listen("command", rung.append)
    row = await commands.find(db, 1, None, "a")
    async with db.transaction() as tx:
        assert await commands.cancel(tx, 1, row, NOW)
    async with db.transaction() as tx:
        assert not await commands.cancel(tx, 1, row, NOW)
    assert commands.form(await commands.find(db, 1, None, "a")).state == "cancelled"
    assert rung == ["a"]
