"""The event feed as a consumer sees it: a list, a stream over a real socket, and no gap between the two."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ohmstead.store.db import Event
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests.acceptance.serving import KEY, PATIENCE, Csms, event, serving

pytestmark = pytest.mark.anyio
BEARER = f"Authorization: Bearer {KEY}"


@asynccontextmanager
async def streaming(csms: Csms, last: int | None = None) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The events of `GET /events/stream`, after the one numbered `last`, else from now on."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}

    async def events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
        fields: dict[str, str] = {}
        async for line in lines:
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                told = json.loads(fields["data"])
                assert (int(fields["id"]), fields.get("event", told["type"])) == (told["sequence"], told["type"])
                yield told
                fields = {}

    async with csms.api.stream("GET", "events/stream", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with asyncio.timeout(PATIENCE):
            yield events(answer.aiter_lines())


async def until(events: AsyncIterator[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The events up to the first of this kind."""
    found = []
    async for one in events:
        found.append(one)
        if one["type"] == f"ohmstead.{kind}":
            return found
    raise AssertionError(f"the stream ended before {kind}: {found}")


async def test_a_consumer_that_is_cut_off_and_a_server_that_restarts_lose_no_event(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    async with serving(tmp_path) as csms:
        await csms.add_station()
        await csms.add_token("GOOD")
        async with csms.station() as station:
            async with streaming(csms, 0) as events:
                await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=0))
                seen += await until(events, "transaction.started")
            # nobody listens now
            await station.call("TransactionEvent", event("Updated", 1, 60, wh=100))
            async with streaming(csms, seen[-1]["sequence"]) as events:
                seen += await until(events, "transaction.updated")
            await station.call("TransactionEvent", event("Ended", 2, 120, wh=300))
    async with serving(tmp_path) as csms, streaming(csms, seen[-1]["sequence"]) as events:
        seen += await until(events, "station.disconnected")
        listed = await csms.feed()
    assert seen == listed[: len(seen)]  # what is made of a transaction afterwards may be told behind
    assert [one["sequence"] for one in seen] == list(range(1, len(seen) + 1))
    kinds = [f"ohmstead.transaction.{kind}" for kind in ("started", "updated", "ended")]
    told = [one for one in seen if one["type"] in kinds]
    assert [one["type"] for one in told] == kinds
    assert told[-1]["data"]["energy_wh"] == 300


async def test_a_stream_without_a_beginning_tells_what_happens_from_now_on(csms: Csms, known: str) -> None:
    async with csms.station(known) as station, streaming(csms) as events:
        await station.call("TransactionEvent", event("Started", 0, evse=1))
        assert [one["subject"] for one in await until(events, "transaction.started")][-1] == known


async def test_asking_twice_with_one_key_is_asking_once(csms: Csms, known: str) -> None:
    ask = {"type": "trigger", "message": "Heartbeat"}
    async with csms.station(known) as station:
        key = {"Idempotency-Key": f"key-{known}"}
        answers = [await csms.api.post(f"stations/{known}/commands", json=ask, headers=key) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {202}
        assert answers[0].json()["id"] == answers[1].json()["id"]
        other = await csms.api.post(f"stations/{known}/commands", json=ask | {"message": "Foo"}, headers=key)
        assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
        await station.answer(await station.next_call(), {"status": "Rejected"})
        await csms.command_in(answers[0].json()["id"], "rejected")
        assert station.asked.empty()
        assert len((await csms.get("commands", station_id=known))["data"]) == 1


async def test_who_disappears_while_waiting_finds_the_answer_when_coming_back(csms: Csms, known: str) -> None:
    asked: dict[str, Any] = {
        "url": f"stations/{known}/commands", "json": {"type": "reset", "when": "idle"}, "params": {"wait": 30},
        "headers": {"Idempotency-Key": f"gone-{known}"},
    }  # fmt: skip
    async with csms.station(known) as station:
        first = asyncio.create_task(csms.api.post(**asked))
        call = await station.next_call()
        first.cancel()  # its connection is closed
        await asyncio.gather(first, return_exceptions=True)
        again = asyncio.create_task(csms.api.post(**asked))
        await station.answer(call, {"status": "Accepted"})
        answer = await again
        assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
        assert answer.headers["Idempotent-Replayed"] == "true"
        assert len((await csms.get("commands", station_id=known))["data"]) == 1
        assert station.asked.empty()


async def test_a_reader_that_is_slow_holds_nobody_up_and_misses_nothing(csms: Csms) -> None:
    many, last = 150, max((one["sequence"] for one in await csms.feed()), default=0)
    async with csms.server.db.transaction() as tx:
        for number in range(many):
            tx.emit(Event(DEFAULT_TENANT, "ohmstead.large", None, number, json.dumps("x" * 20_000)))
    (slow := socket.socket()).setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", csms.api.base_url.port))
    reader, writer = await asyncio.open_connection(sock=slow, limit=4096)
    head = f"GET /api/v1/events/stream?after={last} HTTP/1.1\r\nHost: x\r\n{BEARER}\r\n\r\n"
    writer.write(head.encode())

    async def held() -> int:
        """Bytes that wait for somebody in the server."""
        assert csms.server.httpd is not None
        lines = csms.server.httpd._server.server_state.connections
        return max(one.transport.get_write_buffer_size() for one in lines)

    assert await csms.until(held, lambda size: size > 0) < 1 << 20
    async with streaming(csms, last) as events:  # who reads is not held up
        assert [(await anext(events))["sequence"] for _ in range(many)] == list(range(last + 1, last + 1 + many))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # and now it has time
    text = b""
    async with asyncio.timeout(PATIENCE):
        while len(numbers := re.findall(rb"\r\nid: (\d+)\n", text)) < many:
            text += await reader.read(1 << 20)
    assert [int(number) for number in numbers] == list(range(last + 1, last + 1 + many))
    writer.close()
