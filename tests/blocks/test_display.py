"""Display messages: what a report names is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.display import ClearDisplayMessage, GetDisplayMessages, SetDisplayMessage, Text
from ohmstead.store.tables import display_messages
from tests.blocks.staging import Stage, converse

pytestmark = pytest.mark.anyio


def _message(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "priority": "NormalCycle", "message": {"format": "UTF8", "content": f"m{number}"}, **more}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_report_in_parts(stage: Stage, version: str) -> None:
    first = {"requestId": 31, "tbc": True, "messageInfo": [_message(1, state="Idle")]}
    assert await stage.say("NotifyDisplayMessages", first, version) == {}
    last = {"requestId": 31, "messageInfo": [_message(2, startDateTime="2025-11-24T16:00:00Z")]}
    assert await stage.say("NotifyDisplayMessages", last, version) == {}
    c = display_messages.c
    found = await stage.rows(select(c.message_id, c.body).order_by(c.message_id))
    rows = [(number, json.loads(body)) for number, body in found]
    assert [(number, body["texts"][0]["text"], body["state"], body["starts_at"]) for number, body in rows] == [
        (1, "m1", "Idle", None),
        (2, "m2", None, "2025-11-24T16:00:00.000Z"),
    ]
    assert stage.fed == ["display_messages.done"]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_what_is_set_is_kept_and_what_is_cleared_is_gone(stage: Stage, version: str) -> None:
    talk = converse(SetDisplayMessage(texts=[Text(text="Hi")]), version, {"status": "Accepted"})
    ((action, payload),) = talk.requests
    assert payload["message"]["message"] == {"format": "UTF8", "content": "Hi"}
    await stage.learn(action, payload, {"status": "Accepted"}, version)
    assert [row[0] for row in await stage.rows(select(display_messages.c.message_id))] == [77]
    ((action, payload),) = converse(ClearDisplayMessage(id=77), version, {"status": "Accepted"}).requests
    assert payload == {"id": 77}
    await stage.learn(action, payload, {"status": "Accepted"}, version)
    assert await stage.rows(select(display_messages)) == []
    assert stage.fed == ["display_message.set", "display_message.cleared"]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_some_are_asked_for(version: str) -> None:
    talk = converse(GetDisplayMessages(ids=[3], state="Charging"), version, {"status": "Accepted"})
    assert talk.requests == [("GetDisplayMessages", {"requestId": 77, "id": [3], "state": "Charging"})]
    assert talk.outcome is not None
    assert talk.outcome.expects == ("display_messages", "cmd_1")


async def test_there_are_none(stage: Stage) -> None:
    await stage.learn("SetDisplayMessage", {"message": _message(3)}, {"status": "Accepted"})
    runtime.clock.advance(1)  # type: ignore[attr-defined]
    await stage.learn("GetDisplayMessages", {"requestId": 5}, {"status": "Unknown"})
    assert await stage.rows(select(display_messages)) == []
    outcome = converse(GetDisplayMessages(), "2.0.1", {"status": "Unknown"}).outcome
    assert outcome is not None
    assert outcome.accepted
