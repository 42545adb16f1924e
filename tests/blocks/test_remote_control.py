"""Start, stop, unlock and trigger as each version says them, and how their answers are taken."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead.blocks.command import COMMANDS, Unsupported, parse
from ohmstead.blocks.remote_control import Start, Stop, Trigger, Unlock
from tests.blocks.staging import converse

TWO = ["2.0.1", "2.1"]
TRANSACTION_MESSAGES = {"StatusNotification", "MeterValues", "TransactionEvent"}


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"evse_id": 2}, {"evseId": 2}),
        ({"token_type": "ISO14443"}, {"idToken": {"idToken": "GOOD", "type": "ISO14443"}}),
    ],
)
def test_start_of_2(version: str, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    said = converse(Start(token="GOOD", **fields), version, {"status": "Accepted"})
    token = {"idToken": "GOOD", "type": "Central"}
    assert said.requests == [("RequestStartTransaction", {"idToken": token, "remoteStartId": 77} | expected)]
    assert (said.outcome.accepted, said.outcome.expects) == (True, ("started", "77"))


@pytest.mark.parametrize("version", ["1.6", *TWO])
@pytest.mark.parametrize(("limit", "unit"), [({"limit_a": 10.5}, "A"), ({"limit_w": 11000.0}, "W")])
def test_k06_start_with_a_limit(version: str, limit: dict[str, float], unit: str) -> None:
    """A TxProfile, and never with a transaction id (F01.FR.08, TC_K_37)."""
    said = converse(Start(token="GOOD", evse_id=1, **limit), version, {"status": "Accepted"})
    profile = said.requests[0][1]["chargingProfile"]
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert "transactionId" not in profile
    schedule = profile["chargingSchedule"] if version == "1.6" else profile["chargingSchedule"][0]
    assert schedule["chargingRateUnit"] == unit
    (period,) = schedule["chargingSchedulePeriod"]
    assert (period["startPeriod"], period["limit"]) == (0, *limit.values())


def test_start_of_1_6() -> None:
    anywhere = converse(Start(token="GOOD"), "1.6", {"status": "Accepted"})
    assert anywhere.requests == [("RemoteStartTransaction", {"idTag": "GOOD"})]
    assert anywhere.outcome.expects == ("started_by", "good")
    there = converse(Start(token="GOOD", evse_id=2), "1.6", {"status": "Accepted"})
    assert there.requests == [("RemoteStartTransaction", {"idTag": "GOOD", "connectorId": 2})]
    assert there.outcome.expects == ("started_by", "good", "2")
    tenths = converse(Start(token="GOOD", limit_a=10.333), "1.6", {"status": "Accepted"})
    schedule = tenths.requests[0][1]["chargingProfile"]["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 10.3
    with pytest.raises(Unsupported, match="at most 20 characters"):
        converse(Start(token="x" * 21), "1.6")


@pytest.mark.parametrize("version", TWO)
def test_stop_of_2(version: str) -> None:
    said = converse(Stop(transaction_id="sess-1795334216-1"), version, {"status": "Accepted"})
    assert said.requests == [("RequestStopTransaction", {"transactionId": "sess-1795334216-1"})]
    assert said.outcome.expects == ("ended", "sess-1795334216-1")


def test_stop_of_1_6() -> None:
    said = converse(Stop(transaction_id="101"), "1.6", {"status": "Accepted"})
    assert said.requests == [("RemoteStopTransaction", {"transactionId": 101})]
    with pytest.raises(Unsupported, match="integer"):
        converse(Stop(transaction_id="sess-1"), "1.6")


def test_unlock() -> None:
    for version in TWO:
        for status, good in [("Unlocked", True), ("UnlockFailed", False), ("OngoingAuthorizedTransaction", False)]:
            said = converse(Unlock(evse_id=2), version, {"status": status})
            assert said.requests == [("UnlockConnector", {"evseId": 2, "connectorId": 1})]
            assert said.outcome.accepted is good
    for status, good in [("Unlocked", True), ("UnlockFailed", False), ("NotSupported", False)]:
        said = converse(Unlock(evse_id=2), "1.6", {"status": status})
        assert said.requests == [("UnlockConnector", {"connectorId": 2})]
        assert said.outcome.accepted is good


@pytest.mark.parametrize("version", TWO)
def test_trigger_of_2(version: str) -> None:
    said = converse(Trigger(message="Heartbeat"), version, {"status": "Accepted"})
    assert said.requests == [("TriggerMessage", {"requestedMessage": "Heartbeat"})]
    assert said.outcome.expects == ("message", "Heartbeat")
    # F06.FR.13: a status is that of a connector
    said = converse(Trigger(message="StatusNotification", evse_id=2), version, {"status": "Accepted"})
    assert said.requests[0][1]["evse"] == {"id": 2, "connectorId": 1}
    assert said.outcome.expects == ("message", "StatusNotification", "2")
    said = converse(Trigger(message="MeterValues", evse_id=2), version, {"status": "Accepted"})
    assert said.requests[0][1]["evse"] == {"id": 2}
    said = converse(Trigger(message="SignV2GCertificate"), version, {"status": "NotImplemented"})
    assert (said.outcome.accepted, said.outcome.reason, said.outcome.expects) == (False, "NotImplemented", None)
    with pytest.raises(Unsupported, match="name the evse_id"):
        converse(Trigger(message="StatusNotification", connector_id=1), version)


def test_trigger_of_1_6() -> None:
    plain = converse(Trigger(message="MeterValues", evse_id=2), "1.6", {"status": "Accepted"})
    assert plain.requests == [("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2})]
    extended = converse(Trigger(message="SignChargePointCertificate"), "1.6", {"status": "Accepted"})
    assert extended.requests == [("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})]
    assert extended.outcome.expects == ("message", "SignCertificate")
    with pytest.raises(Unsupported, match="cannot trigger TransactionEvent"):
        converse(Trigger(message="TransactionEvent"), "1.6")


@pytest.mark.parametrize("version", ["1.6", *TWO])
@pytest.mark.parametrize("command", [Start(token="T"), Stop(transaction_id="7"), Trigger(message="Heartbeat")])
def test_a_refusal_is_told_in_the_stations_words(command: Any, version: str) -> None:
    info = {} if version == "1.6" else {"statusInfo": {"reasonCode": "Busy", "additionalInfo": "later"}}
    said = converse(command, version, {"status": "Rejected", **info})
    assert (said.outcome.accepted, said.outcome.expects) == (False, None)
    assert said.outcome.reason == ("Rejected" if version == "1.6" else "Rejected: Busy: later")


def test_only_accepted_stations_are_asked_for_transactions() -> None:
    asking = {name for name, command in COMMANDS.items() if command.needs_accepted}
    assert {"start", "stop"} <= asking  # B02.FR.05
    assert not {"trigger", "unlock", "reset"} & asking


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"start"}',
        b'{"type":"start","token":""}',
        b'{"type":"start","token":"x","evse_id":0}',
        b'{"type":"start","token":"x","limit_a":0}',
        b'{"type":"start","token":"x","token_type":"Card"}',
        b'{"type":"stop","transaction_id":7}',
        b'{"type":"stop","transaction_id":"' + b"x" * 37 + b'"}',
        b'{"type":"unlock"}',
        b'{"type":"trigger","message":"x","foo":1}',
    ],
)
def test_nonsense_is_no_command(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        parse(body)
