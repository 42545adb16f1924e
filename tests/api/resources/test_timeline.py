from __future__ import annotations

import json

import pytest

from ohmstead.api.resources import timeline
from ohmstead.traces import reading

pytestmark = pytest.mark.anyio
S = 1_000_000


async def filled(client, seed):
    await client.post("stations", json={"id": "CS1"})
    await client.post("stations", json={"id": "CS2"})
    boot = '[2,"1","BootNotification",{"reason":"PowerUp"}]'
    beat, answer = '[2,"2","Heartbeat",{}]', '[3,"2",{"currentTime":"2026-01-01T00:00:00Z"}]'
    base = {"station_id": 1, "direction": "in"}
    await seed("messages", id=1, at=1 * S, action="BootNotification", request=boot, **base)
    await seed("messages", id=3, at=4 * S, action="Heartbeat", request=beat, answer=answer, answered_at=4 * S, **base)
    await seed("messages", id=4, at=5 * S, action=None, request="}no", invalid="not JSON", **base)
    event = {"kind": "Started", "action": "TransactionEvent", "request": '[2,"3","TransactionEvent",{}]'}
    await seed("ledger", id=2, station_id=1, at=2 * S, received_at=2 * S, answer='[3,"3",{}]', **event)
    await seed("messages", id=9, station_id=2, at=6 * S, direction="in", action="Heartbeat", request=beat)
    command = {"type": "trigger", "body": "{}", "state": "accepted", "expires_at": 0, "updated_at": 0}
    await seed("commands", id="c1", station_id=1, created_at=3 * S, **command)
    finding = {"action": "Heartbeat", "text": "Why.", "count": 2, "first_at": 0}
    await seed("findings", station_id=1, code="null_field", last_at=7 * S, **finding)
    refused = {"peer": "p", "identity": "CS1", "status": 401, "code": "wrong_password", "reason": "Wrong."}
    await seed("refusals", id=1, at=0, **refused)


ALL = ["finding", "message", "message", "command", "message", "status", "refusal"]


async def test_everything_of_a_station_in_one_order(client, seed):
    await filled(client, seed)
    shown = (await client.get("stations/CS1/timeline")).json()
    assert [one["kind"] for one in shown["data"]] == ALL
    assert [one["at"] for one in shown["data"]] == sorted((one["at"] for one in shown["data"]), reverse=True)
    assert shown["next_cursor"] is None
    assert shown["data"][1]["text"] == "unreadable from the station; not JSON"
    assert shown["data"][2]["data"]["answer"] == {"currentTime": "2026-01-01T00:00:00Z"}
    assert shown["data"][3]["data"]["id"] == "c1"


async def test_a_key_sees_what_its_scopes_let_it(client, seed):
    await filled(client, seed)
    for scopes, kinds in (
        (["messages:read", "stations:read"], [one for one in ALL if one != "command"]),
        (["messages:read"], ["message", "message", "message", "status"]),
    ):
        key = (await client.post("keys", json={"name": "k", "scopes": scopes})).json()["key"]
        shown = await client.get("stations/CS1/timeline", headers={"Authorization": f"Bearer {key}"})
        assert [one["kind"] for one in shown.json()["data"]] == kinds


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
async def test_pages_go_on_where_each_list_stopped(client, seed, limit):
    await filled(client, seed)
    whole = (await client.get("stations/CS1/timeline")).json()["data"]
    found, cursor = [], None
    for _ in range(10):
        query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        one = (await client.get(f"stations/CS1/timeline?{query}")).json()
        found += one["data"]
        cursor = one["next_cursor"]
        if cursor is None:
            break
    assert found == whole


async def test_what_is_not_there_and_what_is_no_cursor(client, seed):
    await filled(client, seed)
    for path in ("timeline", "trace.jsonl"):
        assert (await client.get(f"stations/CS9/{path}")).status_code == 404
        assert (await client.get(f"stations/CS1/{path}?cursor=x")).status_code == 422
        assert (await client.get(f"stations/CS1/{path}?limit=0")).status_code == 422


async def test_frames_as_a_trace(client, seed, tmp_path):
    await filled(client, seed)
    answer = await client.get("stations/CS1/trace.jsonl")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line.get("messageType") for line in lines] == ["CALL", "CALL", "CALLRESULT", "CALL", "CALLRESULT", None]
    assert lines[2]["action"] == "TransactionEvent"
    assert lines[5]["meta"]["raw"] == "}no"
    path = tmp_path / "trace.jsonl"
    path.write_text(answer.text)
    assert len(reading.read(path).records) == 6
    newest = await client.get("stations/CS1/trace.jsonl?limit=1")
    before = await client.get(f"stations/CS1/trace.jsonl?cursor={newest.headers['x-next-cursor']}")
    assert before.text + newest.text == answer.text
    assert "x-next-cursor" not in before.headers


async def test_an_answer_is_bounded_and_nothing_is_left_out(client, seed, monkeypatch):
    await filled(client, seed)
    whole = (await client.get("stations/CS1/trace.jsonl")).text
    monkeypatch.setattr(timeline, "MOST_CHARACTERS", 100)
    pages, cursor = [], ""
    while cursor is not None:
        answer = await client.get(f"stations/CS1/trace.jsonl?{cursor}")
        pages.insert(0, answer.text)
        token = answer.headers.get("x-next-cursor")
        cursor = f"cursor={token}" if token else None
    assert len(pages) > 1
    assert "".join(pages) == whole
