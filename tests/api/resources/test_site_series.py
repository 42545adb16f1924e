"""Sun and batteries of a site over HTTP, and what they change."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
SLOT = {"from": "2001-01-01T00:00:00Z", "to": "2101-01-01T00:00:00Z", "power_w": 6900}
LATER = {"from": "2101-01-01T00:00:00Z", "to": "2102-01-01T00:00:00Z", "power_w": -2300}


@pytest.fixture
async def site(client):
    id = (await client.post("sites", json={"name": "Depot", "limit_w": 4140})).json()["id"]
    await client.post("stations", json={"id": "CS1", "security_profile": 1, "password": "p" * 16, "site_id": id})
    return f"sites/{id}"


async def test_series_change_the_plan_with_their_reason(client, site):
    evses = [{"station_id": "CS1", "evse_id": 1}]
    circuit = (await client.post(f"{site}/circuits", json={"name": "B", "limit_a": 63, "evses": evses})).json()["id"]
    ask = {"everyone_charges": True}
    before = (await client.post(f"{site}/plan", json=ask)).json()
    put = await client.put(f"{site}/series/battery", json={"slots": [LATER, SLOT], "circuit_id": circuit})
    (shown,) = put.json()["data"]
    assert (shown["kind"], shown["circuit_id"], shown["now_w"], shown["phases"]) == (
        "battery", circuit, 6900, ["L1", "L2", "L3"],
    )  # fmt: skip
    assert shown["slots"] == [SLOT, LATER]
    after = (await client.post(f"{site}/plan", json=ask)).json()
    assert [plan["load_w"] for plan in (before, after)] == [0, -6900]
    assert (after["battery_w"], after["pv_w"]) == (6900, 0)
    assert [plan["evses"][0]["limit_a"] for plan in (before, after)] == [0, 0]  # offline: nothing is ordered
    assert (await client.get(f"{site}/series")).json() == put.json()
    assert (await client.delete(f"{site}/series/battery")).status_code == 404
    assert (await client.delete(f"{site}/series/battery", params={"circuit_id": circuit})).status_code == 204
    assert (await client.get(f"{site}/series")).json()["data"] == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("pv", {"slots": [{**SLOT, "power_w": -1}]}, 422),
        ("pv", {"slots": []}, 422),
        ("pv", {"slots": [SLOT, SLOT]}, 422),
        ("pv", {"slots": [{**SLOT, "to": SLOT["from"]}]}, 422),
        ("pv", {"slots": [SLOT], "phases": ["L4"]}, 422),
        ("pv", {"slots": [SLOT], "circuit_id": "77"}, 404),
        ("wind", {"slots": [SLOT]}, 404),
    ],
)
async def test_what_makes_no_sense(client, site, kind, body, status):
    assert (await client.put(f"{site}/series/{kind}", json=body)).status_code == status
    assert (await client.get(f"{site}/series")).json()["data"] == []
