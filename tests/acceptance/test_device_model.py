"""The device model through the whole server: reported, read, written, compared, in three versions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Csms, Station, serving

pytestmark = pytest.mark.anyio

Words = dict[str, Any]


def reported(component: str, variable: str, value: str | None = None, **more: Any) -> Words:
    """An entry of a NotifyReport; `evse`, `connector`, `instance`, `variable_instance`, `mutability`, `told`."""
    where: Words = {"name": component}
    if "instance" in more:
        where["instance"] = more["instance"]
    if "evse" in more:
        where["evse"] = {"id": more["evse"]} | ({"connectorId": more["connector"]} if "connector" in more else {})
    named = {"name": variable} | ({"instance": more["variable_instance"]} if "variable_instance" in more else {})
    attribute = {"mutability": more.get("mutability", "ReadWrite")} | ({} if value is None else {"value": value})
    entry: Words = {"component": where, "variable": named, "variableAttribute": more.get("attributes", [attribute])}
    if "told" in more:
        entry["variableCharacteristics"] = {"supportsMonitoring": False, **more["told"]}
    return entry


LIMIT = {"dataType": "decimal", "unit": "A", "minLimit": 6, "maxLimit": 32}
INVENTORY = [
    reported("OCPPCommCtrlr", "HeartbeatInterval", "300", told={"dataType": "integer", "unit": "s"}),
    reported("SampledDataCtrlr", "TxUpdatedInterval", "60", told={"dataType": "integer", "unit": "s"}),
    reported("DeviceDataCtrlr", "ItemsPerMessage", "4", variable_instance="GetVariables", mutability="ReadOnly"),
    reported("DeviceDataCtrlr", "ItemsPerMessage", "5", variable_instance="SetVariables", mutability="ReadOnly"),
    reported("SecurityCtrlr", "BasicAuthPassword", mutability="WriteOnly", told={"dataType": "string"}),
    reported("EVSE", "Available", "true", evse=1, mutability="ReadOnly", told={"dataType": "boolean"}),
    reported("EVSE", "Available", "true", evse=2, mutability="ReadOnly", told={"dataType": "boolean"}),
    reported("AcmeCtrlr", "Colour", "red", told={"dataType": "OptionList", "valuesList": "red, green,blue"}),
]


@pytest.fixture
async def station(csms: Csms, known: str) -> AsyncIterator[Station]:
    async with csms.station(known) as one:
        yield one


async def report(station: Station, call: Any, *parts: tuple[int, bool, list[Words]]) -> None:
    """Accept a request for a report and send it."""
    await station.answer(call, {"status": "Accepted"})
    for seq_no, more, data in parts:
        said = {"requestId": call[3]["requestId"], "seqNo": seq_no, "tbc": more, "generatedAt": "2025-03-01T10:00:00Z"}
        assert await station.call("NotifyReport", said | ({"reportData": data} if data else {})) == {}


async def refreshed(csms: Csms, known: str, station: Station, *parts: tuple[int, bool, list[Words]]) -> Words:
    """The command that asked for a full report, when the parts have come."""
    asked = (await csms.post(f"stations/{known}/device-model/refresh", None))["id"]
    call = await station.next_call()
    assert call[2:] == ["GetBaseReport", {"requestId": call[3]["requestId"], "reportBase": "FullInventory"}]
    await report(station, call, *parts)
    shown: Words = await csms.get(f"commands/{asked}")
    return shown


async def answering(csms: Csms, station: Station, request: Any, answers: list[Callable[[Words], Any]]) -> Any:
    """Make a request of the API while the station answers the calls that follow from it."""
    task = asyncio.create_task(request)
    for answer in answers:
        call = await asyncio.wait_for(station.next_call(), 10)
        await station.answer(call, answer(call[3]))
    return (await task).json()


def set_to(*statuses: str) -> Callable[[Words], Any]:
    """An answer to SetVariables, in another order than what was asked."""

    def answer(asked: Words) -> Any:
        said = [
            {name: one[name] for name in ("component", "variable")} | {"attributeStatus": status}
            for one, status in zip(asked["setVariableData"], statuses, strict=True)
        ]
        return {"setVariableResult": said[::-1]}

    return answer


def value_of(model: Words, component: str, variable: str, **place: Any) -> Any:
    for one in model["components"]:
        if one["name"] == component and all(one[name] == value for name, value in place.items()):
            for own in one["variables"]:
                if own["name"] == variable:
                    return own["attributes"][0]["value"]
    raise AssertionError(f"no {component}.{variable}")


async def test_three_views_of_a_station(csms: Csms, known: str, station: Station) -> None:
    done = await refreshed(csms, known, station, (0, False, INVENTORY))
    assert done["state"] == "confirmed"
    answer = await csms.api.get(f"stations/{known}/device-model")
    raw = answer.json()
    assert raw["report"]["complete"]
    assert value_of(raw, "OCPPCommCtrlr", "HeartbeatInterval") == "300"
    password = next(one for one in raw["components"] if one["name"] == "SecurityCtrlr")["variables"][0]
    assert (password["attributes"][0]["value"], password["attributes"][0]["mutability"]) == (None, "WriteOnly")
    assert answer.headers["ETag"] != '"0"'

    tree = await csms.get(f"stations/{known}/device-model", view="tree")
    assert [one["id"] for one in tree["evses"]] == [1, 2]
    assert {one["name"] for one in tree["components"]} >= {"AcmeCtrlr", "OCPPCommCtrlr"}

    words = await csms.get(f"stations/{known}/device-model", view="vocabulary")
    found = {(one["name"], one["evse_id"]): one for one in words["values"]}
    assert found["connection.heartbeat_interval", None]["value"] == 300
    assert found["connection.heartbeat_interval", None]["unit"] == "s"
    assert found["evse.available", 2]["value"] is True
    assert [(one["component"], one["variable"]) for one in words["unmapped"]] == [("AcmeCtrlr", "Colour")]


@pytest.mark.parametrize(
    ("version", "action"), [("1.6", "GetConfiguration"), ("2.0.1", "GetBaseReport"), ("2.1", "GetBaseReport")]
)
async def test_b08_a_station_is_asked_for_everything_after_its_first_accept(
    tmp_path: Path, version: str, action: str
) -> None:
    """B07.FR.14, and never again when it was told."""
    async with serving(tmp_path, unasked_calls=("base_report",)) as csms:
        await csms.add_station("CS1")
        async with csms.station("CS1", version) as station:
            call = await station.next_call()
            assert call[2] == action
            if version == "1.6":
                key = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
                await station.answer(call, {"configurationKey": [key]})
            else:
                await report(station, call, (0, False, INVENTORY))
            await csms.until(
                lambda: csms.get("stations/CS1/device-model"), lambda model: bool(model["report"]["complete"])
            )
        async with csms.station("CS1", version) as station:
            await station.call("Heartbeat", {})
            assert station.asked.empty()
        assert value_of(await csms.get("stations/CS1/device-model"), "OCPPCommCtrlr", "HeartbeatInterval") == "300"


async def test_d04_parts_in_another_order(csms: Csms, known: str, station: Station) -> None:
    parts = [(n, n < 4, [reported("C", f"V{n}", str(n))]) for n in range(5)]
    asked = (await csms.post(f"stations/{known}/device-model/refresh", None))["id"]
    call = await station.next_call()
    await report(station, call, *(parts[n] for n in (0, 2, 1, 4)))
    assert (await csms.get(f"commands/{asked}"))["state"] == "accepted"
    model = await csms.get(f"stations/{known}/device-model")
    assert (model["components"], model["report"]["complete"]) == ([], False)
    said = {"requestId": call[3]["requestId"], "seqNo": 3, "tbc": True, "generatedAt": "2025-03-01T10:00:00Z"}
    assert await station.call("NotifyReport", said | {"reportData": parts[3][2]}) == {}
    assert (await csms.get(f"commands/{asked}"))["state"] == "confirmed"
    model = await csms.get(f"stations/{known}/device-model")
    assert model["report"]["complete"]
    assert [one["name"] for one in model["components"][0]["variables"]] == ["V0", "V1", "V2", "V3", "V4"]


async def test_d07_six_places_of_one_name(csms: Csms, known: str, station: Station) -> None:
    said = [
        reported("Thing", "Value", str(n), **place)
        for n, place in enumerate((
            {}, {"evse": 1}, {"evse": 1, "connector": 1}, {"instance": "A"}, {"instance": "B"},
            {"instance": "A", "evse": 1},
        ))
    ]  # fmt: skip
    await refreshed(csms, known, station, (0, False, said))
    model = await csms.get(f"stations/{known}/device-model")
    places = [(one["instance"], one["evse_id"], one["connector_id"]) for one in model["components"]]
    assert len(places) == len(set(places)) == 6
    assert sorted(one["variables"][0]["attributes"][0]["value"] for one in model["components"]) == list("012345")


async def test_d08_d09_every_attribute_and_long_values(csms: Csms, known: str, station: Station) -> None:
    attributes = [
        {"type": "Actual", "value": "x" * 2500},
        {"type": "Target"},
        {"type": "MinSet", "value": "1"},
        {"type": "MaxSet", "value": "9"},
    ]
    options = ",".join(f"option{n:03}" for n in range(99))
    said = [reported("C", "V", attributes=attributes, told={"dataType": "OptionList", "valuesList": options})]
    await refreshed(csms, known, station, (0, False, said))
    shown = (await csms.get(f"stations/{known}/device-model"))["components"][0]["variables"][0]
    values = {one["type"]: one["value"] for one in shown["attributes"]}
    assert values == {"Actual": "x" * 2500, "Target": None, "MinSet": "1", "MaxSet": "9"}
    assert shown["characteristics"]["values_list"] == options.split(",")


async def test_d01_five_variables_in_two_requests(csms: Csms, known: str, station: Station) -> None:
    await refreshed(csms, known, station, (0, False, INVENTORY))
    names = [{"component": "C", "variable": f"V{n}"} for n in range(5)]
    asked = await csms.command(known, {"type": "get_variables", "variables": names})
    sizes = []
    for _ in range(2):
        call = await station.next_call()
        sizes.append(len(call[3]["getVariableData"]))
        said = [
            {name: one[name] for name in ("component", "variable")}
            | {"attributeStatus": "Accepted", "attributeValue": "1"}
            for one in call[3]["getVariableData"]
        ]
        await station.answer(call, {"getVariableResult": said})
    done = await csms.command_in(asked["id"], "accepted")
    assert sizes == [4, 1]
    assert [one["value"] for one in done["results"]] == ["1"] * 5


# ---------------------------------------------------------------------- changes


async def test_d10_each_status_on_its_own_variable(csms: Csms, known: str, station: Station) -> None:
    await refreshed(csms, known, station, (0, False, INVENTORY))
    body = {"variables": [
        {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"},
        {"component": "SampledDataCtrlr", "variable": "TxUpdatedInterval", "value": "30"},
        {"component": "AcmeCtrlr", "variable": "Colour", "value": "blue"},
    ]}  # fmt: skip
    request = csms.api.patch(f"stations/{known}/device-model", json=body)
    done = await answering(csms, station, request, [set_to("Accepted", "RebootRequired", "Rejected")])
    assert [one["status"] for one in done["results"]] == ["accepted", "reboot_required", "rejected"]
    assert [one["variable"] for one in done["results"]] == ["HeartbeatInterval", "TxUpdatedInterval", "Colour"]
    model = await csms.get(f"stations/{known}/device-model")
    assert value_of(model, "OCPPCommCtrlr", "HeartbeatInterval") == "60"
    assert value_of(model, "SampledDataCtrlr", "TxUpdatedInterval") == "60"
    assert value_of(model, "AcmeCtrlr", "Colour") == "red"
    waiting = next(one for one in model["components"] if one["name"] == "SampledDataCtrlr")["variables"][0]
    assert waiting["attributes"][0]["pending"]["value"] == "30"
    was = await csms.get(
        f"stations/{known}/device-model/history", component="OCPPCommCtrlr", variable="HeartbeatInterval"
    )
    assert [(one["value"], one["source"], one["until"] is None) for one in was["data"]] == [
        ("60", "set", True), ("300", "report", False)
    ]  # fmt: skip
    before = await csms.get(f"stations/{known}/device-model/diff", against=was["data"][1]["since"])
    assert [
        (one["variable"], one["left"], one["right"]) for one in before["differences"] if one["kind"] == "value"
    ] == [("HeartbeatInterval", "60", "300")]


async def test_words_are_checked_and_written(csms: Csms, known: str, station: Station) -> None:
    await refreshed(csms, known, station, (0, False, INVENTORY))
    body = {"values": [
        {"name": "meter.sample_interval", "value": 30},
        {"name": "connection.heartbeat_interval", "value": "soon"},
        {"name": "evse.available", "value": False, "evse_id": 1},
        {"name": "no.such.word", "value": 1},
    ]}  # fmt: skip
    request = csms.api.patch(f"stations/{known}/device-model", json=body)
    done = (await answering(csms, station, request, [set_to("Accepted")]))["results"]
    assert [(one["name"], one["status"]) for one in done] == [
        ("meter.sample_interval", "accepted"), ("connection.heartbeat_interval", "not_sent"),
        ("evse.available", "not_sent"), ("no.such.word", "not_sent"),
    ]  # fmt: skip
    assert all(one["reason"] for one in done[1:])
    words = await csms.get(f"stations/{known}/device-model", view="vocabulary")
    assert {one["name"]: one["value"] for one in words["values"]}["meter.sample_interval"] == 30


async def test_a_set_of_ten_of_which_the_connection_takes_five(csms: Csms, known: str, station: Station) -> None:
    """Two are rejected, one needs a reboot, two are taken; the second request is never answered."""
    more = [reported("C", f"V{n}", "0", told={"dataType": "integer"}) for n in range(10)]
    await refreshed(csms, known, station, (0, False, [*INVENTORY, *more]))
    asked = [{"component": "C", "variable": f"V{n}", "value": "1"} for n in range(10)]
    task = asyncio.create_task(csms.api.patch(f"stations/{known}/device-model", json={"variables": asked}))
    call = await station.next_call()
    await station.answer(call, set_to("Accepted", "Rejected", "RebootRequired", "Rejected", "Accepted")(call[3]))
    call = await station.next_call()
    assert len(call[3]["setVariableData"]) == 5
    await station.socket.close()
    done = (await task).json()["results"]
    assert [one["status"] for one in done] == [
        "accepted", "rejected", "reboot_required", "rejected", "accepted", *["unknown"] * 5
    ]  # fmt: skip
    model = await csms.get(f"stations/{known}/device-model")
    assert [value_of(model, "C", f"V{n}") for n in range(10)] == ["1", "0", "0", "0", "1", *["0"] * 5]
    async with csms.station(known) as again:  # the rest can go on
        request = csms.api.patch(f"stations/{known}/device-model", json={"variables": asked[5:]})
        done = (await answering(csms, again, request, [set_to(*["Accepted"] * 5)]))["results"]
    assert {one["status"] for one in done} == {"accepted"}


async def test_nothing_is_sent_to_a_station_that_is_away(csms: Csms, known: str) -> None:
    async with csms.station(known):
        pass
    await csms.until(lambda: csms.get(f"stations/{known}"), lambda one: not one["online"])
    body = {"values": [{"name": "connection.heartbeat_interval", "value": 60}]}
    done = (await csms.patch(f"stations/{known}/device-model", body))["results"]
    assert [(one["status"], one["reason"]) for one in done] == [("not_sent", "the station is offline")]
    assert (await csms.get("commands", station_id=known))["data"] == []


async def test_what_is_asked_of_a_busy_station_is_taken_back(csms: Csms, known: str, station: Station) -> None:
    await csms.command(known, {"ocpp": {"action": "ClearCache", "payload": {}}})
    await station.next_call()  # and never answered
    body = {"variables": [{"component": "C", "variable": "V", "value": "1"}]}
    done = (await csms.api.patch(f"stations/{known}/device-model", json=body, params={"wait": 1})).json()["results"]
    assert done[0]["status"] == "not_sent"
    [asked] = (await csms.get("commands", station_id=known, type="set_variables"))["data"]
    assert (asked["state"] in ("cancelled", "expired"), asked["calls"]) == (True, [])


async def test_a_secret_is_not_written_here(csms: Csms, known: str, station: Station) -> None:
    body = {"variables": [{"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "p" * 20}]}
    done = (await csms.patch(f"stations/{known}/device-model", body))["results"]
    assert (done[0]["status"], done[0]["value"]) == ("not_sent", None)


async def test_who_edits_what_another_has_changed_is_told(csms: Csms, known: str, station: Station) -> None:
    first = (await csms.api.get(f"stations/{known}/device-model")).headers["ETag"]
    await refreshed(csms, known, station, (0, False, INVENTORY))
    body = {"values": [{"name": "connection.heartbeat_interval", "value": 60}]}
    path = f"stations/{known}/device-model"
    assert (await csms.api.patch(path, json=body, headers={"If-Match": first})).status_code == 412


# ---------------------------------------------------------------------- 1.6, and others


async def test_a_station_of_1_6_in_the_same_words(csms: Csms, known: str) -> None:
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "AcmeColour", "readonly": False, "value": "red"},
    ]
    async with csms.station(known, "1.6") as station:
        asked = (await csms.post(f"stations/{known}/device-model/refresh", None))["id"]
        call = await station.next_call()
        assert call[2:] == ["GetConfiguration", {}]
        await station.answer(call, {"configurationKey": keys})
        await csms.command_in(asked, "accepted")
        words = await csms.get(f"stations/{known}/device-model", view="vocabulary")
        found = {one["name"]: one for one in words["values"]}
        assert found["connection.heartbeat_interval"]["value"] == 300
        assert found["connection.heartbeat_interval"]["writable"]
        assert [one["variable"] for one in words["unmapped"]] == ["AcmeColour"]
        body = {
            "values": [{"name": "connection.heartbeat_interval", "value": 60}, {"name": "AcmeColour", "value": "x"}]
        }
        request = csms.api.patch(f"stations/{known}/device-model", json=body)
        done = (await answering(csms, station, request, [lambda asked: {"status": "Accepted"}]))["results"]
        assert [one["status"] for one in done] == ["accepted", "not_sent"]
        body = {"variables": [{"variable": "AcmeColour", "value": "blue"}]}
        request = csms.api.patch(f"stations/{known}/device-model", json=body)
        done = (await answering(csms, station, request, [lambda asked: {"status": "RebootRequired"}]))["results"]
        assert [(one["variable"], one["status"]) for one in done] == [("AcmeColour", "reboot_required")]
        raw = await csms.get(f"stations/{known}/device-model")
        assert value_of(raw, "OCPPCommCtrlr", "HeartbeatInterval") == "60"


async def test_two_stations_side_by_side(csms: Csms, known: str, station: Station) -> None:
    await refreshed(csms, known, station, (0, False, INVENTORY))
    other = f"{known}-other"
    await csms.add_station(other)
    changed = [reported("OCPPCommCtrlr", "HeartbeatInterval", "900"), *INVENTORY[1:-1]]
    async with csms.station(other) as second:
        await refreshed(csms, other, second, (0, False, changed))
    diff = await csms.get(f"stations/{known}/device-model/diff", against=other)
    found = {(one["variable"], one["kind"]): (one.get("left"), one.get("right")) for one in diff["differences"]}
    assert found == {("HeartbeatInterval", "value"): ("300", "900"), ("Colour", "missing"): ("red", None)}
    wrong = await csms.api.get(f"stations/{known}/device-model/diff", params={"against": "nobody"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/against")


async def test_stations_are_found_by_what_they_are_set_to(csms: Csms, known: str, station: Station) -> None:
    low = reported("EVSE", "Power", "5000", evse=1, told={"dataType": "decimal", "unit": "W"})
    await refreshed(csms, known, station, (0, False, [reported("OCPPCommCtrlr", "HeartbeatInterval", "7"), low]))
    wanted = {"q": known, "value": ["connection.heartbeat_interval<8", "connection.heartbeat_interval>=7"]}
    await csms.until(lambda: csms.get("stations", **wanted), lambda page: len(page["data"]) == 1)
    assert (await csms.get("stations", q=known, value="connection.heartbeat_interval>7"))["data"] == []
    for wrong in ("connection.heartbeat_interval", "evse.curent.max<16", "evse.current.max<x"):
        answer = await csms.api.get("stations", params={"value": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/value")


async def test_what_the_standard_does_not_have(csms: Csms, known: str, station: Station) -> None:
    wrong = reported("ClockCtrlr", "DateTime", "x", told={"dataType": "string"})
    await refreshed(csms, known, station, (0, False, [*INVENTORY, wrong]))
    diff = await csms.get(f"stations/{known}/device-model/diff", against="standard")
    found = {(one["component"], one["variable"], one["kind"]) for one in diff["differences"]}
    assert ("AcmeCtrlr", "Colour", "missing") in found
    assert ("ClockCtrlr", "DateTime", "characteristics") in found
    assert ("ClockCtrlr", "TimeSource", "added") in found
    assert not any(one[0] == "SmartChargingCtrlr" for one in found)
    counted = await csms.until(
        lambda: csms.get("device-models/custom-components", vendor="V", model="M"), lambda page: bool(page["data"])
    )
    [acme] = [one for one in counted["data"] if one["component"] == "AcmeCtrlr"]
    assert (acme["variable"], acme["stations"] >= 1) == (None, True)


async def test_d02_d03_requests_within_the_limits_and_a_variable_twice(
    csms: Csms, known: str, station: Station
) -> None:
    most = [
        reported("DeviceDataCtrlr", name, value, variable_instance="SetVariables", mutability="ReadOnly")
        for name, value in (("ItemsPerMessage", "2"), ("BytesPerMessage", "600"))
    ]
    await refreshed(csms, known, station, (0, False, most))
    asked = [{"component": "C", "variable": f"V{n}", "value": "x" * 200} for n in range(4)]
    asked.append({"component": "c", "variable": "v3", "value": "y", "attribute": "Actual"})
    task = asyncio.create_task(csms.api.patch(f"stations/{known}/device-model", json={"variables": asked}))
    seen = 0
    while seen < 5:
        call = await station.next_call()
        items = call[3]["setVariableData"]
        assert len(items) <= 2
        assert len(json.dumps(call[3], separators=(",", ":"))) <= 600
        names = [(one["component"]["name"].lower(), one["variable"]["name"].lower()) for one in items]
        assert len(set(names)) == len(names)
        await station.answer(call, set_to(*["Accepted"] * len(items))(call[3]))
        seen += len(items)
    assert [one["status"] for one in (await task).json()["results"]] == ["accepted"] * 5


async def test_d06_two_reports_at_once(csms: Csms, known: str, station: Station) -> None:
    first: list[Any] = []
    second: list[Any] = []
    for found in (first, second):
        body = {"type": "get_report", "variables": [{"component": "C"}]}
        found.append((await csms.command(known, body))["id"])
        call = await station.next_call()
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(found[0], "accepted")
        found.append(call[3]["requestId"])
    said = {"generatedAt": "2025-03-01T10:00:00Z"}
    for number, seq_no, more, variable in (
        (first[1], 0, True, "A"), (second[1], 0, True, "B"), (first[1], 1, False, "C"), (second[1], 1, False, "D"),
    ):  # fmt: skip
        part = {"requestId": number, "seqNo": seq_no, "tbc": more, "reportData": [reported("C", variable, "1")]}
        assert await station.call("NotifyReport", said | part) == {}
        if variable == "C":
            assert (await csms.get(f"commands/{first[0]}"))["state"] == "confirmed"
            assert (await csms.get(f"commands/{second[0]}"))["state"] == "accepted"
    assert (await csms.get(f"commands/{second[0]}"))["state"] == "confirmed"
    model = await csms.get(f"stations/{known}/device-model")
    assert [one["name"] for one in model["components"][0]["variables"]] == ["A", "B", "C", "D"]


async def test_d11_a_value_that_cannot_be_read(csms: Csms, known: str, station: Station) -> None:
    name = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword"}
    asked = await csms.command(known, {"type": "get_variables", "variables": [name]})
    call = await station.next_call()
    said = {key: call[3]["getVariableData"][0][key] for key in ("component", "variable")}
    await station.answer(call, {"getVariableResult": [said | {"attributeStatus": "Rejected"}]})
    done = await csms.command_in(asked["id"], "rejected")
    assert [(one["variable"], one["status"], one["value"]) for one in done["results"]] == [
        ("BasicAuthPassword", "rejected", None)
    ]


@pytest.mark.parametrize(("status", "state"), [("EmptyResultSet", "accepted"), ("NotSupported", "rejected")])
async def test_d12_a_report_of_nothing(csms: Csms, known: str, station: Station, status: str, state: str) -> None:
    asked = await csms.command(known, {"type": "get_report", "criteria": ["problem"]})
    call = await station.next_call()
    await station.answer(call, {"status": status})
    done = await csms.command_in(asked["id"], state)
    assert done["reason"] == status
