"""What is wrong is answered as OCPP-J says, and costs nothing but itself."""

from __future__ import annotations

import json

from ohmstead.conformance.case import ALL, V2, Broken, case, wanted
from ohmstead.conformance.cases.boot import NEVER, status_2
from ohmstead.conformance.cases.transactions import Charging
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V16, V21, V201

UNREADABLE = ("RpcFrameworkError", "FormatViolation", "FormationViolation", "ProtocolError", "GenericError")
CONSTRAINTS = (
    "OccurrenceConstraintViolation", "OccurenceConstraintViolation", "PropertyConstraintViolation",
    "TypeConstraintViolation", "FormatViolation", "FormationViolation", "ProtocolError",
)  # fmt: skip


@case("OHM_X01", "Text that is no JSON, and JSON that is no message", "OCPP-J.4.2.3", ALL)
async def no_message(talk: Talk) -> None:
    """A CSMS may stay silent about what has no id; it must go on serving."""
    await talk.boots()
    for text in ('[2,"1","BootNotif', '{"a":1}', "[]", '"x"', "[2]"):
        await talk.say(text)
    await _still_there(talk, UNREADABLE)


async def _still_there(talk: Talk, codes: tuple[str, ...]) -> None:
    """A Heartbeat is answered; what comes before its answer can only be CALLERRORs with one of `codes`."""
    message_id = talk.next_id()
    await talk.say(json.dumps([2, message_id, "Heartbeat", {}]))
    while (frame := await talk.hears())[1] != message_id:
        wanted(frame[0] == 4, f"wanted nothing but CALLERRORs, got {json.dumps(frame)[:200]}")
        wanted(frame[2] in codes, f"wanted the code {' or '.join(codes)}, got {frame[2]}")
    wanted(frame[0] == 3, f"the Heartbeat after it was answered with {json.dumps(frame)[:200]}")


@case("OHM_X03", "An action that does not exist", "OCPP-J.4.3", ALL)
async def unknown_action(talk: Talk) -> None:
    await talk.boots()
    await talk.wrongs("FooBar", {}, "NotImplemented", "NotSupported")
    await talk.wrongs("heartbeat", {}, "NotImplemented", "NotSupported")
    await talk.alive()


@case("OHM_X05", "A mandatory field is missing", "OCPP-J.4.1.7", ALL)
async def missing_field(talk: Talk) -> None:
    await talk.boots()
    words = talk.boot_words()
    words.pop("chargePointModel" if talk.version is V16 else "reason")
    await talk.wrongs("BootNotification", words, *CONSTRAINTS)
    await talk.alive()


@case("OHM_X06", "A field of the wrong type", "OCPP-J.4.3", ALL)
async def wrong_type(talk: Talk) -> None:
    await talk.boots()
    if talk.version is V16:
        wrong = {"connectorId": "1", "errorCode": "NoError", "status": "Available"}
        await talk.wrongs("StatusNotification", wrong, *CONSTRAINTS)
    else:
        await talk.wrongs("StatusNotification", status_2("Available") | {"evseId": "1"}, *CONSTRAINTS)
    await talk.alive()


@case("OHM_X07", "A value that the enumeration does not have", "OCPP-J.4.3", ALL)
async def wrong_value(talk: Talk) -> None:
    await talk.boots()
    if talk.version is V16:
        wrong = {"connectorId": 1, "errorCode": "NoError", "status": "Foo"}
        await talk.wrongs("StatusNotification", wrong, *CONSTRAINTS)
    else:
        await talk.wrongs("BootNotification", talk.boot_words() | {"reason": "Foo"}, *CONSTRAINTS)
    await talk.alive()


@case("OHM_X12", "A message id of more than 36 characters", "OCPP-J.4.1.4", ALL)
async def long_id(talk: Talk) -> None:
    await talk.boots()
    await talk.say(json.dumps([2, "x" * 37, "Heartbeat", {}]))
    frame = await talk.hears()
    wanted(frame[0] == 4, "a message id of 37 characters must be refused with a CALLERROR")
    await talk.alive()


@case("OHM_X13", "A message type that does not exist", "OCPP-J.4.1.3", ALL)
async def unknown_type(talk: Talk) -> None:
    await talk.boots()
    await talk.say('[9,"x9","Heartbeat",{}]')
    await _still_there(talk, ("MessageTypeNotSupported", *UNREADABLE))


@case("OHM_X14", "Answers to calls that nobody made are ignored", "OCPP-J.4.1.4", ALL)
async def unasked_answer(talk: Talk) -> None:
    await talk.boots()
    await talk.say('[3,"nobody-asked",{"status":"Accepted"}]')
    await talk.say('[4,"nobody-asked","InternalError","",{}]')
    await _still_there(talk, ())


@case("OHM_X17", "An event that is said again is answered again, in the same way", "E13.FR.04 OCPP-J.4.1.4")
async def said_again(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    told = charging.words("Started", "Authorized", token=talk.token("accepted"))
    first = await talk.calls("TransactionEvent", told)
    again = await talk.calls("TransactionEvent", told)
    wanted(first == again, f"the same event was answered with {json.dumps(first)} and then {json.dumps(again)}")
    await charging.end()


@case("OHM_X19", "A SEND is never answered", "OCPP-J.4.2.4 N15.FR.02", (V21,))
async def send(talk: Talk) -> None:
    await talk.boots()
    stream = {"id": 1, "pending": 0, "basetime": "2025-11-24T16:00:00Z", "data": [{"t": 0, "v": "1"}]}
    await talk.say(json.dumps([6, talk.next_id(), "NotifyPeriodicEventStream", stream]))
    await _still_there(talk, ())


@case("OHM_X20", "An action of a later version", "OCPP-J.4.3", (V201,))
async def later_version(talk: Talk) -> None:
    await talk.boots()
    await talk.wrongs("NotifySettlement", {"pspRef": "x", "status": "Settled"}, "NotImplemented", "NotSupported")


@case("OHM_X23", "Deep nesting and numbers beyond all measure", "OCPP-J.4.2.3", ALL)
async def monsters(talk: Talk) -> None:
    await talk.boots()
    for text in (
        "[" * 10_000,
        '[2,"d","Heartbeat",' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "]",
        '[2,"n","Heartbeat",{"x":1e400}]',
    ):
        await talk.say(text)
    await _still_there(talk, (*UNREADABLE, *CONSTRAINTS))


@case("OHM_X10", "Custom data without its vendorId", "Part2.2.1", V2)
async def bad_custom_data(talk: Talk) -> None:
    """Strictly it is a violation; a CSMS that takes it all the same is lenient."""
    await talk.boots()
    try:
        await talk.calls("Heartbeat", {"customData": {"any": NEVER}})
    except Broken:
        return
    talk.lacks.append("custom data without vendorId was taken; a strict CSMS refuses it")
