"""One connected station: its conversation, its state, its end."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest

from ohmstead import blocks, runtime
from ohmstead.gateway import session as sessions
from ohmstead.ocpp.versions import V16, V21, V201, Version
from ohmstead.store.db import DatabaseGone, Stale
from tests.playbook import Playbook, Talk

pytestmark = pytest.mark.anyio

HEARTBEAT = [2, "h", "Heartbeat", {}]


@pytest.fixture
async def talk(book: Playbook) -> Talk:
    """A station that has just connected."""
    await book.add_station()
    return await book.connect()


async def test_a_conversation(talk: Talk) -> None:
    await talk.plays("""
        >> [2, "1", "Heartbeat", {}]
        << [4, "1", "SecurityError", "*", {}]
        >> [2, "2", "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}]
        << [3, "2", {"currentTime": "*", "interval": 300, "status": "Accepted"}]
        >> [2, "3", "Heartbeat", {}]
        >> [2, "4", "Heartbeat", {}]
        << [3, "3", {"currentTime": "*"}]
        << [3, "4", {"currentTime": "*"}]
        >> [3, "unknown", {}]
        --
        >> {"not": "an array"}
        << [4, "-1", "RpcFrameworkError", "*", {}]
    """)


@pytest.mark.parametrize("version", [V16, V201, V21])
async def test_every_version_boots(book: Playbook, version: Version) -> None:
    await book.add_station()
    talk = await book.connect(version=version)
    await talk.boots()
    row = await book.row()
    assert (row["ocpp_version"], row["vendor"]) == (version.name, "V")
    assert await book.feed() == ["station.connected", "station.booted"]


async def test_what_comes_before_it_has_begun_waits(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect(begin=False)
    await talk.boots()
    assert await book.feed() == ["station.connected", "station.booted"]


async def test_calls_are_answered_in_their_order(talk: Talk) -> None:
    await talk.boots()
    for number in range(30):
        talk.says([2, str(number), "Heartbeat", {}])
    assert [(await talk.hears())[1] for _ in range(30)] == [str(number) for number in range(30)]


async def test_of_a_flood_no_more_is_read_than_is_handled(talk: Talk) -> None:
    await talk.boots()
    for number in range(100):  # what has been read already is handled all the same
        talk.says([2, str(number), "Heartbeat", {}])
        assert talk.wire.reading == (number < sessions.MOST_WAITING - 1)
    for number in range(100):
        assert (await talk.hears())[1] == str(number)
    await talk.plays("--")
    assert talk.wire.reading


async def test_behind_a_big_call_no_more_is_read_until_it_is_handled(talk: Talk) -> None:
    """So of one station at most one big call waits, beside small ones."""
    await talk.boots()
    talk.says([2, "small", "Heartbeat", {}])
    assert talk.wire.reading
    talk.says([2, "big", "DataTransfer", {"vendorId": "V", "data": "x" * sessions.BIG}])
    assert not talk.wire.reading
    assert [(await talk.hears())[1] for _ in range(2)] == ["small", "big"]
    await talk.plays("--")
    assert talk.wire.reading


async def test_a_flood_that_does_not_end_is_cut(talk: Talk) -> None:
    for number in range(sessions.MOST_QUEUED + 2):
        talk.says([2, str(number), "Heartbeat", {}])
    assert await talk.hears() == "close 1008"
    assert talk.wire.reading  # its own close frame


async def test_nothing_is_handled_after_the_end(book: Playbook, talk: Talk) -> None:
    await talk.boots()
    talk.session.end(1008, "enough")
    talk.says(HEARTBEAT)
    await talk.plays("<< close 1008")
    before = len(await book.messages())
    talk.says("garbage")
    assert len(await book.messages()) == before


async def test_the_end_is_written_down(book: Playbook, talk: Talk) -> None:
    assert (await book.row())["connected_since"] == book.clock.at
    book.clock.advance(5)
    talk.says(HEARTBEAT)
    await talk.hangs_up()
    row = await book.row()
    assert (row["connected_since"], row["node"], row["last_seen_at"]) == (None, None, book.clock.at)
    assert await book.feed() == ["station.connected", "station.disconnected"]


async def test_the_end_is_written_down_after_a_change_by_somebody_else(book: Playbook, talk: Talk) -> None:
    bump = book.change_station(registration="pending")
    talk.session.hub._leave_bus()  # the ring is lost
    await bump
    await talk.hangs_up()
    assert (await book.row())["connected_since"] is None


async def test_a_socket_that_is_gone_before_its_session_has_begun(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect(begin=False)
    await talk.hangs_up()
    assert (await book.row())["connected_since"] is None
    assert (await book.feed())[-1:] == ["station.disconnected"]
    assert (await book.connect()).wire.ending is None


async def test_a_socket_that_never_opened(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect()
    other = Talk(book, book.hub.session(talk.session.station, V201))
    other.session.closed(1006, "it went away before it was let in")
    assert (await talk.calls("Heartbeat", {}))[0] == 4
    assert await book.feed() == ["station.connected"]


# ---------------------------------------------------------------------- changes by others


async def test_a_change_by_somebody_else_counts_at_once(book: Playbook, talk: Talk) -> None:
    await book.change_station(registration="pending")
    assert (await talk.calls("BootNotification", BOOT))[2]["status"] == "Pending"
    await book.change_station(registration="accepted")
    assert (await talk.calls("BootNotification", BOOT))[2]["status"] == "Accepted"


BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


async def test_a_change_counts_even_when_its_ring_is_lost(each_book: Playbook) -> None:
    await each_book.add_station()
    talk = await each_book.connect()
    each_book.hub._leave_bus()
    await each_book.change_station(registration="pending")
    assert (await talk.calls("BootNotification", BOOT))[2]["status"] == "Pending"


async def test_a_change_in_the_moment_of_a_commit(book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler has decided, and before it commits an operator changes his mind: it decides again."""
    decided: list[str] = []
    handler = blocks.HANDLERS["2.0.1", "BootNotification"]

    async def boot(call: Any, req: Any) -> Any:
        answer = await handler(call, req)
        decided.append(answer.status)
        if len(decided) < 4:
            await book.change_station(registration="pending" if len(decided) % 2 else "accepted")
        return answer

    monkeypatch.setitem(blocks.HANDLERS, ("2.0.1", "BootNotification"), boot)
    assert (await talk.calls("BootNotification", BOOT))[2]["status"] == "Pending"
    assert decided == ["Accepted", "Pending", "Accepted", "Pending"]
    assert await book.feed() == ["station.connected", "station.booted"]
    assert len(await book.messages()) == 1


async def test_an_archived_station_is_put_out(book: Playbook, talk: Talk) -> None:
    await book.change_station(archived_at=book.clock.at)
    await talk.plays("<< close 1008")


@pytest.mark.parametrize("change", [{"security_profile": 2}, {"password_hash": "new"}])
async def test_other_credentials_put_it_out(book: Playbook, talk: Talk, change: dict[str, Any]) -> None:
    await book.change_station(**change)
    await talk.plays("<< close 1008")


async def test_credentials_that_change_on_the_way_in(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect(begin=False)
    await book.change_station(password_hash="new")
    await talk.plays("<< close 1008")


# ---------------------------------------------------------------------- trouble


async def test_a_mistake_of_ours_ends_this_session_only(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book.add_station("CS2")
    other = await book.connect("CS2")

    async def broken(session: Any, message: Any, frame: str) -> None:
        if session is talk.session:
            raise ZeroDivisionError
        session.send(session.peer.result(message.message_id, b"{}"), message.action)

    monkeypatch.setattr(sessions.dispatch, "handle", broken)
    talk.says(HEARTBEAT)
    await talk.plays("<< close 1011")
    assert await other.calls("Heartbeat", {}) == [3, "call", {}]


@pytest.mark.parametrize(("error", "code"), [(DatabaseGone("gone"), 1013), (Stale("not ours"), 4000)])
async def test_a_session_that_cannot_store_is_over(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    async def failing(*_: Any) -> None:
        raise error

    monkeypatch.setattr(sessions.dispatch, "handle", failing)
    talk.says(HEARTBEAT)
    await talk.plays(f"<< close {code}")


# ---------------------------------------------------------------------- what is kept of it


async def test_last_seen_is_written_once_a_minute(book: Playbook, talk: Talk) -> None:
    await talk.boots()
    first = book.clock.at
    for _ in range(3):
        await book.quiet()
        assert (await book.row())["last_seen_at"] == first
        assert talk.session.seen_at == book.clock.at
        book.clock.advance(25)
        await talk.calls("Heartbeat", {})
    await book.quiet()
    assert (await book.row())["last_seen_at"] == book.clock.at


async def test_the_clock_of_the_station_is_learnt(book: Playbook, talk: Talk) -> None:
    await talk.boots()
    book.clock.advance(120)
    status = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    ahead = runtime.rfc3339(book.clock.at + 90_000_000)
    await talk.calls("StatusNotification", {"timestamp": ahead, **status})
    await book.quiet()
    assert (await book.row())["clock_skew_us"] == 90_000_000


async def test_unreadable_frames_are_logged(book: Playbook, talk: Talk) -> None:
    for text in ('[2,"1","Boot', "\\u0000", '[9,"x"]', '[3,"late",{}]'):
        talk.says(text)
    logged = await book.messages()
    assert [row["request"] for row in logged] == ['[2,"1","Boot', "\\u0000", '[9,"x"]', '[3,"late",{}]']
    assert all(row["invalid"] for row in logged)
    assert [row["answer"] is None for row in logged] == [False, False, False, True]
    assert logged[3]["answered_at"] is None


async def test_a_thousand_idle_sessions(book: Playbook) -> None:
    """No task, no timer, a few kilobytes."""
    size = 1000
    await book.add_stations((f"S{number}" for number in range(size)), password_hash="0" * 64)
    gc.collect()
    tasks = len(asyncio.all_tasks())
    tracemalloc.start()
    try:
        talks = [await book.connect(f"S{number}", begin=False) for number in range(size)]
        await book.quiet()
        for talk in talks:
            talk.says([2, "1", "BootNotification", BOOT])
        for talk in talks:
            assert (await talk.hears())[0] == 3
        await book.quiet()
        gc.collect()
        used = [
            stat.size
            for stat in tracemalloc.take_snapshot().statistics("filename")
            if "/ohmstead/" in stat.traceback[0].filename
        ]
    finally:
        tracemalloc.stop()
    assert len(book.hub.current) == size
    assert len(asyncio.all_tasks()) == tasks
    assert not book.hub._tasks
    assert sum(used) / size < 4_500
