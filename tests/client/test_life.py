"""Command life, with answers made up; against a real server it is in test_testing.py."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ohmstead import runtime
from ohmstead.client import CommandFailed

PROBLEM = {"type": "x", "title": "t", "status": 409, "detail": "d", "request_id": "r"}


def command(state: str, **more: object) -> dict[str, object]:
    return {
        "id": "c", "station_id": "CS1", "state": state, "answer": None, "calls": [], "error": None, "reason": None,
        "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T00:00:00Z", "type": "reset", **more,
    }  # fmt: skip


def test_it_is_sent_on_entering_and_looked_at_until_it_is_there(plain, wire):
    wire.answers = [command("queued"), command("sent"), command("accepted"), command("confirmed")]
    with plain.commands.reset("CS1", when="idle") as one:
        assert one.answered().state == "accepted"
        assert one.confirmed().state == "confirmed"
    assert wire.asked[0].read() == b'{"type":"reset","when":"idle"}'
    assert wire.asked[1].url.params["wait"]
    assert wire.asked[3].url.params["until"] == "confirmed"
    assert len(wire.asked) == 4


def test_a_question_sends_it_too_and_what_is_never_sent_is_told(plain, waiting, wire):
    wire.answers = [command("accepted")]
    assert plain.commands.reset("CS1").answered().state == "accepted"

    async def awaited() -> None:
        wire.answers = [command("queued")]
        assert (await waiting.commands.reset("CS1")).state == "queued"
        wire.answers = [command("accepted")]
        assert (await waiting.commands.reset("CS1").answered()).state == "accepted"

    asyncio.run(awaited())
    assert [one.method for one in wire.asked] == ["POST"] * 3
    with pytest.warns(RuntimeWarning, match="never sent"):
        plain.commands.reset("CS1")


def test_accepted_is_enough_where_nothing_would_confirm_it(plain, wire):
    wire.answers = [command("accepted")]
    with plain.commands.unlock("CS1", evse_id=1) as one:
        assert one.confirmed().state == "accepted"


def test_failures_and_patience(plain, wire, monkeypatch):
    wire.answers = [command("rejected", reason="it is busy")]
    with pytest.raises(CommandFailed, match="reset at CS1 is rejected: it is busy"), plain.commands.reset("CS1") as one:
        one.answered()
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "monotonic", clock.monotonic)
    wire.answers = [command("sent")]
    with pytest.raises(TimeoutError, match="still sent after 0 s"), plain.commands.reset("CS1") as one:
        one.answered(timeout=0)


def test_what_is_still_queued_at_the_end_is_taken_back(plain, waiting, wire):
    wire.answers = [command("queued"), httpx.Response(204)]
    with plain.commands.clear_cache("CS1"):
        pass
    assert wire.asked[-1].method == "DELETE"

    async def again() -> None:
        wire.answers = [command("queued"), httpx.Response(409, json=PROBLEM)]
        async with waiting.commands.call("CS1", "ClearCache", if_offline="queue"):
            pass
        assert wire.asked[-2].read() == b'{"ocpp":{"action":"ClearCache","payload":{}},"if_offline":"queue"}'
        assert wire.asked[-1].method == "DELETE"

    asyncio.run(again())
