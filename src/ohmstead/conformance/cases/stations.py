"""What a station is asked: every call is answered as the schemas and the rules want, and does what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ohmstead.conformance.case import ALL, V2, Play, Whom, add, case, wanted
from ohmstead.conformance.desk import Desk
from ohmstead.conformance.talk import Words
from ohmstead.ocpp.versions import V16

ONLY = (V16,)
STATION: Whom = "station"
NOBODY = "NobodyKnowsThis"
INTERVAL = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
UNKNOWN_COMPONENT = {"component": {"name": NOBODY}, "variable": {"name": "X"}}
UNKNOWN_VARIABLE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": NOBODY}}


@case("TC_B_01_CS", "Cold boot", "B01.FR.01", V2, STATION)
@case("TC_001_CS", "Cold boot", "4.2", ONLY, STATION)
async def boots(desk: Desk) -> None:
    """Rebooted by a reset it comes back, and tells of its connectors."""
    before = len(desk.heard)
    await _reset(desk)
    await desk.hears_of("StatusNotification", since=before)


@case("OHM_S_G02", "A heartbeat in the interval of the boot answer", "G02.FR.02", ALL, STATION)
async def heartbeat(desk: Desk) -> None:
    desk.interval = 1
    try:
        await _reset(desk)
        await desk.hears_of("Heartbeat")
    finally:
        desk.interval = 300


async def _reset(desk: Desk) -> Words:
    await desk.meet()
    asked = {"type": "Soft"} if desk.version is V16 else {"type": "Immediate"}
    answer = await desk.calls("Reset", asked)
    wanted(answer["status"] in ("Accepted", "Scheduled"), f"the station does not reset: {answer['status']}")
    return await desk.comes_again()


@case("TC_B_20_CS", "Reset", "B11.FR.01 B01.FR.01", V2, STATION)
@case("TC_014_CS", "Soft reset", "5.14", ONLY, STATION)
async def reset(desk: Desk) -> None:
    told = await _reset(desk)
    if desk.version is not V16:
        wanted(told["reason"] == "RemoteReset", f"after a remote reset the reason is RemoteReset, not {told['reason']}")


async def _get(desk: Desk, *variables: Words) -> list[Words]:
    await desk.meet()
    answer = await desk.calls("GetVariables", {"getVariableData": list(variables)})
    found: list[Words] = answer["getVariableResult"]
    wanted(len(found) == len(variables), f"{len(variables)} variables were asked for, {len(found)} came")  # B06.FR.01
    return found


@case("TC_B_06_CS", "Get one variable", "B06.FR.01", V2, STATION)
async def get_variable(desk: Desk) -> None:
    (found,) = await _get(desk, INTERVAL)
    wanted(found["attributeStatus"] == "Accepted", f"HeartbeatInterval: {found['attributeStatus']}")
    wanted(found.get("attributeValue", "").isdigit(), "HeartbeatInterval is a number of seconds")


@case("TC_B_32_CS", "Get a component that is not there", "B06.FR.06", V2, STATION)
async def unknown_component(desk: Desk) -> None:
    (found,) = await _get(desk, UNKNOWN_COMPONENT)
    wanted(found["attributeStatus"] == "UnknownComponent", f"an unknown component: {found['attributeStatus']}")


@case("TC_B_33_CS", "Get a variable that is not there", "B06.FR.07", V2, STATION)
async def unknown_variable(desk: Desk) -> None:
    first, second = await _get(desk, UNKNOWN_VARIABLE, INTERVAL)
    by_name = {one["variable"]["name"]: one["attributeStatus"] for one in (first, second)}
    wanted(by_name.get(NOBODY) == "UnknownVariable", f"an unknown variable: {by_name.get(NOBODY)}")
    wanted(by_name.get("HeartbeatInterval") == "Accepted", "one unknown variable spoils the others")


@case("TC_B_09_CS", "Set a variable, and read it back", "B05.FR.01", V2, STATION)
async def set_variable(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("SetVariables", {"setVariableData": [{"attributeValue": "321", **INTERVAL}]})
    status = answer["setVariableResult"][0]["attributeStatus"]
    wanted(status in ("Accepted", "RebootRequired"), f"HeartbeatInterval cannot be set: {status}")
    if status == "Accepted":
        (found,) = await _get(desk, INTERVAL)
        wanted(found.get("attributeValue") == "321", f"set to 321, it reads {found.get('attributeValue')}")


@case("TC_B_13_CS", "Base report: everything, in parts that are numbered", "B07.FR.08 B07.FR.10", V2, STATION)
async def base_report(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("GetBaseReport", {"requestId": 4712, "reportBase": "FullInventory"})
    wanted(answer["status"] == "Accepted", f"GetBaseReport: {answer['status']}")
    number = 0
    while True:
        part = await desk.hears_of("NotifyReport", _part(number))
        wanted(part["requestId"] == 4712, f"the report has the number {part['requestId']}, asked for was 4712")
        if not part.get("tbc", False):
            return
        number += 1


@case("TC_F_20_CS", "Trigger a heartbeat", "F06.FR.01", ALL, STATION)
async def trigger(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("TriggerMessage", {"requestedMessage": "Heartbeat"})
    wanted(answer["status"] == "Accepted", f"TriggerMessage: {answer['status']}")
    await desk.hears_of("Heartbeat")


@case("TC_F_23_CS", "Trigger the status of a connector", "F06.FR.01", ALL, STATION)
async def trigger_status(desk: Desk) -> None:
    await desk.meet()
    where: Words = {"connectorId": 1} if desk.version is V16 else {"evse": {"id": 1, "connectorId": 1}}
    answer = await desk.calls("TriggerMessage", {"requestedMessage": "StatusNotification", **where})
    wanted(answer["status"] == "Accepted", f"TriggerMessage: {answer['status']}")
    told = await desk.hears_of("StatusNotification")
    wanted(told["connectorId"] == 1, f"asked for was connector 1, it told of {told['connectorId']}")


@case("TC_G_03_CS", "An EVSE out of service, and back", "G03.FR.01", ALL, STATION)
async def availability(desk: Desk) -> None:
    await desk.meet()
    for operative in (False, True):
        before = len(desk.heard)
        if desk.version is V16:
            asked: Words = {"connectorId": 1, "type": "Operative" if operative else "Inoperative"}
        else:
            asked = {"operationalStatus": "Operative" if operative else "Inoperative", "evse": {"id": 1}}
        answer = await desk.calls("ChangeAvailability", asked)
        wanted(answer["status"] in ("Accepted", "Scheduled"), f"ChangeAvailability: {answer['status']}")
        await desk.hears_of("StatusNotification", _is(operative), before)


def _is(operative: bool) -> Callable[[Words], bool]:
    return lambda told: (told.get("connectorStatus", told.get("status")) != "Unavailable") == operative


def _part(number: int) -> Callable[[Words], bool]:
    return lambda told: told["seqNo"] == number


@case("TC_C_37_CS", "Clear the cache", "C11.FR.01", ALL, STATION)
async def clear_cache(desk: Desk) -> None:
    await desk.meet()
    await desk.calls("ClearCache", {})


@case("TC_D_08_CS", "Version of the local list", "D02.FR.01", ALL, STATION)
async def list_version(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("GetLocalListVersion", {})
    version = answer["listVersion" if desk.version is V16 else "versionNumber"]
    wanted(version >= (-1 if desk.version is V16 else 0), f"a version of {version} is none")


@case("TC_E_34_CS", "No messages queued", "E14.FR.08", V2, STATION)
async def no_queue(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("GetTransactionStatus", {})
    wanted("ongoingIndicator" not in answer, "without a transactionId there is no ongoingIndicator (E14.FR.06)")


@case("OHM_S_E14", "Status of a transaction that is not there", "E14.FR.01", V2, STATION)
async def unknown_transaction(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("GetTransactionStatus", {"transactionId": "never-heard-of"})
    wanted(answer.get("ongoingIndicator") is False, "an unknown transaction does not go on (E14.FR.01)")
    wanted(answer["messagesInQueue"] is False, "an unknown transaction has no messages queued (E14.FR.01)")


@case("TC_E_21_CS", "A remote stop of a transaction that is not there", "F03.FR.07", ALL, STATION)
async def stop_unknown(desk: Desk) -> None:
    await desk.meet()
    if desk.version is V16:
        answer = await desk.calls("RemoteStopTransaction", {"transactionId": 2_000_000_000})
    else:
        answer = await desk.calls("RequestStopTransaction", {"transactionId": "never-heard-of"})
    wanted(answer["status"] == "Rejected", f"an unknown transaction cannot be stopped: {answer['status']}")


@case("TC_P_01_CS", "Data transfer: an unknown vendor", "P01.FR.05", ALL, STATION)
async def data_transfer(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("DataTransfer", {"vendorId": "ohmstead.conformance"})
    known = ("UnknownVendorId", "UnknownMessageId", "Rejected")
    wanted(answer["status"] in known, f"nobody knows this vendor, and the station says {answer['status']}")


@case("TC_019_2_CS", "One configuration key, and one that is not there", "5.8", ONLY, STATION)
async def get_configuration(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("GetConfiguration", {"key": ["HeartbeatInterval", NOBODY]})
    keys = [one["key"] for one in answer.get("configurationKey", ())]
    wanted("HeartbeatInterval" in keys, "HeartbeatInterval is a key that every station has")
    wanted(NOBODY in answer.get("unknownKey", ()), f"{NOBODY} must come back among the unknown keys")


@case("TC_040_1_CS", "A configuration key that is not supported", "5.3", ONLY, STATION)
async def set_unknown(desk: Desk) -> None:
    await desk.meet()
    answer = await desk.calls("ChangeConfiguration", {"key": NOBODY, "value": "1"})
    wanted(answer["status"] == "NotSupported", f"an unknown key: {answer['status']}")


def _wrong(action: str, payload: Any, *codes: str) -> Play:
    async def play(desk: Desk) -> None:
        await desk.meet()
        await desk.wrongs(action, payload, *codes)
        await desk.calls("ClearCache", {})

    return play


CONSTRAINTS = (
    "OccurrenceConstraintViolation", "OccurenceConstraintViolation", "PropertyConstraintViolation",
    "TypeConstraintViolation", "FormatViolation", "FormationViolation", "ProtocolError",
)  # fmt: skip
add(
    "OHM_S_X03",
    "An action that does not exist",
    "OCPP-J.4.3",
    ALL,
    _wrong("FooBar", {}, "NotImplemented", "NotSupported"),
    STATION,
)
add(
    "OHM_S_X05",
    "A mandatory field is missing",
    "OCPP-J.4.1.7",
    ALL,
    _wrong("TriggerMessage", {}, *CONSTRAINTS),
    STATION,
)
add("OHM_S_X06", "A field of the wrong type", "OCPP-J.4.3", ALL, _wrong("Reset", {"type": 1}, *CONSTRAINTS), STATION)


@case("OHM_S_X14", "Answers to calls that nobody made are ignored", "OCPP-J.4.1.4", ALL, STATION)
async def unasked_answer(desk: Desk) -> None:
    await desk.meet()
    await desk.say('[3,"nobody-asked",{}]')
    await desk.say('[4,"nobody-asked","InternalError","",{}]')
    await desk.calls("ClearCache", {})


@case("OHM_S_X01", "Text that is no JSON", "OCPP-J.4.2.3", ALL, STATION)
async def no_json(desk: Desk) -> None:
    """The station may say an error about it; the line stands, and the next call is answered."""
    await desk.meet()
    await desk.say('[2,"1","Reset')
    message_id = desk.next_id()
    await desk.say(json.dumps([2, message_id, "ClearCache", {}]))
    while (frame := await desk.hears())[1] != message_id:
        wanted(frame[0] == 4, f"wanted nothing but CALLERRORs, got {json.dumps(frame)[:200]}")
    wanted(frame[0] == 3, f"the call after it was answered with {json.dumps(frame)[:200]}")
