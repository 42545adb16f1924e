"""Who holds a station, who takes over, who is gone; on both kinds of database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ohmstead import blocks
from ohmstead.gateway import hub as hubs
from ohmstead.ocpp.versions import V201
from ohmstead.store.db import DatabaseGone
from tests.playbook import Playbook, Talk

pytestmark = pytest.mark.anyio

HEARTBEAT = [2, "h", "Heartbeat", {}]
TRIGGER = {"type": "trigger", "message": "Heartbeat"}


@pytest.fixture
async def first(each_book: Playbook) -> Talk:
    """A station that is connected and booted."""
    await each_book.add_station()
    talk = await each_book.connect()
    await talk.boots()
    return talk


async def holds(talk: Talk) -> bool:
    """Whether it is the socket that its station is served on."""
    held = talk.book.hub.current.get(talk.session.station.id) is talk.session
    if held:
        assert (await talk.calls("Heartbeat", {}))[0] == 3
    return held


# ---------------------------------------------------------------------- the clock


async def test_one_bad_tick_is_not_the_last(each_book: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: list[int] = []
    enough = asyncio.Event()

    def bad() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            enough.set()
        raise ZeroDivisionError

    async def at_once(seconds: float) -> None:
        await original(0)

    original = asyncio.sleep
    monkeypatch.setattr(each_book.hub, "tick", bad)
    monkeypatch.setattr(hubs.asyncio, "sleep", at_once)
    task = asyncio.create_task(each_book.hub.run())
    await enough.wait()
    task.cancel()
    await asyncio.wait([task])


# ---------------------------------------------------------------------- two sockets


async def test_a_silent_second_socket_harms_nobody(each_book: Playbook, first: Talk) -> None:
    second = await each_book.connect()
    assert first.wire.pings == 1
    for _ in range(3):
        each_book.pass_time(hubs.ANSWER_WITHIN)
        assert await holds(first)
    assert (first.wire.pings, second.wire.ending) == (1, None)


async def test_a_second_socket_takes_over_when_it_speaks(each_book: Playbook, first: Talk) -> None:
    second = await each_book.connect()
    assert (await second.calls("Heartbeat", {}))[0] == 3  # as booted as before
    await first.plays("<< close 4000")
    await first.hangs_up()  # a socket that dies later unregisters nobody
    assert await holds(second)
    row = await each_book.row()
    assert (row["connected_since"], row["node"]) == (each_book.clock.at, "node")
    assert await each_book.feed() == ["station.connected", "station.booted", "station.connected"]


async def test_a_silent_second_socket_takes_over_from_a_dead_one(each_book: Playbook, first: Talk) -> None:
    first.wire.alive = False
    second = await each_book.connect()
    each_book.pass_time(hubs.ANSWER_WITHIN - 0.1)
    assert await holds(first)
    each_book.pass_time(0.2)
    await first.plays("<< close 4000")
    assert await holds(second)


async def test_a_pong_that_comes_late_is_no_sign_of_life(each_book: Playbook, first: Talk) -> None:
    first.wire.alive = False
    second = await each_book.connect()
    each_book.pass_time(hubs.ANSWER_WITHIN)
    first.session.pong()
    assert await holds(second)


async def test_a_second_socket_follows_the_first_at_once(each_book: Playbook, first: Talk) -> None:
    second = await each_book.connect()
    await first.hangs_up()
    assert await holds(second)
    assert (await each_book.row())["connected_since"] is not None


async def test_only_one_socket_waits(each_book: Playbook, first: Talk) -> None:
    second, third = await each_book.connect(), await each_book.connect()
    await second.plays("<< close 4000")
    await second.hangs_up()
    each_book.pass_time(hubs.ANSWER_WITHIN)
    assert await holds(first)
    assert (await third.calls("Heartbeat", {}))[0] == 3
    assert await holds(third)


async def test_a_waiting_socket_that_goes_away(each_book: Playbook, first: Talk) -> None:
    second = await each_book.connect()
    await second.hangs_up()
    each_book.pass_time(hubs.ANSWER_WITHIN)
    assert await holds(first)
    assert not each_book.hub._rivals


async def test_a_socket_that_is_closing_is_no_rival(each_book: Playbook, first: Talk) -> None:
    first.session.end(1008, "enough")
    second = await each_book.connect()
    assert await holds(second)
    await first.hangs_up()
    assert await holds(second)


async def test_sockets_that_come_faster_than_they_begin(each_book: Playbook) -> None:
    await each_book.add_station()
    talks = []
    for _ in range(5):
        talk = await each_book.connect(begin=False)
        talk.says(HEARTBEAT)
        talks.append(talk)
    await each_book.quiet()
    for talk in talks[:-1]:
        assert talk.wire.ending is not None
        await talk.hangs_up()
    assert (await talks[-1].hears())[2] == "SecurityError"
    await talks[-1].boots()
    assert await holds(talks[-1])
    assert (await each_book.row())["connected_since"] is not None
    assert await each_book.feed() == ["station.connected", "station.booted"]


async def test_the_old_sockets_commit_is_awaited_and_its_answer_is_not_sent(
    each_book: Playbook, first: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, reached, go_on = blocks.HANDLERS["2.0.1", "StatusNotification"], asyncio.Event(), asyncio.Event()

    async def slowly(call: Any, req: Any) -> Any:
        answer = await handler(call, req)
        reached.set()
        await go_on.wait()
        return answer

    monkeypatch.setitem(blocks.HANDLERS, ("2.0.1", "StatusNotification"), slowly)
    status = {"timestamp": "2025-11-24T16:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    first.says([2, "s", "StatusNotification", status])
    await reached.wait()
    second = await each_book.connect(begin=False)
    second.says(HEARTBEAT)
    assert (await second.hears())[0] == 3
    go_on.set()
    await first.plays("<< close 4000")
    assert (await second.calls("StatusNotification", status))[0] == 3
    assert (await each_book.feed()).count("connector.status_changed") == 1  # the first one came too late


# ---------------------------------------------------------------------- other nodes


async def test_a_session_whose_station_went_to_another_node(each_book: Playbook, first: Talk) -> None:
    await each_book.db.claim([first.session.station.id])
    first.says(HEARTBEAT)
    await each_book.quiet()
    assert (await first.hears())[0] == 3  # this one stores nothing
    first.says(
        [2, "b", "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}]
    )
    await first.plays("<< close 4000")
    await first.hangs_up()
    assert (await each_book.row())["connected_since"] is not None  # that is for the other one to say
    assert await each_book.feed() == ["station.connected", "station.booted"]


async def test_a_command_is_left_to_the_other_node(each_book: Playbook, first: Talk) -> None:
    await each_book.db.claim([first.session.station.id])
    asked = await each_book.ask(TRIGGER)
    await first.plays("<< close 4000")
    assert (await each_book.command(asked))["state"] == "queued"


# ---------------------------------------------------------------------- claims


async def test_a_fleet_claims_in_batches(each_book: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = [f"S{number}" for number in range(40)]
    await each_book.add_stations(fleet)
    claim, sizes, all_came = each_book.db.claim, [], asyncio.Event()

    async def counted(station_ids: Any) -> Any:
        sizes.append(len(station_ids))
        await all_came.wait()  # a database that takes its time
        return await claim(station_ids)

    monkeypatch.setattr(each_book.db, "claim", counted)
    talks = [await each_book.connect(identity, begin=False) for identity in fleet]
    all_came.set()
    await each_book.quiet()
    assert sum(sizes) == len(fleet)
    assert len(sizes) < 10
    for talk in talks:
        await talk.boots()


@pytest.mark.parametrize(("error", "code"), [(DatabaseGone("gone"), 1013), (ZeroDivisionError(), 1011)])
async def test_a_claim_that_fails(book: Playbook, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    async def failing(_: Any) -> Any:
        raise error

    await book.add_station()
    with monkeypatch.context() as patch:
        patch.setattr(book.db, "claim", failing)
        talk = await book.connect(begin=False)
        await talk.plays(f"<< close {code}")
        await talk.hangs_up()
    again = await book.connect()
    await again.boots()


async def test_a_station_without_a_session_row(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect()
    stranger = Talk(book, book.hub.session(_numbered(talk, 999), V201))
    book.talks.append(stranger)
    stranger.session.opened(stranger.wire)
    await stranger.plays("<< close 4000")


def _numbered(talk: Talk, number: int) -> Any:
    from msgspec.structs import replace

    return replace(talk.session.station, id=number)


# ---------------------------------------------------------------------- the clock, the bus, the end


async def test_a_command_whose_ring_was_lost(each_book: Playbook, first: Talk) -> None:
    each_book.hub._leave_bus()
    await each_book.ask(TRIGGER)
    await first.plays("--")
    for _ in range(hubs.LOOK_EVERY):
        each_book.pass_time(1)
    assert (await first.hears())[2] == "TriggerMessage"


async def test_a_call_is_given_up_by_the_clock(each_book: Playbook, first: Talk) -> None:
    asked = await each_book.ask(TRIGGER)
    await first.plays("""
        << [2, "$id", "TriggerMessage", {"requestedMessage": "Heartbeat"}]
        .. 29 s
        --
        .. 2 s
        >> [3, "$id", {"status": "Accepted"}]
        --
    """)
    assert (await each_book.command(asked))["state"] == "timed_out"


async def test_rings_for_others_are_nothing(each_book: Playbook, first: Talk) -> None:
    each_book.db.bus.ring("station", "12345")
    await first.plays("--")


async def test_the_end_waits_for_last_words(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect()
    await talk.boots()
    asked = await book.ask(TRIGGER)
    await talk.hears()
    talk.session.closed(1001, "the server restarts")
    await book.hub.close()
    assert (await book.row())["connected_since"] is None
    assert (await book.command(asked))["state"] == "timed_out"
