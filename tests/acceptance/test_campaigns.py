"""A setting for a fleet, by one request: two stations of two versions, one offline, over real sockets."""

from __future__ import annotations

import pytest

from tests.acceptance.serving import Csms

pytestmark = pytest.mark.anyio


async def test_a_setting_for_a_fleet(csms: Csms) -> None:
    for identity in ("F1", "F2", "F3"):
        await csms.add_station(identity)
    async with csms.station("F1", "2.0.1") as first, csms.station("F2", "1.6") as second:
        made = await csms.post("campaigns", {
            "type": "configuration", "select": {"station_ids": ["F1", "F2", "F3"]},
            "params": {"values": [{"name": "connection.heartbeat_interval", "value": 77}]},
        })  # fmt: skip
        call = await first.next_call()
        assert call[3]["setVariableData"][0]["attributeValue"] == "77"
        result = {
            "attributeStatus": "Accepted", "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "HeartbeatInterval"},
        }  # fmt: skip
        await first.answer(call, {"setVariableResult": [result]})
        call = await second.next_call()
        assert call[2:] == ["ChangeConfiguration", {"key": "HeartbeatInterval", "value": "77"}]
        await second.answer(call, {"status": "Rejected"})
        path = f"campaigns/{made['id']}"
        found = await csms.until(lambda: csms.get(path), lambda one: one["reason"] is not None)
        assert found["reason"] == "all that are left are offline"
        rows = {one["station_id"]: one for one in (await csms.get(f"{path}/stations"))["data"]}
        assert {name: one["state"] for name, one in rows.items()} == {"F1": "done", "F2": "failed", "F3": "waiting"}
        assert rows["F2"]["reason"]
    async with csms.station("F3", "2.0.1") as third:
        await third.answer(await third.next_call(), {"setVariableResult": [result]})
        await csms.until(lambda: csms.get(path), lambda one: one["state"] == "done")
