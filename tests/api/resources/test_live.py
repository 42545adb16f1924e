"""The stream of the fleet: snapshot, deltas, filters, coming back."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.api.auth import Caller
from ohmstead.api.exchange import Exchange
from ohmstead.api.resources import live
from ohmstead.api.resources.stations import StationFilter
from ohmstead.shapes.station import LiveDelta, LiveSnapshot

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
def exchange(context):
    def make(sites=None, **headers):
        caller = Caller("k", "k", 1, frozenset({"admin"}), sites)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Exchange(context, caller, "req", "GET", "/api/v1/stations/live", named, b"")

    return make


def read(frame):
    head, _, data = frame.decode().partition("data: ")
    kind = LiveSnapshot if "event: snapshot" in head else LiveDelta
    number = next((int(line[4:]) for line in head.splitlines() if line.startswith("id: ")), None)
    return number, msgspec.json.decode(data, type=kind)


async def frames(stream, count):
    found = []
    async for frame in stream.frames:
        if not frame.startswith(b":"):
            found.append(read(frame))
        if len(found) == count:
            return found
    return found


@pytest.fixture
async def two(client, seed):
    for id in ("A", "B"):
        await client.post("stations", json={"id": id, "security_profile": "basic"})
    rows = (await client.get("stations")).json()["data"]
    assert [one["status"] for one in rows] == ["offline", "offline"]


async def set_online(context, identity, since):
    from sqlalchemy import bindparam, update

    from ohmstead.store.db import Event
    from ohmstead.store.statement import Statement
    from ohmstead.store.tables import stations

    statement = Statement(
        update(stations).where(stations.c.identity == bindparam("who")).values(connected_since=bindparam("since"))
    )
    async with context.db.transaction() as tx:
        await tx.execute(statement, who=identity, since=since)
        tx.emit(Event(1, "ohmstead.station.connected", identity, NOW, "{}"))


async def test_a_snapshot_and_what_changed_since(two, context, exchange):
    stream = await live.stream_stations(exchange(), StationFilter(sort="id"))
    reader = stream.frames.__aiter__()
    number, snapshot = read(await anext(reader))
    assert (snapshot.page, snapshot.complete, [one.id for one in snapshot.stations]) == (0, True, ["A", "B"])
    await set_online(context, "B", NOW)
    assert (await anext(reader)).startswith(b":")
    later, delta = read(await anext(reader))
    assert later > number
    assert [(one.id, one.status) for one in delta.stations] == [("B", "available")]
    back = await live.stream_stations(exchange(last_event_id=str(number)), StationFilter())
    assert (await frames(back, 1))[0] == (later, delta)  # no second snapshot, nothing lost
    context.closing.set()


async def test_who_no_longer_meets_the_filter_is_gone(two, context, exchange):
    stream = await live.stream_stations(exchange(), StationFilter(status=["offline"], sort="status"))
    reader = stream.frames.__aiter__()
    assert len(read(await anext(reader))[1].stations) == 2
    await anext(reader)
    await set_online(context, "A", NOW)
    _, delta = read(await anext(reader))
    assert (delta.stations, delta.gone) == ([], ["A"])
    context.closing.set()


async def test_a_key_that_is_limited_to_sites_hears_of_those_only(two, exchange):
    stream = await live.stream_stations(exchange(sites=(5,)), StationFilter())
    assert (await frames(stream, 1))[0][1].stations == []


async def test_pages(two, exchange, monkeypatch):
    monkeypatch.setattr(live, "MOST_AT_ONCE", 1)
    stream = await live.stream_stations(exchange(), StationFilter())
    first, second = await frames(stream, 2)
    assert (first[0], first[1].complete) == (None, False)
    assert (second[0] is not None, second[1].complete, second[1].page) == (True, True, 1)
