"""Boot, heartbeat, and what a station tells beside its transactions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ohmstead import runtime
from ohmstead.conformance.case import ALL, V2, Broken, add, case, wanted
from ohmstead.conformance.rows import ACCEPTED, HEARTBEAT_INTERVAL
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V16, V21

NEVER = "ohmstead.conformance"


def right_time(talk: Talk, text: str) -> None:
    """A currentTime: UTC, at most three decimals (Part 2 3.1), about now."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise Broken(f"currentTime {text!r} is no time") from None
    if said.tzinfo is None:
        raise Broken(f"currentTime {text!r} has no zone")
    if abs(runtime.from_datetime(said) - runtime.now()) > 300_000_000:
        talk.lacks.append(f"currentTime {text} is more than five minutes from this machine's time")
    if said.utcoffset() != UTC.utcoffset(None) or len(text.partition(".")[2].rstrip("Z")) > 3:
        talk.lacks.append(f"currentTime {text} should be UTC with at most three decimals")


async def cold_boot(talk: Talk) -> None:
    answer = await talk.boots()
    right_time(talk, answer["currentTime"])
    wanted(answer["interval"] > 0, "accepted, the interval says how often to send a Heartbeat: more than 0")
    if talk.version is V16:
        for connector in (0, 1):
            status = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
            await talk.calls("StatusNotification", status)
    else:
        for evse_id in (1, 2):
            await talk.calls("StatusNotification", status_2("Available", evse_id))
    beat = await talk.calls("Heartbeat", {})
    right_time(talk, beat["currentTime"])


add("TC_B_01_CSMS", "Cold boot: accepted", "B01.FR.02", V2, cold_boot)
add("TC_001_CSMS", "Cold boot", "4.2", (V16,), cold_boot)


def status_2(status: str, evse_id: int = 1) -> dict[str, Any]:
    return {"timestamp": now(), "connectorStatus": status, "evseId": evse_id, "connectorId": 1}


def now() -> str:
    return runtime.rfc3339(runtime.now())


async def _pending(talk: Talk, name: str) -> None:
    """Boot as a station that the CSMS keeps pending."""
    talk.becomes(name)
    await talk.connect()
    answer = await talk.calls("BootNotification", talk.boot_words())
    wanted(answer["status"] != "Accepted", f"{talk.endpoint.identity} shall be kept pending, and it was accepted")


@case("TC_B_02_CSMS", "Kept pending, asked, and accepted", "B02.FR.01 B02.FR.06")
async def pending_at_first(talk: Talk) -> None:
    await _pending(talk, "admitted")
    asked = await talk.order("GetVariables", {"getVariableData": [HEARTBEAT_INTERVAL]})
    got = {"attributeStatus": "Accepted", "attributeValue": "300", **HEARTBEAT_INTERVAL}
    await talk.answers(asked, {"getVariableResult": [got]})
    await talk.is_admitted()
    answer = await talk.calls("BootNotification", talk.boot_words())
    wanted(answer["status"] == "Accepted", f"the operator let it in, and its next boot is {answer['status']}")
    await talk.alive()


@case("TC_B_31_CSMS", "Kept pending, and asked to boot", "B02.FR.06 F06.FR.01")
async def asked_to_boot(talk: Talk) -> None:
    await _pending(talk, "pending")
    asked = await talk.order("TriggerMessage", {"requestedMessage": "BootNotification"})
    await talk.answers(asked, ACCEPTED)
    await talk.calls("BootNotification", talk.boot_words(reason="Triggered"))


@case("TC_B_30_CSMS", "Nothing is taken from a station before it is accepted", "B02.FR.09 B03.FR.07")
async def before_boot(talk: Talk) -> None:
    await _pending(talk, "pending")
    await talk.wrongs("StatusNotification", status_2("Available"), "SecurityError")


async def data_transfer(talk: Talk) -> None:
    """P02.FR.06, .07: a vendor or message that the CSMS does not know is an answer, no error."""
    await talk.boots()
    answer = await talk.calls("DataTransfer", {"vendorId": NEVER, "messageId": "x", "data": "y"})
    known = ("UnknownVendorId", "UnknownMessageId", "Rejected", "UnknownVendor")
    wanted(answer["status"] in known, f"nobody knows this vendor, and the CSMS says {answer['status']}")


add("TC_P_02_CSMS", "Data transfer: an unknown vendor", "P02.FR.06 P02.FR.07", V2, data_transfer)
add("TC_064_CSMS", "Data transfer to a central system", "4.3", (V16,), data_transfer)


@case("TC_P_03_CSMS", "Custom data is taken in any message", "Part2.2.1")
async def custom_data(talk: Talk) -> None:
    custom = {"customData": {"vendorId": NEVER, "any": {"thing": [1, None, "ü"]}}}
    await talk.connect()
    await talk.calls("BootNotification", talk.boot_words(**custom))
    await talk.calls("Heartbeat", custom)
    await talk.calls("StatusNotification", status_2("Available") | custom)
    await talk.calls("DataTransfer", {"vendorId": NEVER} | custom)


@case("TC_G_20_CSMS", "A connector that cannot lock", "G05.FR.03")
async def lock_failure(talk: Talk) -> None:
    await talk.boots()
    await talk.calls("NotifyEvent", event_2("ConnectorPlugRetentionLock", "Problem", "true"))
    await talk.alive()


@case("TC_G_01_CSMS", "Status by NotifyEvent of AvailabilityState", "G01.FR.03", (V21,))
async def availability(talk: Talk) -> None:
    await talk.boots()
    await talk.calls("NotifyEvent", event_2("Connector", "AvailabilityState", "Occupied"))


@case("OHM_N07", "Events, also of components nobody knows, are taken", "N07.FR.02 N07.FR.03")
async def events(talk: Talk) -> None:
    await talk.boots()
    alert = event_2("Thing", "Temperature", "99", eventNotificationType="CustomMonitor", trigger="Alerting")
    await talk.calls("NotifyEvent", alert)
    alert["eventData"][0] |= {"eventId": 2, "cleared": True, "cause": 1}
    await talk.calls("NotifyEvent", alert)


def event_2(component: str, variable: str, value: str, **more: Any) -> dict[str, Any]:
    data = {
        "eventId": 1, "timestamp": now(), "trigger": "Delta", "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": component, "evse": {"id": 1, "connectorId": 1}}, "variable": {"name": variable},
    }  # fmt: skip
    return {"generatedAt": now(), "seqNo": 0, "tbc": False, "eventData": [data | more]}


async def security_event(talk: Talk) -> None:
    await talk.boots()
    await talk.calls("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": now()})
    told = {"type": "NobodyKnowsThis", "timestamp": "2019-01-01T00:00:00Z", "techInfo": "x"}
    await talk.calls("SecurityEventNotification", told)


add("OHM_A04", "Security events, known and unknown", "A04.FR.03", V2, security_event)
add("TC_077_CSMS", "Security event", "A04.FR.03", (V16,), security_event)


@case("OHM_W1", "The line stays open while the station says nothing but heartbeats", "G02.FR.03", ALL)
async def heartbeats(talk: Talk) -> None:
    await talk.boots()
    for _ in range(5):
        await talk.alive()
