"""Quirks of vendors at a whole server: repaired, adapted, refused, counted and shown."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import websockets
from msgspec.structs import replace

from ohmstead.simulator import Station as Simulated
from ohmstead.simulator.persona import load
from tests.acceptance.serving import PASSWORD, Csms, Refused, serving

pytestmark = pytest.mark.anyio


def boot(vendor: str, model: str, firmware: str = "1.0") -> dict[str, Any]:
    return {"chargePointVendor": vendor, "chargePointModel": model, "firmwareVersion": firmware}


def values(samples: str, head: str = "") -> str:
    meter = f'[{{"timestamp":"2025-03-01T10:00:00Z","sampledValue":{samples}}}]'
    return f'[2,"mv","MeterValues",{{"connectorId":1,{head}"meterValue":{meter}}}]'


async def found(csms: Csms, station: str) -> dict[str, int]:
    await csms.server.hub.node.lazy.flush()  # type: ignore[union-attr]
    return {one["code"]: one["count"] for one in await csms.all("findings", station_id=station)}


async def test_a_token_loses_what_the_station_adds(csms: Csms, known: str) -> None:
    await csms.add_token("04KEBA")
    async with csms.station(known, "1.6", boot=False) as station:
        await station.call("BootNotification", boot("Keba AG", "KC-P30-EC2404B2", "1.12"))
        for _ in range(2):
            told = await station.call("Authorize", {"idTag": "04KEBA_18471234"})
            assert told["idTagInfo"]["status"] == "Accepted"
    assert await found(csms, known) == {"repaired_token_without_suffix": 2}


async def test_the_same_token_of_another_vendor_is_not_touched(csms: Csms, known: str) -> None:
    await csms.add_token("04OTHER")
    async with csms.station(known, "1.6", boot=False) as station:
        await station.call("BootNotification", boot("Other", "KC-P30", "1.12"))
        told = await station.call("Authorize", {"idTag": "04OTHER_18471234"})
        assert told["idTagInfo"]["status"] == "Invalid"
    assert await found(csms, known) == {}


async def test_a_kind_is_known_before_the_next_boot(csms: Csms, known: str) -> None:
    async with csms.station(known, "1.6", boot=False) as station:
        await station.call("BootNotification", boot("Schneider Electric", "EVlink"))
    totals = '[{"value":"48","measurand":"Current.Import"}'
    totals += "".join(f',{{"value":"10","measurand":"Current.Import","phase":"L{n}"}}' for n in (1, 2, 3)) + "]"
    async with csms.station(known, "1.6", boot=False) as station:
        assert json.loads(await station.raw(values(totals)))[0] == 3
    assert await found(csms, known) == {"repaired_total_current": 1}


async def test_text_that_is_no_json_is_repaired_for_everybody_in_lenient_mode(csms: Csms, known: str) -> None:
    async with csms.station(known, "1.6") as station:
        answer = json.loads(await station.raw_as(values('[,{"value":1.5}]', '"transactionId":,'), "mv"))
        assert answer == [3, "mv", {}]
    codes = await found(csms, known)
    assert codes == {"repaired_missing_values": 1, "repaired_stray_commas": 1, "repaired_numbers_as_text": 1}
    shown = await csms.get("messages", station_id=known, action="MeterValues")
    assert shown["data"][0]["payload"]["meterValue"][0]["sampledValue"] == [{"value": "1.5"}]


async def test_a_strict_station_is_refused_what_nobody_can_read(csms: Csms, known: str) -> None:
    await csms.patch(f"stations/{known}", {"strictness": "strict"})
    async with csms.station(known, "1.6") as station:
        with pytest.raises(Refused):
            await station.call("MeterValues", json.loads(values('[{"value":1.5}]'))[3])
    assert await found(csms, known) == {}


async def test_a_message_that_says_nothing_is_answered_and_left(csms: Csms, known: str) -> None:
    async with csms.station(known, "1.6") as station:
        assert json.loads(await station.raw(values("[]"))) == [3, "mv", {}]
    assert await found(csms, known) == {"repaired_without_empty_samples": 1}


async def test_a_send_that_says_nothing_is_not_answered(csms: Csms, known: str) -> None:
    async with csms.station(known, "2.1") as station:
        empty = [{"timestamp": "2025-03-01T10:00:00Z", "sampledValue": []}]
        await station.socket.send(json.dumps([6, "mv", "MeterValues", {"evseId": 1, "meterValue": empty}]))
        await station.socket.send(json.dumps([2, "beat", "Heartbeat", {}]))
        assert json.loads(await station.socket.recv())[1] == "beat"
    assert await found(csms, known) == {"repaired_without_empty_samples": 1}


async def test_a_forbidden_call_is_not_made_unless_an_operator_says_so(csms: Csms, known: str) -> None:
    raw = {"ocpp": {"action": "GetConfiguration", "payload": {"key": ["MeterValuesSampledData"]}}}
    async with csms.station(known, "1.6", boot=False) as station:
        await station.call("BootNotification", boot("ABB", "Terra AC W22-T", "1.8.21"))
        asked = await csms.command(known, raw)
        ended = await csms.command_in(asked["id"], "error")
        assert "forbidden_commands (abb-terra-ac-measurands" in ended["reason"]
        assert ended["calls"] == []
        await csms.patch(f"stations/{known}", {"capabilities": {"forbidden_commands": []}})
        asked = await csms.command(known, raw)
        call = await station.next_call()
        assert call[2] == "GetConfiguration"
        quoted = [{"key": "MeterValuesSampledData", "readonly": False, "value": '"Voltage"'}]
        await station.answer(call, {"configurationKey": quoted})
        await csms.command_in(asked["id"], "accepted", "confirmed")
    assert await found(csms, known) == {"repaired_unquoted_values": 1}


async def test_a_call_is_made_as_the_station_takes_it(csms: Csms, known: str) -> None:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 12.5}]}
    profile = {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": schedule,
    }  # fmt: skip
    payload = {"connectorId": 1, "csChargingProfiles": profile}
    raw = {"ocpp": {"action": "SetChargingProfile", "payload": payload}}
    async with csms.station(known, "1.6", boot=False) as station:
        await station.call("BootNotification", boot("NEcharge", "Pro"))
        await csms.command(known, raw)
        call = await station.next_call()
        assert call[3]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 10
        await station.answer(call, {"status": "Accepted"})
        await csms.patch(f"stations/{known}", {"capabilities": {"adapt_calls": False}})
        await csms.command(known, raw)
        call = await station.next_call()
        assert call[3] == payload
        await station.answer(call, {"status": "Accepted"})
    assert await found(csms, known) == {"adapted_current_steps_a": 1}


async def test_what_is_learnt_is_what_was_sent(csms: Csms, known: str) -> None:
    await csms.patch(f"stations/{known}", {"capabilities": {"measurands": ["Voltage", "SoC"]}})
    payload = {"key": "MeterValuesSampledData", "value": "Power.Offered,SoC"}
    held = {"key": "MeterValuesSampledData", "readonly": False, "value": "Voltage"}
    async with csms.station(known, "1.6") as station:
        asked = await csms.command(known, {"ocpp": {"action": "GetConfiguration", "payload": {}}})
        await station.answer(await station.next_call(), {"configurationKey": [held]})
        await csms.command_in(asked["id"], "accepted", "confirmed")
        asked = await csms.command(known, {"ocpp": {"action": "ChangeConfiguration", "payload": payload}})
        call = await station.next_call()
        assert call[3]["value"] == "SoC"
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
    model = await csms.get(f"stations/{known}/device-model")
    told = [
        attribute["value"]
        for part in model["components"]
        for one in part["variables"]
        for attribute in one["attributes"]
    ]
    assert told == ["SoC"]


async def test_the_version_that_a_kind_does_better_in(csms: Csms, known: str) -> None:
    async def spoken() -> str | None:
        headers = {"Authorization": "Basic " + base64.b64encode(f"{known}:{PASSWORD}".encode()).decode()}
        offers = [websockets.Subprotocol(name) for name in ("ocpp2.0.1", "ocpp1.6")]
        async with websockets.connect(f"{csms.url}/{known}", subprotocols=offers, additional_headers=headers) as socket:
            if socket.subprotocol == "ocpp2.0.1":
                about = {"vendorName": "FoxESS", "model": "A022KP1-E", "firmwareVersion": "1.10"}
                told = {"reason": "PowerUp", "chargingStation": about}
                await socket.send(json.dumps([2, "1", "BootNotification", told]))
                await socket.recv()
            return socket.subprotocol

    assert await spoken() == "ocpp2.0.1"  # nothing is known of it yet
    assert await spoken() == "ocpp1.6"


async def test_an_own_file_of_the_operator(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("""[[quirk]]
name = "acme-suffix"
title = "t"
why = "w"
evidence = ["https://example.org"]
match = { vendor = ["Acme"] }
answered_by = "repair"
repairs = [{ fix = "token_without_suffix", value = "#" }]
[[quirk.sample]]
frame = '[2,"1","Authorize",{"idTag":"a#b"}]'
becomes = '{"idTag":"a"}'
""")
    async with serving(tmp_path, vendor_files=(str(file),)) as csms:
        await csms.add_station()
        await csms.add_token("04AB")
        async with csms.station("CS1", "1.6", boot=False) as station:
            await station.call("BootNotification", boot("Acme", "One"))
            assert (await station.call("Authorize", {"idTag": "04AB#9"}))["idTagInfo"]["status"] == "Accepted"


@pytest.mark.parametrize(
    ("persona", "vendor", "model", "code"),
    [
        ("token-with-serial", "KEBA", "P30", "repaired_token_without_suffix"),
        ("leading-comma", "Beny", "BCP-A2N", "repaired_stray_commas"),
        ("meter-value-object", "Huawei", "FusionCharge", "repaired_meter_value_list"),
        ("empty-vendor", "", "SCharger-22KT", "repaired_vendor_name"),
    ],
)
async def test_a_station_of_the_vendor_lives_with_us(
    csms: Csms, known: str, persona: str, vendor: str, model: str, code: str
) -> None:
    one = load(persona)
    one = replace(one, boot=replace(one.boot, vendor=vendor, model=model))
    await csms.add_token(f"T{known}")
    async with Simulated(known, url=csms.url, version="1.6", persona=one, password=PASSWORD, speed=None) as station:
        assert await station.boot() == "Accepted"
        await station.plug(1)
        token = f"T{known}_1847" if persona == "token-with-serial" else f"T{known}"
        assert await station.swipe(token) == "Accepted"
        await station.wait(130)
    assert (await found(csms, known))[code] >= 1


async def test_a_number_beyond_all_numbers_costs_its_own_call_only(csms: Csms, known: str) -> None:
    async with csms.station(known, "1.6") as station:
        assert json.loads(await station.raw(values('[{"value":1e99999999999999999999}]')))[0] == 4
        await station.call("Heartbeat", {})
