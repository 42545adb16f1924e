"""The test bench over the API: stations that charge, faults switched while they live, cases and scenarios played."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.settings import Bench
from tests.acceptance.serving import Csms, serving

pytestmark = pytest.mark.anyio
SCENARIO = """
title = "A session"

[[step]]
do = "boot"

[[step]]
do = "plug"

[[step]]
do = "swipe"
token = "{token}"

[[step]]
do = "charge"
minutes = 10
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path_factory.mktemp("bench"), more={"test_bench": Bench(enabled=True, stations=3)}) as one:
        await one.add_token("04AA")
        yield one


async def refused(csms: Csms, path: str, body: Any) -> dict[str, Any]:
    answer = await csms.api.post(path, json=body)
    assert answer.status_code >= 400, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


async def test_a_station_charges_and_its_faults_are_switched_while_it_lives(csms: Csms) -> None:
    bench = await csms.get("test-bench")
    assert bench["enabled"]
    assert {"default", "seq-no-per-evse"} <= {one["name"] for one in bench["personas"]}
    body = {"id": "B1", "persona": "seq-no-per-evse", "speed": 100, "pause_s": 1, "faults": {"delay_s": 0.01}}
    made = await csms.post("test-bench/stations", body)
    assert made["faults"] == {"delay_s": 0.01}
    begun = await csms.until(lambda: csms.transactions(station_id="B1"), bool)
    assert begun[0]["token"] == "04AA"
    assert (await csms.get("stations/B1"))["online"]
    turned = await csms.patch("test-bench/stations/B1", {"faults": {"half_open": True}})
    assert turned["faults"] == {"half_open": True}
    shown = await csms.get("test-bench/stations/B1")
    assert shown["connected"]
    assert shown["lines"]
    assert [one["id"] for one in (await csms.get("test-bench/stations"))["data"]] == ["B1"]
    assert (await csms.api.delete("test-bench/stations/B1")).status_code == 204
    assert (await csms.get("test-bench/stations"))["data"] == []
    audited = await csms.get("audit", subject="B1")
    assert {one["action"] for one in audited["data"]} >= {"test_bench.simulate", "test_bench.stop"}


async def test_a_person_does_one_step_after_the_other(csms: Csms) -> None:
    await csms.post("test-bench/stations", {"id": "B2", "drivers": False, "ocpp_version": "2.1"})
    await csms.until(lambda: csms.get("test-bench/stations/B2"), lambda one: one["registration"] == "accepted")
    for step in ({"do": "plug"}, {"do": "swipe", "token": "04AA"}):
        done = await csms.post("test-bench/stations/B2/steps", step)
        assert done["done"], done["reason"]
    assert done["station"]["evses"][0]["transaction_id"]
    wrong = await csms.post("test-bench/stations/B2/steps", {"do": "swipe", "token": "nobody", "evse": 2})
    assert "expected the status: Accepted, heard" in wrong["reason"]
    assert (await refused(csms, "test-bench/stations/B2/steps", {"do": "fly"}))["status"] == 422
    assert (await refused(csms, "test-bench/stations/B2/steps", {"do": "wait", "seconds": 9}))["status"] == 422
    bad = await csms.api.patch("test-bench/stations/B2", json={"faults": {"answers": {"Reset": "Perhaps"}}})
    assert bad.status_code == 422
    assert "expected a status of Reset" in bad.text
    await csms.api.delete("test-bench/stations/B2")
    again = await csms.post("test-bench/stations", {"id": "B2", "drivers": False})
    await csms.until(lambda: csms.get("test-bench/stations/B2"), lambda one: one["connected"])
    assert again["ocpp_version"] == "2.0.1"
    await csms.api.delete("test-bench/stations/B2")


async def test_what_cannot_be_is_refused_with_the_reason(csms: Csms) -> None:
    await csms.add_station("REAL")
    problem = await refused(csms, "test-bench/stations", {"id": "REAL"})
    assert problem["errors"][0]["pointer"] == "/password"
    assert (await refused(csms, "test-bench/stations", {"persona": "nobody"}))["errors"][0]["pointer"] == "/persona"
    assert (await refused(csms, "test-bench/runs", {"type": "scenario", "scenario": "title = 1"}))["status"] == 422
    file = 'title = "x"\npersona = "../../etc/x.toml"\n[[step]]\ndo = "boot"\n'
    assert (
        "There is no persona"
        in (await refused(csms, "test-bench/runs", {"type": "scenario", "scenario": file}))["detail"]
    )
    assert (await refused(csms, "test-bench/runs", {"type": "conformance", "cases": ["TC_X"]}))["status"] == 422
    for _ in range(3):
        await csms.post("test-bench/stations", {"drivers": False})
    assert "which is the most" in (await refused(csms, "test-bench/stations", {}))["detail"]
    for one in (await csms.get("test-bench/stations", limit=2))["data"]:
        await csms.api.delete(f"test-bench/stations/{one['id']}")
    assert len((await csms.get("test-bench/stations"))["data"]) == 1


async def test_cases_and_scenarios_are_played(csms: Csms) -> None:
    body = {"type": "conformance", "cases": ["TC_B_01_CSMS", "TC_B_06_CSMS", "TC_B_30_CSMS"]}
    run = await csms.post("test-bench/runs", body)
    assert run["state"] == "running"
    assert "is going on" in (await refused(csms, "test-bench/runs", body))["detail"]
    over = await csms.until(lambda: csms.get(f"test-bench/runs/{run['id']}"), lambda one: one["state"] != "running")
    assert over["state"] == "passed", over["reason"]
    assert over["summary"] == {"pass": 3}
    assert all(one["frames"] for one in over["cases"])
    for token, state in (("04AA", "passed"), ("nobody", "failed")):
        body = {"type": "scenario", "scenario": SCENARIO.replace("{token}", token)}
        run = await csms.post("test-bench/runs", body)
        over = await csms.until(lambda id=run["id"]: csms.get(f"test-bench/runs/{id}"), lambda one: one["ended_at"])
        assert over["state"] == state, over
        assert over["total"] == 4
    assert "step.3: swipe: expected the status: Accepted" in over["reason"]
    listed = (await csms.get("test-bench/runs"))["data"]
    assert [one["type"] for one in listed] == ["scenario", "scenario", "conformance"]
    assert (await csms.api.delete(f"test-bench/runs/{run['id']}")).status_code == 204
    assert len((await csms.get("test-bench/runs"))["data"]) == 2


async def test_keys_need_the_scope(csms: Csms) -> None:
    key = (await csms.post("keys", {"name": "reader", "scopes": ["stations:read", "stations:write"]}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert (await csms.api.get("test-bench", headers=headers)).status_code == 403
    assert (await csms.api.post("test-bench/stations", json={}, headers=headers)).status_code == 403
