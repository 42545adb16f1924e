"""The station's side: every answer is judged, and whatever the CSMS does has words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.conformance.case import Broken, NotApplicable
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V201
from ohmstead.simulator.connection import Endpoint

pytestmark = pytest.mark.anyio
TIME = "2025-11-24T16:00:00.000Z"
BOOTED = {"currentTime": TIME, "interval": 300, "status": "Accepted"}


@asynccontextmanager
async def talking(answer: Callable[[list[Any]], list[Any]], **more: Any) -> AsyncIterator[Talk]:
    """A station and a CSMS that answers each CALL with these frames, texts or what closes the line (None)."""

    async def handle(socket: ServerConnection) -> None:
        async for text in socket:
            for frame in answer(json.loads(text)):
                if frame is None:
                    return
                await socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async with serve(handle, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"]) as server:  # type: ignore[list-item]
        port = server.sockets[0].getsockname()[1]
        talk = Talk(Endpoint(f"ws://127.0.0.1:{port}", "CS1", V201), None, {}, **{"patience": 0.3, **more})
        await talk.connect()
        try:
            yield talk
        finally:
            await talk.close()


async def test_an_answer_and_what_is_kept_of_it() -> None:
    async with talking(lambda call: [[3, call[1], BOOTED]], patience=5) as talk:
        assert await talk.boots() == BOOTED
        assert [(one.direction, json.loads(one.text)[0]) for one in talk.frames] == [("sent", 2), ("received", 3)]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([3, "ID", {"currentTime": TIME, "interval": "300", "status": "Accepted"}], "/interval"),
        ([3, "ID", {**BOOTED, "more": 1}], "breaks the schema"),
        ([3, "ID", "text"], "breaks the schema"),
        ([4, "ID", "InternalError", "no", {}], "CALLERROR InternalError no"),
        ("no json", "no OCPP-J message"),
        ('{"a": 1}', "no OCPP-J message"),
        ("[3]", "no OCPP-J message"),
        (None, "the line was closed"),
        ([2, "x", "FooBar", {}], "FooBar"),
        ([2, "x", "Reset", {"type": "Now"}], "the request Reset breaks the schema"),
        ([2, "x" * 37, "Reset", {"type": "OnIdle"}], "36 characters"),
    ],
)
async def test_a_wrong_answer(answer: Any, why: str) -> None:
    def said(call: list[Any]) -> list[Any]:
        return [[call[1] if part == "ID" else part for part in answer] if isinstance(answer, list) else answer]

    async with talking(said, patience=5) as talk:
        with pytest.raises(Broken, match=why):
            await talk.calls("BootNotification", talk.boot_words())


async def test_silence() -> None:
    async with talking(lambda _: []) as talk:
        with pytest.raises(TimeoutError):
            await talk.alive()
        with pytest.raises(Broken, match=r"Reset did not come within 0\.3 s"):
            await talk.asked("Reset")


async def test_a_station_that_is_not_accepted() -> None:
    async with talking(lambda call: [[3, call[1], {**BOOTED, "status": "Pending"}]], patience=5) as talk:
        with pytest.raises(NotApplicable, match="Pending"):
            await talk.boots()
        with pytest.raises(NotApplicable, match="--api-driver"):
            await talk.order("Reset", {"type": "OnIdle"})
        with pytest.raises(NotApplicable, match=r"tokens\.blocked"):
            talk.token("blocked")


async def test_other_calls_are_brushed_off_and_answers_are_found_between_them() -> None:
    def said(call: list[Any]) -> list[Any]:
        if call[0] != 2:
            return []
        return [[2, "a", "ClearCache", {}], [2, "b", "Reset", {"type": "OnIdle"}], [3, call[1], {"currentTime": TIME}]]

    async with talking(said, patience=5) as talk:
        await talk.alive()
        assert talk.waiting == ["ClearCache", "Reset"]
        asked = await talk.asked("Reset")
        await talk.answers(asked, {"status": "Accepted"})
        sent = [json.loads(one.text) for one in talk.frames if one.direction == "sent"]
        assert sent[1][:3] == [4, "a", "NotSupported"]
        assert sent[2] == [3, "b", {"status": "Accepted"}]
        with pytest.raises(ValueError, match="our own answer"):
            await talk.answers(asked, {"status": "Perhaps"})


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ([4, "ID", "NotImplemented", "", {}], None),
        ([3, "ID", {}], "wanted a CALLERROR"),
        ([4, "ID", "InternalError", "", {}], "wanted the code NotImplemented"),
        ([4, "ID", "NotImplemented", "x" * 256, {}], "at most 255"),
        ([4, "ID", "NotImplemented", ""], "an object of details"),
    ],
)
async def test_an_error_that_must_come(error: list[Any], why: str | None) -> None:
    async with talking(lambda call: [[call[1] if part == "ID" else part for part in error]], patience=5) as talk:
        if why is None:
            await talk.wrongs("FooBar", {}, "NotImplemented")
        else:
            with pytest.raises(Broken, match=why):
                await talk.wrongs("FooBar", {}, "NotImplemented")


async def test_who_must_not_be_let_in_and_is() -> None:
    async with talking(lambda call: [[3, call[1], BOOTED]]) as talk:
        with pytest.raises((Broken, TimeoutError)):
            await talk.refused(401)
