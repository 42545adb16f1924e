"""Vehicles, charging needs and prices over HTTP."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
BY = "2099-01-01T05:00:00Z"


@pytest.fixture
async def site(client):
    id = (await client.post("sites", json={"name": "Depot", "limit_w": 100_000})).json()["id"]
    await client.post("stations", json={"id": "CS1", "security_profile": 1, "password": "p" * 16, "site_id": id})
    return f"sites/{id}"


async def test_a_vehicle_and_what_it_needs(client, site):
    made = await client.post("vehicles", json={"name": "Bus 12", "tokens": ["BUS12"], "battery_wh": 300_000})
    assert made.status_code == 201
    vehicle = made.json()["id"]
    assert (await client.get("vehicles")).json()["data"] == [(await client.get(f"vehicles/{vehicle}")).json()]
    need = await client.post(
        "charging-needs", json={"vehicle_id": vehicle, "soc_percent": 80, "soc_now_percent": 20, "ready_by": BY}
    )
    assert (need.status_code, need.json()["energy_wh"]) == (201, 180_000)
    assert (need.json()["state"], need.json()["feasible"], need.json()["expected_wh"]) == ("waiting", None, None)
    other = await client.post("charging-needs", json={"station_id": "CS1", "energy_wh": 60_000, "ready_by": BY})
    assert other.json()["station_id"] == "CS1"
    ids = [one["id"] for one in (await client.get("charging-needs?state=waiting")).json()["data"]]
    assert ids == [other.json()["id"], need.json()["id"]]
    assert [one["id"] for one in (await client.get("charging-needs?station_id=CS1")).json()["data"]] == ids[:1]
    assert (await client.delete(f"charging-needs/{ids[0]}")).status_code == 204
    assert (await client.delete(f"charging-needs/{ids[0]}")).status_code == 409
    assert (await client.get(f"charging-needs/{ids[0]}")).json()["state"] == "cancelled"
    assert (await client.delete(f"vehicles/{vehicle}")).status_code == 204
    assert (await client.get(f"vehicles/{vehicle}")).status_code == 404


@pytest.mark.parametrize("body", [
    {"ready_by": BY, "energy_wh": 1}, {"ready_by": BY, "station_id": "CS1", "token": "A", "energy_wh": 1},
    {"ready_by": BY, "station_id": "CS1"}, {"ready_by": BY, "station_id": "CS1", "soc_percent": 80},
    {"ready_by": "2020-01-01T05:00:00Z", "station_id": "CS1", "energy_wh": 1},
    {"ready_by": BY, "vehicle_id": "9", "energy_wh": 1}, {"ready_by": BY, "token": "A", "energy_wh": -1},
])  # fmt: skip
async def test_needs_that_say_too_little_or_too_much(client, site, body):
    assert (await client.post("charging-needs", json=body)).status_code == 422


async def test_prices(client, site):
    slots = [{"from": "2030-01-01T00:00:00Z", "to": "2030-01-01T01:00:00Z", "price": 0.31}]
    put = await client.put(f"{site}/prices", json={"unit": "EUR/kWh", "slots": slots})
    assert put.json()["slots"] == slots
    assert (await client.get(f"{site}/prices")).json() == put.json()
    assert (await client.put(f"{site}/prices", json={"unit": "EUR/kWh", "slots": slots * 2})).status_code == 422
    assert (await client.delete(f"{site}/prices")).status_code == 204
    assert (await client.get(f"{site}/prices")).status_code == 404
    assert (await client.get(f"{site}/schedule")).status_code == 404
