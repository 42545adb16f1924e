"""Without a test bench; with one it is tried in tests/acceptance/test_testbench.py."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_it_is_off_unless_it_is_switched_on(client):
    shown = (await client.get("test-bench")).json()
    assert (shown["enabled"], shown["url"], shown["personas"]) == (False, None, [])
    for answer in (
        await client.get("test-bench/stations"),
        await client.post("test-bench/stations", json={"id": "B1"}),
        await client.post("test-bench/runs", json={"type": "conformance"}),
        await client.get("test-bench/runs/run_1"),
    ):
        assert answer.status_code == 409
        assert "test_bench.enabled" in answer.json()["detail"]
    assert (await client.get("stations/B1")).status_code == 404


async def test_what_is_out_of_bounds_points_at_the_field(client):
    answer = await client.post("test-bench/stations", json={"speed": 1000, "faults": {"drop": 2}})
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/speed", "/faults/drop"}
