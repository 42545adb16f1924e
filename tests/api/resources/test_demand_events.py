"""Events of demand response over HTTP."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
EVENTS = "demand-response/events"
TIMES = {"from": "2030-01-01T17:00:00Z", "to": "2030-01-01T19:00:00Z"}


@pytest.fixture
async def sites(client):
    return [(await client.post("sites", json={"name": name})).json()["id"] for name in ("a", "b")]


async def test_an_event_made_changed_and_cancelled(client, sites):
    made = await client.post(EVENTS, json={"site_ids": sites, "shed_w": 40_000, **TIMES, "ramp_s": 300})
    assert (made.status_code, made.json()["state"], made.json()["shed_w"]) == (201, "scheduled", 40_000)
    one = f"{EVENTS}/{made.json()['id']}"
    out = await client.patch(one, json={"opt_out": sites[:1]}, headers={"If-Match": '"1"'})
    assert (out.status_code, out.json()["opt_out"]) == (200, sites[:1])
    assert (await client.patch(one, json={"opt_out": []}, headers={"If-Match": '"1"'})).status_code == 412
    report = (await client.get(f"{one}/report")).json()
    assert (report["intervals"], report["complete"]) == ([], False)
    assert (await client.post(f"{one}/cancel")).json()["state"] == "cancelled"
    assert (await client.post(f"{one}/cancel")).status_code == 409
    assert (await client.patch(one, json={"opt_out": []})).status_code == 409
    listed = (await client.get(EVENTS, params={"state": "cancelled"})).json()["data"]
    assert [event["id"] for event in listed] == [made.json()["id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"limit_w": 1, "shed_w": 2},
        {"shed_percent": 101},
        {"limit_w": -1},
        {"limit_w": 1, "to": "2030-01-01T16:00:00Z"},
        {"limit_w": 1, "from": None, "to": "2001-01-01T00:00:00Z"},
        {"limit_w": 1, "site_ids": ["99"]},
        {"limit_w": 1, "site_ids": []},
    ],
)
async def test_what_makes_no_sense(client, sites, wrong):
    body = {name: value for name, value in {"site_ids": sites, **TIMES, **wrong}.items() if value is not None}
    assert (await client.post(EVENTS, json=body)).status_code == 422


async def test_no_such_event(client):
    assert (await client.get(f"{EVENTS}/9/report")).status_code == 404


async def test_a_settlement_of_all_events(client, sites):
    await client.post(EVENTS, json={"site_ids": sites, "shed_w": 40_000, **TIMES})
    found = (await client.get("demand-response/settlement", params=TIMES)).json()
    assert (found["data"], found["sites"], found["shed_wh"]) == ([], [], 0)  # it has not begun
    wrong = {"from": TIMES["to"], "to": TIMES["from"]}
    assert (await client.get("demand-response/settlement", params=wrong)).status_code == 422
