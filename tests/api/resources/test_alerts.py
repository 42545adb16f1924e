from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_a_list_a_filter_and_an_acknowledgement(client, seed):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    number = 1  # the first number that the API gives
    await seed(
        "alerts", id=5, station_id=number, subject="s", source="security_event", code="c", severity=3, text="t",
        detail="{}", latched=1, count=1, first_at=NOW, last_at=NOW, state="firing",
    )  # fmt: skip
    (alert,) = (await client.get("alerts?state=firing&severity=3&station_id=CS1")).json()["data"]
    assert (alert["id"], alert["severity_name"], alert["needs_acknowledgement"]) == ("5", "critical", True)
    assert (await client.get("alerts?severity=2")).json()["data"] == []
    assert (await client.get("alerts?state=open")).status_code == 422
    done = await client.post("alerts/5/acknowledge")
    assert (done.status_code, done.json()["state"], done.json()["acknowledged_by"]) == (
        200,
        "resolved",
        "key:bootstrap",
    )
    assert (await client.get("alerts?state=resolved")).json()["data"] == [done.json()]
    assert (await client.post("alerts/6/acknowledge")).status_code == 404


async def test_a_key_needs_the_scope(client, seed):
    made = (await client.post("keys", json={"name": "reader", "scopes": ["alerts:read"]})).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await client.get("alerts", headers=headers)).status_code == 200
    assert (await client.post("alerts/5/acknowledge", headers=headers)).status_code == 403
