"""What the transaction handlers share: repeats by what they say, readings, and what a session remembers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from ohmstead.blocks.booking import earlier_answer, readings_16, readings_v2, remember, says_the_same
from ohmstead.domain.metering import Reading
from ohmstead.domain.transactions import begin, infer_end
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V16, V21, V201, Version
from ohmstead.store.ledger import Kept
from tests.acceptance.serving import at, event
from tests.blocks.staging import SQLITE, Stage

NOON = 1_740_823_200_000_000


def frame(message_id: str, **payload: Any) -> str:
    return json.dumps([2, message_id, "TransactionEvent", payload])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (frame("1", a=1, b=[1]), frame("2", b=[1], a=1), True),
        (frame("1", a=1, offline=True), frame("2", a=1), True),
        (frame("1", a=1, offline=True), frame("2", a=1, offline=False), True),
        (frame("1", a=1), frame("1", a=2), False),
        (frame("1", a=1), frame("1", a=1, b=None), False),
        (frame("1", a=1), frame("2", a=1.0), True),
    ],
)
def test_says_the_same(one: str, other: str, same: bool) -> None:
    assert says_the_same(one, other) is same


def test_the_earlier_answer_is_given_as_it_was() -> None:
    kept = Kept("started", "[]", '[3,"1",{"idTokenInfo": {"status":"Accepted"} }]')
    assert bytes(earlier_answer(kept)) == b'{"idTokenInfo": {"status":"Accepted"} }'


@pytest.mark.parametrize("version", [V201, V21], ids=["2.0.1", "2.1"])
def test_readings_of_2(version: Version) -> None:
    samples = [{"value": 2, "unitOfMeasure": {"unit": "kWh", "multiplier": 1}}, {"value": 1e300, "phase": "L1"}]
    said = event("Updated", 0) | {"meterValue": [{"timestamp": at(0), "sampledValue": samples}]}
    request, _ = codec.decode_request(version, "TransactionEvent", json.dumps(said))
    assert readings_v2(request.meter_value) == (Reading(NOON, 20000.0),)
    assert readings_v2(UNSET) == ()


def test_readings_of_1_6() -> None:
    samples = [
        {"value": "1.5", "unit": "kWh"},
        {"value": "5", "format": "SignedData"},
        {"value": "zzz"},
        {"value": "230.1", "measurand": "Voltage", "unit": "V", "phase": "L1-N", "location": "Inlet"},
    ]
    said = {"connectorId": 1, "meterValue": [{"timestamp": at(0), "sampledValue": samples}]}
    request, _ = codec.decode_request(V16, "MeterValues", json.dumps(said))
    assert readings_16(request.meter_value) == (
        Reading(NOON, 1500.0),
        Reading(NOON, 230.1, "Voltage", "V", "L1-N", location="Inlet"),
    )
    assert readings_16(UNSET) == ()


@SQLITE
@pytest.mark.anyio
async def test_a_session_remembers_the_active_ones(stage: Stage) -> None:
    await stage.say("Heartbeat", {})
    one, two = begin(1, 1, "a"), begin(2, 1, "b")
    for transaction in (one, two):
        remember(stage.call, transaction)
    assert stage.call.state.transactions == {"a": one, "b": two}
    remember(stage.call, infer_end(one, NOON).transaction)
    assert stage.call.state.transactions == {"b": two}
    again = begin(3, 1, "b", 1)
    remember(stage.call, again)
    remember(stage.call, two)
    assert stage.call.state.transactions == {"b": again}


@SQLITE
@pytest.mark.anyio
async def test_one_event_that_reconciles_twice_is_told_once(stage: Stage) -> None:
    for said in (event("Started", 0), event("Ended", 2, 60), event("Updated", 1, 30)):
        await stage.say("TransactionEvent", said)
    assert [kind for kind, _ in stage.told] == ["transaction.reconciled"]
    assert stage.told[0][1]["missing"] == [1, 1]
