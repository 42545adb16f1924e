"""A station changes its version: 1.6 to 2.0.1 to 2.1 and back, over the wire and the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station, at, event, serving

pytestmark = pytest.mark.anyio
CONFIG = [
    {"key": "HeartbeatInterval", "readonly": False, "value": "600"},
    {"key": "MeterValueSampleInterval", "readonly": False, "value": "30"},
    {"key": "TheirOwn", "readonly": False, "value": "x"},
]


async def tells_keys(csms: Csms, station: Station) -> None:
    asked = await csms.command("CS1", {"type": "get_base_report"})
    call = await station.next_call()
    assert call[2] == "GetConfiguration"
    await station.answer(call, {"configurationKey": CONFIG, "unknownKey": []})
    await csms.command_in(asked["id"], "accepted")


async def tells_variables(csms: Csms, station: Station, **values: str) -> None:
    asked = await csms.command("CS1", {"type": "get_base_report"})
    call = await station.next_call()
    assert call[2] == "GetBaseReport"
    await station.answer(call, {"status": "Accepted"})
    data = [
        {
            "component": {"name": name.split("__")[0]},
            "variable": {"name": name.split("__")[1]},
            "variableAttribute": [{"value": value, "mutability": "ReadWrite"}],
        }
        for name, value in values.items()
    ]
    await station.call(
        "NotifyReport", {"requestId": call[3]["requestId"], "seqNo": 0, "generatedAt": at(0), "reportData": data}
    )
    await csms.command_in(asked["id"], "confirmed")


async def change(csms: Csms, state: str) -> Any:
    """The newest change of version, once it is in that state."""
    seen = await csms.until(
        lambda: csms.get("stations/CS1/version-changes"), lambda page: page["data"][0]["state"] == state
    )
    return seen["data"][0]


async def test_from_1_6_to_2_0_1_to_2_1_and_back(tmp_path: Path) -> None:
    async with serving(tmp_path, unasked_calls=("reconcile",)) as csms:
        site = await csms.post("sites", {"name": "Depot"})
        await csms.add_station("CS1", site_id=site["id"])
        await csms.add_token("GOOD")
        async with csms.station("CS1", "1.6") as station:
            await tells_keys(csms, station)
            start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 1000, "timestamp": at(0)}
            await station.call("StartTransaction", start)
        dry = await csms.get("stations/CS1/upgrade-check")
        assert (dry["was"], dry["now"], len(dry["transactions"])) == ("1.6", "2.0.1", 1)
        assert (await csms.transaction())["state"] == "active"

        async with csms.station("CS1", "2.0.1") as station:
            one = await csms.transaction()
            assert (one["state"], one["id"]) == ("inferred_ended", dry["transactions"][0])
            assert {"version_changed", "end_inferred"} <= {finding["code"] for finding in one["findings"]}
            await tells_variables(
                csms, station, OCPPCommCtrlr__HeartbeatInterval="600", SampledDataCtrlr__TxUpdatedInterval="60"
            )
            call = await station.next_call()
            assert call[2:] == [
                "SetVariables",
                {
                    "setVariableData": [
                        {
                            "attributeValue": "30",
                            "component": {"name": "SampledDataCtrlr"},
                            "variable": {"name": "TxUpdatedInterval"},
                        }
                    ]
                },
            ]
            result = {"attributeStatus": "Accepted", **call[3]["setVariableData"][0]}
            del result["attributeValue"]
            await station.answer(call, {"setVariableResult": [result]})
            done = await change(csms, "done")
            await csms.command_in(done["command_id"], "accepted")
            assert {one["name"]: one["verdict"] for one in done["settings"]} == {
                "Ocpp16.TheirOwn": "lost",
                "meter.sample_interval": "carried",
                "connection.heartbeat_interval": "same",
            } | {one["name"]: "lost" for one in done["settings"] if one["reason"]}
            token = {"idToken": "GOOD", "type": "ISO14443"}
            said = await station.call("Authorize", {"idToken": token})
            assert said["idTokenInfo"]["status"] == "Accepted"
            await station.call("TransactionEvent", event("Started", 0, 7200, token="GOOD", evse=1))

        async with csms.station("CS1", "2.1") as station:  # the same family: what began goes on
            await station.call("TransactionEvent", event("Ended", 1, 9000, trigger="StopAuthorized"))
            newest = (await csms.transactions())[0]
            assert (newest["state"], newest["complete"]) == ("ended", True)

        async with csms.station("CS1", "1.6") as station:
            await station.call("Heartbeat", {})
        shown = await csms.get("stations/CS1")
        assert (shown["ocpp_version"], shown["site_id"]) == ("1.6", site["id"])
        assert len(await csms.transactions()) == 2
        told = [(one["data"]["was"], one["data"]["now"]) for one in await csms.feed("station.version_changed")]
        assert told == [("1.6", "2.0.1"), ("2.0.1", "2.1"), ("2.1", "1.6")]
        states = [one["state"] for one in (await csms.get("stations/CS1/version-changes"))["data"]]
        assert states == ["open", "overtaken", "done"]


async def test_a_campaign_leads_a_fleet_to_2_1(tmp_path: Path) -> None:
    """Looked at first, then by the subprotocols that they offer; who comes back as it was is not done."""
    async with serving(tmp_path, unasked_calls=()) as csms:
        for identity in ("CS1", "CS2"):
            await csms.add_station(identity)
        new = {"type": "version_change", "select": {"ocpp_version": "2.0.1"}, "params": {"version": "2.1"}}

        async def begun(**params: Any) -> str:
            made = await csms.post("campaigns", {**new, "params": new["params"] | params, "attempts": 1})
            return f"campaigns/{made['id']}"

        async def stations(path: str) -> dict[str, tuple[str, str]]:
            rows = (await csms.get(f"{path}/stations"))["data"]
            return {one["station_id"]: (one["state"], str(one["reason"])) for one in rows}

        both = ("2.0.1", "2.1")
        async with csms.station("CS1", *both) as first, csms.station("CS2", "2.0.1") as second:
            assert first.socket.subprotocol == "ocpp2.0.1", "what it would rather speak"
            dry = await begun(dry_run=True)
            await csms.until(lambda: csms.get(dry), lambda one: one["state"] == "done")
            assert all(one[0] == "done" and "none is lost" in one[1] for one in (await stations(dry)).values())
            path = await begun(when="immediately")
            for station in (first, second):
                call = await station.next_call()
                assert call[2:] == ["Reset", {"type": "Immediate"}]
                await station.answer(call, {"status": "Accepted"})
        async with csms.station("CS1", *both) as first, csms.station("CS2", "2.0.1"):
            assert first.socket.subprotocol == "ocpp2.1"
            found = await csms.until(lambda: stations(path), lambda rows: rows["CS1"][0] == "done")
            assert found["CS2"][0] == "running", "it has ten minutes to come with the new version"
        assert (await csms.get("stations/CS1"))["capabilities"] == {"ocpp_versions": ["2.1"]}
        assert len((await csms.get("stations/CS1/version-changes"))["data"]) == 1
