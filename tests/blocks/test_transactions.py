"""TransactionEvent and MeterValues of 2.x against a real ledger, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ohmstead.blocks.transactions import harmless, to_event
from ohmstead.domain.metering import Reading
from ohmstead.domain.transactions import Event, Transaction
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V21, V201, Version
from ohmstead.store.resources.transactions import decode
from ohmstead.store.tables import ledger, transactions
from tests.acceptance.serving import at, event
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio
NOON = 1_740_823_200_000_000  # at(0)


async def booked(stage: Stage) -> list[Transaction]:
    """All transactions, the first one first."""
    return [decode(row[0]) for row in await stage.rows(select(transactions.c.body).order_by(transactions.c.id))]


async def tell(stage: Stage, *events: dict[str, Any], version: str = "2.0.1") -> list[Any]:
    return [await stage.say("TransactionEvent", one, version) for one in events]


@pytest.mark.parametrize("version", [V201, V21], ids=["2.0.1", "2.1"])
def test_an_event_in_our_words(version: Version) -> None:
    said = event("Ended", 7, 60, "tx-9", evse=2, trigger="StopAuthorized", offline=True, reservationId=5) | {
        "idToken": {"idToken": "T", "type": "eMAID"},
        "transactionInfo": {
            "transactionId": "tx-9",
            "chargingState": "Idle",
            "stoppedReason": "EVDisconnected",
            "remoteStartId": 77,
        },
        "meterValue": [
            {
                "timestamp": at(59),
                "sampledValue": [
                    {"value": 1.5, "unitOfMeasure": {"unit": "kWh"}, "context": "Transaction.End"},
                    {"value": 16, "measurand": "Power.Active.Import", "phase": "L1", "location": "Inlet"},
                    {"value": 16, "measurand": "Current.Import", "phase": "L1"},  # nothing is folded from it
                ],
            }
        ],
    }
    request, _ = codec.decode_request(version, "TransactionEvent", msgspec.json.encode(said), strict=True)
    then = NOON + 59_000_000
    assert to_event(request) == Event(
        kind="ended",
        at=NOON + 60_000_000,
        seq_no=7,
        offline=True,
        trigger_reason="StopAuthorized",
        evse_id=2,
        connector_id=1,
        token="T",
        token_type="eMAID",
        charging_state="Idle",
        stopped_reason="EVDisconnected",
        remote_start_id=77,
        reservation_id=5,
        readings=(
            Reading(then, 1500.0, context="Transaction.End"),
            Reading(then, 16.0, "Power.Active.Import", "W", "L1", location="Inlet"),
        ),
    )


@pytest.mark.parametrize("version", [V201, V21], ids=["2.0.1", "2.1"])
def test_what_harms_nobody(version: Version) -> None:
    for more, expected in [({}, {}), ({"token": "T"}, {"idTokenInfo": {"status": "Invalid"}})]:
        said = msgspec.json.encode(event("Started", 0, **more))
        request, _ = codec.decode_request(version, "TransactionEvent", said)
        assert msgspec.json.decode(codec.encode(harmless(version.messages, request))) == expected


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_transaction_and_what_it_shows(stage: Stage, version: str) -> None:
    await stage.token("GOOD")
    await tell(stage, event("Started", 0, token="Good", evse=1, info={"remoteStartId": 77}), version=version)
    assert stage.happened == [
        ("started", "77"),
        ("started_by", "good", "1"),
        ("message", "TransactionEvent", "1"),
    ]
    assert [kind for kind, _ in stage.told] == ["transaction.started"]
    await tell(stage, event("Updated", 1, 10), version=version)
    assert stage.happened == [("message", "TransactionEvent", "1")]
    assert list(stage.state.transactions) == ["tx-1"]
    await tell(stage, event("Ended", 2, 20), version=version)
    assert ("ended", "tx-1") in stage.happened
    assert stage.state.transactions == {}
    columns = (ledger.c.kind, ledger.c.seq_no, ledger.c.at, ledger.c.transaction)
    assert [tuple(row) for row in await stage.rows(select(*columns).order_by(ledger.c.id))] == [
        ("started", 0, NOON, 1),
        ("updated", 1, NOON + 10_000_000, 1),
        ("ended", 2, NOON + 20_000_000, 1),
    ]


async def test_a_repeat_changes_nothing(stage: Stage) -> None:
    await stage.token("GOOD")
    events = [
        event("Started", 0, token="GOOD", evse=1),
        event("Updated", 1, 10, wh=5),
        event("Updated", 1, 10, wh=6),  # the same number and time, but not the same: an event of its own
        event("Ended", 2, 20),
    ]
    first = await tell(stage, *events)
    before = await booked(stage)
    await stage.connect()
    for one, answer in zip(events, first, strict=True):
        repeated = dict(reversed(one.items())) | {"offline": True}  # another order of keys, another flag
        assert await tell(stage, repeated) == [answer]
        assert (stage.told, stage.happened, stage.call.entry) == ([], [], None)
    assert await booked(stage) == before
    assert before[0].events == 4
    assert stage.fed.count("transaction.ended") == 1


async def test_an_end_in_two_parts_is_no_repeat(stage: Stage) -> None:
    """Many values do not fit into one message (TxEndedInterval)."""
    await tell(stage, event("Started", 0, wh=0), event("Ended", 1, 60, wh=90), event("Ended", 1, 60, wh=100))
    (one,) = await booked(stage)
    assert (one.events, one.energy_wh, one.complete) == (3, 100, True)
    assert [finding.code for finding in one.findings] == ["seq_no_reused"]
    assert (stage.fed.count("transaction.ended"), stage.fed[-1]) == (1, "transaction.reconciled")


async def test_the_same_id_again_and_again(stage: Stage) -> None:
    for start in (0, 100, 200):
        await tell(stage, event("Started", 0, start), event("Ended", 1, start + 50))
    late = event("Updated", 5, 120)
    await tell(stage, late, late)
    assert [(one.ordinal, one.events) for one in await booked(stage)] == [(0, 2), (1, 3), (2, 2)]


async def test_an_id_used_between_two_uses(stage: Stage) -> None:
    """The block of the second use came from the queue after the third."""
    for start in (0, 200, 100):
        await tell(stage, event("Started", 0, start), event("Ended", 1, start + 50))
    found = await booked(stage)
    assert [(one.ordinal, one.events, one.state) for one in found] == [
        (0, 2, "ended"),
        (1, 2, "ended"),
        (2, 2, "ended"),
    ]
    assert [one.started_at for one in found] == [NOON, NOON + 200_000_000, NOON + 100_000_000]


async def test_a_token_of_long_ago_is_told_as_such(stage: Stage) -> None:
    await tell(stage, event("Started", 0, token="NOBODY", evse=1, offline=True))
    refused = [data for kind, data in stage.told if kind == "authorization.refused"]
    assert [data["offline"] for data in refused] == [True]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_values_outside_a_transaction(stage: Stage, version: str) -> None:
    said = {"evseId": 0, "meterValue": [{"timestamp": at(5), "sampledValue": [{"value": 1}]}]}
    assert await stage.say("MeterValues", said, version) == {}
    assert stage.happened == [("message", "MeterValues", "0")]
    columns = (ledger.c.kind, ledger.c.at, ledger.c.transaction)
    assert [tuple(row) for row in await stage.rows(select(*columns))] == [("meter", NOON + 5_000_000, None)]


STARTS = {
    "ParkingBayOccupancy": ("EVDetected", None),
    "EVConnected": ("CablePluggedIn", None),
    "Authorized": ("Authorized", "T"),
    "DataSigned": ("SignedDataReceived", None),
    "PowerPathClosed": ("ChargingStateChanged", "T"),
    "EnergyTransfer": ("ChargingStateChanged", "T"),
}
STOPS = {
    "ParkingBayOccupancy": "EVDeparted",
    "EVConnected": "EVCommunicationLost",
    "Authorized": "StopAuthorized",
    "DataSigned": "SignedDataReceived",
    "PowerPathClosed": "ChargingStateChanged",
    "EnergyTransfer": "ChargingStateChanged",
}


@SQLITE
@pytest.mark.parametrize("start", list(STARTS))
async def test_every_start_point_with_every_stop_point(stage: Stage, start: str) -> None:
    """TxStartPoint and TxStopPoint only move where the events begin and end: token, EVSE and energy are the same."""
    await stage.token("T")
    trigger, token = STARTS[start]
    for number, stop in enumerate(STOPS):
        called, later = f"{start}-{stop}"[:36], number * 1000
        await tell(
            stage,
            event("Started", 0, later, called, trigger=trigger, token=token, evse=None if start == "Authorized" else 1),
            event("Updated", 1, later + 10, called, trigger="Authorized", token="T", evse=1, wh=100),
            event("Updated", 2, later + 20, called, trigger="Deauthorized", wh=150),
            event("Updated", 3, later + 30, called, trigger="Authorized", token="T"),  # authorised once more
            event("Ended", 4, later + 40, called, trigger=STOPS[stop], wh=300),
        )
    found = await booked(stage)
    assert len(found) == len(STOPS)
    for one in found:
        assert (one.token, one.evse_id, one.energy_wh, one.complete, one.findings) == ("T", 1, 200, True, ())
