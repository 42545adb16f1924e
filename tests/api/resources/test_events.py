from __future__ import annotations

import asyncio
import json

import pytest

from ohmstead import runtime
from ohmstead.api.auth import Caller
from ohmstead.api.exchange import Exchange
from ohmstead.api.problems import Refused
from ohmstead.api.resources import events
from ohmstead.api.resources.events import StreamQuery, stream_events
from ohmstead.store.db import Event

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tell(context):
    async def emit(*kinds):
        async with context.db.transaction() as tx:
            for kind in kinds:
                tx.emit(Event(1, f"ohmstead.{kind}", "CS1", 1_764_000_000_000_000, '{"n":1}'))

    return emit


@pytest.fixture
def exchange(context):
    def make(**headers):
        caller = Caller("k", "k", 1, frozenset({"admin"}))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Exchange(context, caller, "req", "GET", "/api/v1/events/stream", named, b"")

    return make


async def test_events_come_in_order_after_a_sequence(client, tell):
    await tell("a", "b", "c")
    everything = (await client.get("events")).json()
    assert [(one["sequence"], one["type"]) for one in everything["data"]] == [
        (1, "ohmstead.a"),
        (2, "ohmstead.b"),
        (3, "ohmstead.c"),
    ]
    page = (await client.get("events?after=1&limit=1")).json()
    assert [one["sequence"] for one in page["data"]] == [2]
    rest = (await client.get("events", params={"cursor": page["next_cursor"]})).json()
    assert [one["sequence"] for one in rest["data"]] == [3]
    assert rest["next_cursor"] is None


async def test_what_is_no_longer_kept_is_410_with_the_oldest(client, seed):
    await seed("feed", sequence=50, type="ohmstead.a", at=0, data="{}")
    gone = await client.get("events?after=48")
    assert (gone.status_code, gone.json()["oldest"]) == (410, 50)
    for path in ("events", "events?after=49"):
        assert [one["sequence"] for one in (await client.get(path)).json()["data"]] == [50]
    assert (await client.get("events?after=77")).json()["data"] == []


async def read(stream, count):
    """The next `count` frames that are no comments."""
    frames = []
    while len(frames) < count:
        frame = (await asyncio.wait_for(anext(stream.frames), 10)).decode()
        if not frame.startswith(":"):
            frames.append(dict(line.split(": ", 1) for line in frame.strip().splitlines()))
    return frames


async def test_a_stream_goes_on_where_the_last_one_ended(exchange, tell):
    await tell("a", "b")
    stream = await stream_events(exchange(last_event_id="1"), StreamQuery())
    (first,) = await read(stream, 1)
    assert (first["id"], first["event"]) == ("2", "ohmstead.b")
    assert json.loads(first["data"])["data"] == {"n": 1}
    await tell("c")
    (second,) = await read(stream, 1)
    assert second["id"] == "3"
    await stream.frames.aclose()


async def test_a_stream_without_a_beginning_starts_now(exchange, tell):
    await tell("a")
    stream = await stream_events(exchange(), StreamQuery())
    await tell("b")
    assert [one["id"] for one in await read(stream, 1)] == ["2"]
    await stream.frames.aclose()


@pytest.mark.parametrize("value", ["x", "-1", "", "1" * 30])
async def test_a_last_event_id_that_is_none_is_refused(exchange, value):
    with pytest.raises(Refused) as caught:
        await stream_events(exchange(last_event_id=value), StreamQuery())
    assert caught.value.status == 422


async def test_an_idle_stream_says_that_it_lives(exchange, monkeypatch):
    monkeypatch.setattr(runtime, "clock", clock := runtime.FakeClock())
    monkeypatch.setattr(events, "LOOK_AGAIN", 0.001)
    stream = await stream_events(exchange(), StreamQuery())
    assert (await anext(stream.frames)).startswith(b":")
    clock.advance(events.COMMENT_EVERY)
    assert (await anext(stream.frames)).startswith(b": still here")
    await stream.frames.aclose()


async def test_a_stream_ends_when_the_process_stops(exchange, context):
    stream = await stream_events(exchange(), StreamQuery())
    await anext(stream.frames)
    context.closing.set()
    assert [frame async for frame in stream.frames] == []
