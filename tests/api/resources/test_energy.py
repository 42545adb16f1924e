"""Circuits, loads, limits and plans over HTTP."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(client):
    id = (await client.post("sites", json={"name": "Depot", "limit_w": 100_000})).json()["id"]
    await client.post("stations", json={"id": "CS1", "security_profile": 1, "password": "p" * 16, "site_id": id})
    return f"sites/{id}"


CIRCUIT = {"name": "B", "limit_a": 32, "evses": [{"station_id": "CS1", "evse_id": 1, "phases": ["L1"], "priority": 2}]}


async def test_circuits(client, site):
    made = await client.post(f"{site}/circuits", json=CIRCUIT)
    assert (made.status_code, made.json()["limit_a"], made.headers["etag"]) == (201, [32, 32, 32], '"1"')
    one = f"{site}/circuits/{made.json()['id']}"
    twice = await client.post(f"{site}/circuits", json={**CIRCUIT, "name": "C"})
    assert (twice.status_code, "already on B" in twice.text) == (422, True)
    below = await client.post(f"{site}/circuits", json={"name": "D", "limit_a": 16, "parent_id": made.json()["id"]})
    assert below.status_code == 201
    ring = await client.patch(one, json={"parent_id": below.json()["id"]})
    assert (ring.status_code, "inside itself" in ring.text) == (422, True)
    changed = await client.patch(one, json={"limit_a": [20, 25, 25]}, headers={"If-Match": '"1"'})
    assert (changed.json()["limit_a"], changed.json()["evses"][0]["priority"]) == ([20, 25, 25], 2)
    assert (await client.patch(one, json={"name": "X"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.delete(one)).status_code == 409
    assert (await client.delete(f"{site}/circuits/{below.json()['id']}")).status_code == 204
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).status_code == 404
    assert (await client.post("sites/99/circuits", json=CIRCUIT)).status_code == 404


@pytest.mark.parametrize(
    ("given", "amps", "watts"),
    [
        ({"limit_w": 23_000}, [100, 100, 100], 23_000),  # one phase may carry all of it
        ({"limit_w": [2300, 4600, 6900]}, [10, 20, 30], None),
        ({"limit_a": 16, "limit_w": [2300, 4600, 6900]}, [10, 16, 16], None),
        ({"limit_a": [16, 20, 25], "limit_w": 9000}, [16, 20, 25], 9000),
    ],
)
async def test_a_fuse_in_watts(client, site, given, amps, watts):
    made = (await client.post(f"{site}/circuits", json={"name": "W", **given})).json()
    assert (made["limit_a"], made["limit_w"]) == (amps, watts)
    one = f"{site}/circuits/{made['id']}"
    changed = (await client.patch(one, json={"limit_w": None, "limit_a": 9})).json()
    assert (changed["limit_a"], changed["limit_w"]) == ([9, 9, 9], None)


async def test_limits_per_phase(client, site):
    put = (await client.put(f"{site}/limit", json={"limit_a": [20, 30, 40]})).json()
    assert (put["limit_a"], put["limit_w"]) == ([20, 30, 40], 90 * 230)
    plan = (await client.post(f"{site}/plan", json={})).json()
    assert (plan["limit_a"], plan["limit_w"]) == ([20, 30, 40], 100_000)
    for wrong in ({}, {"limit_w": 5, "limit_a": 5}):
        assert (await client.put(f"{site}/limit", json=wrong)).status_code == 422
    assert (await client.post(f"{site}/circuits", json={"name": "none"})).status_code == 422


@pytest.mark.parametrize("field", [{"limit_a": -1}, {"limit_a": [1, 2]}, {"limit_a": 1e9}, {"unmanaged_load_w": -5},
                                   {"evses": [{"station_id": "CS1", "evse_id": 0}]}])  # fmt: skip
async def test_absurd_circuits(client, site, field):
    assert (await client.post(f"{site}/circuits", json={**CIRCUIT, **field})).status_code == 422


async def test_loads(client, site):
    put = await client.put(f"{site}/load", json={"load_w": 6900})
    assert [(one["circuit_id"], one["load_a"]) for one in put.json()["data"]] == [(None, [10, 10, 10])]
    circuit = (await client.post(f"{site}/circuits", json=CIRCUIT)).json()["id"]
    put = await client.put(f"{site}/load", json={"load_a": [1, 2, -3], "circuit_id": circuit})
    assert put.json()["data"][1]["load_a"] == [1, 2, -3]
    assert (await client.get(f"{site}/load")).json() == put.json()
    assert (await client.put(f"{site}/load", json={})).status_code == 422
    assert (await client.put(f"{site}/load", json={"load_w": 1, "circuit_id": "77"})).status_code == 404


async def test_limits(client, site):
    put = await client.put(f"{site}/limit", json={"limit_w": 80_000})
    assert (put.status_code, put.json()["kind"], put.json()["active"]) == (200, "put", True)
    await client.put(f"{site}/limit", json={"limit_w": 70_000})
    times = {"from": "2030-01-01T17:00:00Z", "to": "2030-01-01T19:00:00Z"}
    entry = await client.post(f"{site}/limits", json={"limit_w": 50_000, **times, "ramp_s": 60})
    assert (entry.status_code, entry.json()["active"], entry.json()["from"]) == (201, False, times["from"])
    found = (await client.get(f"{site}/limits")).json()["data"]
    assert [(one["kind"], one["limit_w"]) for one in found] == [("put", 70_000), ("entry", 50_000)]
    plan = (await client.post(f"{site}/plan", json={})).json()
    assert plan["limit_w"] == 70_000
    assert (await client.delete(f"{site}/limit")).status_code == 204
    assert (await client.delete(f"{site}/limits/{entry.json()['id']}")).status_code == 204
    assert (await client.delete(f"{site}/limits/x")).status_code == 404
    assert (await client.get(f"{site}/limits")).json()["data"] == []
    wrong = {"limit_w": 1, "from": times["to"], "to": times["from"]}
    for body in (wrong, {"limit_w": -5}, {"limit_w": "NaN"}):
        assert (await client.post(f"{site}/limits", json=body)).status_code == 422


async def test_a_plan_explains_itself(client, site, seed):
    await client.post(f"{site}/circuits", json=CIRCUIT)
    plan = (await client.post(f"{site}/plan", json={})).json()
    assert [(one["station_id"], one["limit_a"], one["reason"]["code"]) for one in plan["evses"]] == [
        ("CS1", 0, "offline")
    ]
    assert plan["limited_by"] == "the site's own limit"
    supposed = (await client.post(f"{site}/plan", json={"everyone_charges": True, "limit_w": 10_000})).json()
    assert supposed["limit_w"] == 10_000


async def test_the_timeline(client, site, seed):
    from ohmstead import runtime

    now = runtime.now()
    row = {"limit_w": 5.0, "measured_w": 1.0, "body": '[["CS1",1,10.0,900.0,"full","10 A",32.0,3]]'}
    for seconds in (1, 2):
        await seed("site_samples", site_id=int(site.split("/")[1]), at=now - seconds, **row)
    (sample,) = (await client.get(f"{site}/timeline", params={"resolution": 86_400})).json()["data"]
    assert (sample["limit_w"], sample["evses"][0]["station_id"]) == (5, "CS1")
    old = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    assert (await client.get(f"{site}/timeline", params=old)).json() == {"data": []}
