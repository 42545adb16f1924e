from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_empty_lists(client):
    for path in ("messages", "refusals", "findings", "messages?invalid=true&action=Heartbeat&station_id=CS1"):
        assert (await client.get(path)).json() == {"data": [], "next_cursor": None}
    assert (await client.get("messages/1")).status_code == 404


async def test_refusals_are_shown_with_their_reason(client, seed):
    values = {
        "peer": "10.0.0.1:5",
        "identity": "CS1",
        "status": 401,
        "code": "wrong_password",
        "reason": "Why.",
    }
    await seed("refusals", id=1, at=0, **values)
    (refusal,) = (await client.get("refusals?code=wrong_password")).json()["data"]
    assert (refusal["station_id"], refusal["reason"]) == ("CS1", "Why.")


async def test_a_message_is_shown(client, seed):
    await client.post("stations", json={"id": "CS1"})
    frames = {"request": '[2,"1","Heartbeat",{}]', "answer": '[3,"1",{"currentTime":"2026-01-01T00:00:00Z"}]'}
    await seed("messages", id=1, station_id=1, at=0, answered_at=5000, direction="in", action="Heartbeat", **frames)
    (message,) = (await client.get("messages?station_id=CS1")).json()["data"]
    assert message["answer"] == {"currentTime": "2026-01-01T00:00:00Z"}
    assert message["message_id"] == "1"
    assert (await client.get(f"messages/{message['id']}")).json() == message
