"""2. Bad input (X01-X23): every case ends with a message that is handled as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.acceptance.serving import PATIENCE, Csms, Refused, Station, event

pytestmark = pytest.mark.anyio

CODES_2 = {
    "FormatViolation", "GenericError", "InternalError", "MessageTypeNotSupported", "NotImplemented", "NotSupported",
    "OccurrenceConstraintViolation", "PropertyConstraintViolation", "ProtocolError", "RpcFrameworkError",
    "SecurityError", "TypeConstraintViolation",
}  # fmt: skip
CODES_16 = {
    "NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "FormationViolation",
    "PropertyConstraintViolation", "OccurenceConstraintViolation", "TypeConstraintViolation", "GenericError",
}  # fmt: skip
VERSIONS = ["1.6", "2.0.1", "2.1"]


@pytest.fixture
async def station(csms: Csms, known: str) -> AsyncIterator[Station]:
    """A booted station of 2.0.1."""
    async with csms.station(known) as one:
        yield one


async def said(station: Station, frame: str) -> list[Any]:
    """Send whatever text this is; what comes back before the answer to the valid call that follows it, which must come:
    the socket is still there and the station is served."""
    await station.socket.send(frame)
    await station.socket.send('[2,"next","Heartbeat",{}]')
    answers: list[Any] = []
    while not answers or answers[-1][:2] != [3, "next"]:
        text = str(await asyncio.wait_for(station.socket.recv(), PATIENCE))
        answers.append(json.loads(text))
    for answer in answers[:-1]:
        if answer[0] == 4:  # X21
            assert len(answer) == 5
            assert len(answer[3]) <= 255
            assert isinstance(answer[4], dict)
            assert answer[2] in (CODES_16 if station.socket.subprotocol == "ocpp1.6" else CODES_2)
    return answers[:-1]


async def error_of(station: Station, frame: str) -> list[Any]:
    """The one CALLERROR that answers `frame`."""
    answers = await said(station, frame)
    assert len(answers) == 1, answers
    assert answers[0][0] == 4
    error: list[Any] = answers[0]
    return error


async def code(station: Station, action: str, payload: Any) -> str:
    """The code of the CALLERROR to a call."""
    error = await error_of(station, json.dumps([2, "bad", action, payload]))
    assert error[1] == "bad"
    word: str = error[2]
    return word


async def findings(csms: Csms, identity: str) -> set[str]:
    """Codes of what was odd about a station's messages."""
    seen = await csms.until(lambda: csms.get("findings", station_id=identity), lambda page: page["data"])
    return {finding["code"] for finding in seen["data"]}


async def test_X01_broken_json(csms: Csms, known: str, station: Station) -> None:
    error = await error_of(station, '[2,"1","BootNotif')
    assert error[1:3] == ["-1", "RpcFrameworkError"]
    assert "BootNotif" not in json.dumps(error)
    # an operator can read what came
    page = await csms.until(lambda: csms.get("messages", station_id=known, invalid="true"), lambda page: page["data"])
    assert page["data"][0]["frame"] == '[2,"1","BootNotif'


@pytest.mark.parametrize("text", ['{"a":1}', "[]", '"x"', "[2]", "null", "2", "", "[[]]", '[2,{},"a",{}]', '["2"]'])
async def test_X02_json_that_is_no_message(station: Station, text: str) -> None:
    error = await error_of(station, text)
    assert error[1] == "-1"
    assert error[2] in ("RpcFrameworkError", "FormatViolation", "ProtocolError")


async def test_X03_an_unknown_action(station: Station) -> None:
    assert await code(station, "FooBar", {}) == "NotImplemented"


async def test_X04_an_action_in_other_letters(station: Station) -> None:
    assert await code(station, "bootnotification", {}) == "NotImplemented"


async def test_X05_a_missing_field(station: Station) -> None:
    boot = {"chargingStation": {"model": "M", "vendorName": "V"}}
    assert await code(station, "BootNotification", boot) == "OccurrenceConstraintViolation"


async def test_X06_a_number_as_text(csms: Csms, known: str, station: Station) -> None:
    started = event("Started", 0, token="GOOD", evse=1) | {"seqNo": "1"}
    assert await code(station, "TransactionEvent", started) == "TypeConstraintViolation"
    assert await csms.transactions(station_id=known) == []


async def test_X07_a_word_that_is_none_of_the_allowed(station: Station) -> None:
    boot = {"reason": "Foo", "chargingStation": {"model": "M", "vendorName": "V"}}
    assert await code(station, "BootNotification", boot) in ("PropertyConstraintViolation", "FormatViolation")


ODD: list[tuple[str, Any, str]] = [
    ("Heartbeat", {"foo": 1}, "unknown_field"),  # X08
    ("Heartbeat", {"customData": {"any": 1}}, "custom_data_without_vendor"),  # X10
    ("TransactionEvent", event("Updated", 1) | {"meterValue": []}, "empty_field"),  # X11
    ("TransactionEvent", event("Updated", 2) | {"offline": None}, "null_field"),  # X11
]
NAMES = ["X08", "X10", "X11-empty", "X11-null"]


@pytest.mark.parametrize(("action", "payload", "finding"), ODD, ids=NAMES)
async def test_X08_X10_X11_what_is_odd_is_taken_with_a_finding(
    csms: Csms, known: str, station: Station, action: str, payload: Any, finding: str
) -> None:
    await station.call(action, payload)
    assert finding in await findings(csms, known)


@pytest.mark.parametrize(("action", "payload", "finding"), ODD, ids=NAMES)
async def test_X08_X10_X11_what_is_odd_is_refused_where_that_is_asked(
    csms: Csms, known: str, station: Station, action: str, payload: Any, finding: str
) -> None:
    await csms.patch(f"stations/{known}", {"strictness": "strict"})
    with pytest.raises(Refused):
        await station.call(action, payload)
    await csms.patch(f"stations/{known}", {"strictness": "lenient"})
    await station.call(action, payload)


async def test_X09_custom_data_in_every_place(csms: Csms, known: str) -> None:
    custom = {"customData": {"vendorId": "V", "any": [1, {"b": None}]}}
    boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V", **custom}, **custom}
    status = {"timestamp": "2025-03-01T10:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    async with csms.station(known, boot=False) as station:
        await csms.patch(f"stations/{known}", {"strictness": "strict"})
        assert (await station.call("BootNotification", boot))["status"] == "Accepted"
        await station.call("Heartbeat", custom)
        await station.call("StatusNotification", status | custom)
        await station.call("TransactionEvent", event("Started", 0, evse=1, info=custom) | custom)


async def test_X12_a_message_id_that_is_too_long(station: Station) -> None:
    await error_of(station, json.dumps([2, "i" * 37, "Heartbeat", {}]))
    assert await said(station, json.dumps([2, "i" * 36, "Heartbeat", {}])) != []


@pytest.mark.parametrize("version", VERSIONS)
async def test_X13_a_message_type_that_does_not_exist(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        answers = await said(station, '[9,"1","Heartbeat",{}]')
        if version == "2.0.1":
            assert [answer[:3] for answer in answers] == [[4, "1", "MessageTypeNotSupported"]]
        else:
            assert answers == []


async def test_X14_answers_to_nothing(station: Station) -> None:
    assert await said(station, '[3,"unknown",{}]') == []
    assert await said(station, '[4,"unknown","GenericError","",{}]') == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize(
    "answer", [{"getVariableResult": [{"attributeStatus": "Sure"}]}, {}, [], None, {"getVariableResult": "none"}]
)
async def test_X15_an_answer_that_breaks_the_schema(csms: Csms, known: str, version: str, answer: Any) -> None:
    wanted = {"type": "get_variables", "variables": [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}]}
    async with csms.station(known, version) as station:
        asked = await csms.command(known, wanted)
        call = await station.next_call()
        answers = await said(station, json.dumps([3, call[1], answer]))
        failed = await csms.command_in(asked["id"], "error")
        assert failed["error"]["code"] in CODES_2
        if version == "2.1":
            assert [reply[:2] for reply in answers] == [[5, call[1]]]
        else:
            assert answers == []


async def test_X15_an_answer_that_is_cut_off(csms: Csms, known: str, station: Station) -> None:
    asked = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
    call = await station.next_call()
    assert await said(station, f'[3,"{call[1]}",{{"status":') == []
    await csms.command_in(asked["id"], "error")


async def test_X16_a_call_error_does_not_stop_the_queue(csms: Csms, known: str, station: Station) -> None:
    first = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
    second = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
    call = await station.next_call()
    await station.socket.send(json.dumps([4, call[1], "NotSupported", "not today", {}]))
    failed = await csms.command_in(first["id"], "error")
    assert failed["error"] == {"code": "NotSupported", "description": "not today"}
    await station.answer(await station.next_call(), {"status": "Rejected"})
    await csms.command_in(second["id"], "rejected")


@pytest.mark.parametrize(
    "error", ["[4,{}]", '[4,{},"X"]', '[4,{},"X","Y",{{}},1,2]', "[4,{},1,2,3]", '[4,{},"\\u0000","a\\u0000b",{{}}]']
)
async def test_X16_whatever_a_call_error_looks_like(csms: Csms, known: str, station: Station, error: str) -> None:
    asked = await csms.command(known, {"type": "trigger", "message": "Heartbeat"})
    call = await station.next_call()
    await said(station, error.format(json.dumps(call[1])))
    assert (await csms.command_in(asked["id"], "error"))["error"]["code"] is not None


async def test_X17_the_same_event_again(csms: Csms, known: str, station: Station) -> None:
    frame = json.dumps([2, "same", "TransactionEvent", event("Started", 0, token="GOOD", evse=1)])
    assert await station.raw(frame) == await station.raw(frame)
    transaction = await csms.transaction(station_id=known)
    assert len(await csms.events_of(transaction)) == 1


async def test_X18_the_same_id_before_the_answer(csms: Csms, known: str, station: Station) -> None:
    frame = json.dumps([2, "same", "TransactionEvent", event("Started", 0, token="GOOD", evse=1)])
    await station.socket.send(frame)
    answers = await said(station, frame)
    assert sorted(answer[0] for answer in answers) in ([3, 3], [3, 4])
    assert len(await csms.events_of(await csms.transaction(station_id=known))) == 1


async def test_X19_a_send_is_never_answered(csms: Csms, known: str) -> None:
    stream = {"id": 1, "pending": 0, "basetime": "2025-03-01T10:00:00Z", "data": [{"t": 0, "v": "1"}]}
    async with csms.station(known, "2.1") as station:
        for action, payload in [("NotifyPeriodicEventStream", stream), ("NotifyPeriodicEventStream", {}), ("Foo", {})]:
            assert await said(station, json.dumps([6, "id", action, payload])) == []


async def test_X20_an_action_of_another_version(csms: Csms, known: str, station: Station) -> None:
    swap = {"eventType": "BatteryIn", "requestId": 1, "idToken": {"idToken": "A", "type": "Local"}, "batteryData": []}
    assert await code(station, "BatterySwap", swap) == "NotImplemented"


@pytest.mark.parametrize("version", VERSIONS)
async def test_X21_error_descriptions_are_short(csms: Csms, known: str, version: str) -> None:
    long = "Ä" * 3000
    async with csms.station(known, version) as station:
        await code(station, long, {})
        await code(station, "Heartbeat", long)
        await code(station, "DataTransfer", {long: long})
        await code(station, "DataTransfer", {"vendorId": {long: [long]}})


BAD_16 = [
    ("BootNotification", {"chargePointModel": "M"}),
    ("BootNotification", {"chargePointModel": "M" * 21, "chargePointVendor": "V"}),
    ("BootNotification", {"chargePointModel": 5, "chargePointVendor": "V"}),
    ("BootNotification", []),
    ("StatusNotification", {"connectorId": 1, "errorCode": "Fine", "status": "Available"}),
    ("StartTransaction", {"connectorId": "1", "idTag": "A", "meterStart": 0, "timestamp": "2025-03-01T10:00:00Z"}),
    ("StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "yesterday"}),
    ("NotifyReport", {}),
]


@pytest.mark.parametrize(("action", "payload"), BAD_16)
async def test_X22_the_codes_of_16(csms: Csms, known: str, action: str, payload: Any) -> None:
    async with csms.station(known, "1.6") as station:
        assert await code(station, action, payload) in CODES_16
        await error_of(station, '[2,"1","BootNotif')


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "payload",
    [
        '{"customData":' + '{"a":' * 10_000 + "1" + "}" * 10_001,
        "[" * 10_000 + "]" * 10_000,
        '{"vendorId":"V","data":1e400}',
        '{"vendorId":"V","data":' + "9" * 5000 + "}",
        '{"vendorId":"V","data":"\\ud800"}',
        '{"vendorId":"V","data":"\\u0000"}',
        '{"vendorId":"V","vendorId":"W"}',
        '{"vendorId":NaN}',
    ],
    ids=["objects", "arrays", "1e400", "digits", "surrogate", "nul", "twice", "nan"],
)
async def test_X23_deep_and_wide(csms: Csms, known: str, version: str, payload: str) -> None:
    async with csms.station(known, version) as station:
        assert len(await said(station, f'[2,"deep","DataTransfer",{payload}]')) <= 1
        assert len(await said(station, f'[3,"deep",{payload}]')) <= 1
