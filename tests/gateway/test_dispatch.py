"""From frame to answer: what is decoded, admitted, handled, committed and kept."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ohmstead import blocks
from ohmstead.blocks import Reject
from ohmstead.ocpp.versions import V16, V21
from ohmstead.store.db import Write
from ohmstead.store.resources import oddities
from tests.playbook import TENANT, Playbook, Talk

pytestmark = pytest.mark.anyio

STARTED = {
    "eventType": "Started",
    "timestamp": "2025-11-24T16:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "t1"},
    "evse": {"id": 1},
    "idToken": {"idToken": "AB12", "type": "ISO14443"},
}
STATUS = {"timestamp": "2025-11-24T16:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


@pytest.fixture
async def talk(book: Playbook) -> Talk:
    """A booted station."""
    await book.add_station()
    one = await book.connect()
    await one.boots()
    return one


def handled_by(monkeypatch: pytest.MonkeyPatch, action: str, handler: Any, version: str = "2.0.1") -> None:
    monkeypatch.setitem(blocks.HANDLERS, (version, action), handler)


async def test_an_answer_comes_after_its_commit(book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, stored = book.db.commit, asyncio.Event()

    async def held_up(batch: list[Write], lane: int) -> Any:
        if any(write.events for write in batch):
            assert talk.wire.said.empty()
            await stored.wait()
        return await commit(batch, lane)

    monkeypatch.setattr(book.db, "commit", held_up)
    talk.says([2, "1", "StatusNotification", STATUS])
    for _ in range(50):
        await asyncio.sleep(0)
    assert talk.wire.said.empty()
    stored.set()
    assert await talk.hears() == [3, "1", {}]


async def test_what_changes_nothing_does_not_wait_for_the_disk(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError("a heartbeat was committed")

    with monkeypatch.context() as patch:
        patch.setattr(book.db, "commit", never)
        assert (await talk.calls("Heartbeat", {}))[0] == 3
    assert [row["action"] for row in await book.messages()] == ["BootNotification", "Heartbeat"]


async def test_frames_are_kept_as_they_came(book: Playbook, talk: Talk) -> None:
    talk.says('[2,"1" , "Heartbeat",{ }]')
    await talk.hears()
    talk.says(f'[2, "2", "TransactionEvent", {json.dumps(STARTED, indent=1)}]')
    await talk.hears()
    rows = await book.messages()
    assert rows[1]["request"] == '[2,"1" , "Heartbeat",{ }]'
    assert json.loads(rows[1]["answer"])[:2] == [3, "1"]
    assert rows[2]["request"].endswith(f"{json.dumps(STARTED, indent=1)}]")
    assert json.loads(rows[2]["answer"])[:2] == [3, "2"]


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("FooBar", {}, "NotImplemented"),
        ("BatterySwap", {}, "NotImplemented"),
        ("Heartbeat", 5, "TypeConstraintViolation"),
        ("StatusNotification", {**STATUS, "evseId": "1"}, "TypeConstraintViolation"),
        ("StatusNotification", {}, "OccurrenceConstraintViolation"),
        ("StatusNotification", {**STATUS, "connectorStatus": "Fine"}, "PropertyConstraintViolation"),
    ],
)
async def test_what_is_refused_is_logged_with_the_reason(
    book: Playbook, talk: Talk, action: str, payload: Any, code: str
) -> None:
    answer = await talk.calls(action, payload)
    assert answer[:3] == [4, "call", code]
    row = (await book.messages())[-1]
    assert row["invalid"].startswith(f"{code}: ")
    assert json.loads(row["answer"]) == answer
    counted = "other" if code == "NotImplemented" else action  # made up by a station, it is no label of its own
    assert book.node.counts.answered[counted, code] == 1


async def test_an_action_without_a_handler(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(blocks.HANDLERS, ("2.0.1", "Heartbeat"))
    assert (await talk.calls("Heartbeat", {}))[2] == "NotImplemented"


async def test_a_handler_that_rejects(book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def rejecting(call: Any, req: Any) -> Any:
        call.emit("station.booted", {})
        raise Reject("SecurityError", "not you")

    handled_by(monkeypatch, "StatusNotification", rejecting)
    assert await talk.calls("StatusNotification", STATUS) == [4, "call", "SecurityError", "not you", {}]
    assert await book.feed() == ["station.connected", "station.booted"]  # nothing of it was stored


# ---------------------------------------------------------------------- mistakes of ours


async def broken(call: Any, req: Any) -> Any:
    raise ZeroDivisionError


async def test_a_handler_that_fails_costs_its_own_call(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    handled_by(monkeypatch, "StatusNotification", broken)
    assert (await talk.calls("StatusNotification", STATUS))[2] == "InternalError"
    assert (await talk.calls("Heartbeat", {}))[0] == 3


async def test_a_frame_of_the_ledger_that_fails_is_kept_and_answered_without_harm(
    each_book: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = each_book
    await book.add_station()
    talk = await book.connect()
    await talk.boots()
    handled_by(monkeypatch, "TransactionEvent", broken)
    assert await talk.calls("TransactionEvent", STARTED) == [3, "call", {"idTokenInfo": {"status": "Invalid"}}]
    assert (await book.feed())[-1] == "alert.firing"
    row = (await book.messages())[-1]
    assert (row["action"], json.loads(row["request"])[3]) == ("TransactionEvent", STARTED)


async def test_a_write_that_the_database_refuses_fails_alone(
    book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = blocks.HANDLERS["2.0.1", "StatusNotification"]

    async def too_large(call: Any, req: Any) -> Any:
        answer = await handler(call, req)
        call.write.changed[0][1]["status_at"] = 1 << 70
        return answer

    handled_by(monkeypatch, "StatusNotification", too_large)
    before = talk.session.state
    assert (await talk.calls("StatusNotification", STATUS))[2] == "InternalError"
    assert talk.session.state is before
    assert (await talk.calls("Heartbeat", {}))[0] == 3


# ---------------------------------------------------------------------- how strict


async def test_findings_are_counted_once(book: Playbook, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, times = blocks.HANDLERS["2.0.1", "StatusNotification"], []

    async def overtaken(call: Any, req: Any) -> Any:
        times.append(1)
        if len(times) == 1:
            await book.change_station(site_id=None)
        return await handler(call, req)

    handled_by(monkeypatch, "StatusNotification", overtaken)
    assert (await talk.calls("StatusNotification", {**STATUS, "foo": 1}))[0] == 3
    assert len(times) == 2
    await book.quiet()
    found = (await oddities.findings_page(book.db, TENANT, None, limit=10, cursor=None)).rows
    assert [(row["code"], row["count"]) for row in found] == [("unknown_field", 1)]


async def test_a_strict_station(book: Playbook) -> None:
    await book.add_station(strictness="strict")
    talk = await book.connect()
    await talk.boots()
    assert (await talk.calls("Heartbeat", {"foo": 1}))[0] == 4


async def test_the_codes_of_16(book: Playbook) -> None:
    await book.add_station()
    talk = await book.connect(version=V16)
    assert (await talk.calls("BootNotification", {}))[2] == "OccurenceConstraintViolation"
    talk.says('[2,"1","BootNotif')
    assert (await talk.hears())[1:3] == ["-1", "FormationViolation"]


# ---------------------------------------------------------------------- SEND


async def test_a_send_is_handled_and_never_answered(book: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []

    async def stream(call: Any, req: Any) -> None:
        heard.append(req)
        if req.id == 2:
            raise ZeroDivisionError
        call.emit("station.booted", {})

    handled_by(monkeypatch, "NotifyPeriodicEventStream", stream, "2.1")
    await book.add_station()
    talk = await book.connect(version=V21)
    data = {"pending": 0, "basetime": "2025-11-24T16:00:00Z", "data": [{"t": 0, "v": "1"}]}
    talk.says([6, "0", "NotifyPeriodicEventStream", {"id": 1, **data}])  # before the boot
    await talk.boots()
    for number in (1, 2):
        talk.says([6, str(number), "NotifyPeriodicEventStream", {"id": number, **data}])
    talk.says([6, "3", "NotifyPeriodicEventStream", {}])
    await talk.plays("--")
    assert [req.id for req in heard] == [1, 2]
    assert (await book.feed()).count("station.booted") == 2
    logged = [row for row in await book.messages() if row["action"] == "NotifyPeriodicEventStream"]
    assert [row["answer"] for row in logged] == [None] * 4
    assert sum(row["invalid"] is not None for row in logged) == 3
