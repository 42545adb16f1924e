"""The same thing told in 1.6 and in 2.x makes the same record: a row for each difference that makes subtle bugs."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from sqlalchemy import select

from ohmstead.blocks.authorization import id_tag_info
from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.remote_control import Start, Stop, Trigger
from ohmstead.domain.station import evse_state
from ohmstead.domain.tokens import Verdict
from ohmstead.ocpp import v16
from ohmstead.store.resources.transactions import decode
from ohmstead.store.tables import transactions
from tests.acceptance.serving import at, event
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
Said = list[tuple[str, dict[str, Any]]]


def started(**more: Any) -> tuple[str, dict[str, Any]]:
    return "StartTransaction", {"connectorId": 1, "idTag": "T", "meterStart": 1000, "timestamp": at(0)} | more


def stopped(seconds: float = 120, wh: int = 6000, **more: Any) -> tuple[str, dict[str, Any]]:
    return "StopTransaction", {"transactionId": 1, "meterStop": wh, "timestamp": at(seconds)} | more


def sampled(seconds: float, *values: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": at(seconds), "sampledValue": list(values)}


def metered(*values: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [sampled(60, *values)]} | more


def told(*events: dict[str, Any]) -> Said:
    return [("TransactionEvent", one) for one in events]


BEGUN = event("Started", 0, 0, token="T", evse=1, wh=1000)
ENDED = event("Ended", 1, 120, wh=6000)
KWH = {"unitOfMeasure": {"unit": "kWh"}}

ROWS: dict[str, tuple[Said, Said]] = {
    "an integer of ours, a text of theirs": ([started(), stopped()], told(BEGUN, ENDED)),
    "a start that is sent again": ([started(), started(), stopped()], told(BEGUN, BEGUN, ENDED)),
    "an end that is sent again": ([started(), stopped(), stopped()], told(BEGUN, ENDED, ENDED)),
    "a stop that does not know its number": ([started(), stopped(transactionId=-1)], told(BEGUN, ENDED)),
    "samples with the stop, samples with the end": (
        [started(), stopped(transactionData=[sampled(60, {"value": "4000"}), sampled(120, {"value": "6000"})])],
        told(BEGUN, ENDED | {"meterValue": [sampled(60, {"value": 4000}), sampled(120, {"value": 6000})]}),
    ),
    "a whole register, a register with unit and multiplier": (
        [started(), stopped()],
        told(BEGUN, ENDED | {"meterValue": [sampled(120, {"value": 6} | KWH)]}),
    ),
    "a text, a number": (
        [started(), metered({"value": "4.5", "unit": "kWh"}), stopped()],
        told(BEGUN, event("Updated", 1, 60, wh=4500), event("Ended", 2, 120, wh=6000)),
    ),
    "connector n, EVSE n": (
        [started(connectorId=2), stopped()],
        told(event("Started", 0, 0, token="T", evse=2, wh=1000), ENDED),
    ),
    "no reason is Local": ([started(), stopped(idTag="T")], told(BEGUN, ENDED | {"idToken": BEGUN["idToken"]})),
    "a reason is kept as it is": (
        [started(), stopped(reason="PowerLoss")],
        told(BEGUN, event("Ended", 1, 120, wh=6000, info={"stoppedReason": "PowerLoss"})),
    ),
    "another card of the group ends it": (
        [started(), stopped(idTag="FRIEND")],
        told(BEGUN, ENDED | {"idToken": {"idToken": "FRIEND", "type": "ISO14443"}}),
    ),
    "values of another measurand are no energy": (
        [started(), metered({"value": "230", "measurand": "Voltage", "unit": "V"}), stopped()],
        told(BEGUN, ENDED | {"meterValue": [
            sampled(60, {"value": 230, "measurand": "Voltage"}), sampled(120, {"value": 6000}),
        ]}),
    ),
    "what happened offline comes later": (
        [started(), stopped(), metered({"value": "4000"})],
        told(BEGUN, event("Ended", 2, 120, wh=6000), event("Updated", 1, 60, wh=4000, offline=True)),
    ),
}  # fmt: skip


async def record(stage: Stage, said: Said, version: str) -> tuple[Any, ...]:
    """What the only transaction of the station came to; the number of 1.6 is put in where it is known."""
    number = None
    for action, payload in said:
        given = payload | {"transactionId": number} if payload.get("transactionId") == 1 else payload
        number = (await stage.say(action, given, version)).get("transactionId", number)
    one_station = transactions.c.station_id == stage.state.station.id
    (row,) = await stage.rows(select(transactions.c.body).where(one_station))
    one = decode(row[0])
    return (
        one.state, one.token, one.stop_token, one.evse_id, one.started_at, one.ended_at, one.energy_wh,
        one.stopped_reason, one.complete,
    )  # fmt: skip


@SQLITE
@pytest.mark.parametrize("name", ROWS)
async def test_both_dialects_make_one_record(stage: Stage, name: str) -> None:
    await stage.token("T", group="FAMILY")
    await stage.token("FRIEND", group="FAMILY")
    old, new = ROWS[name]
    found = await record(stage, old, "1.6")
    await stage.enter(2)
    assert found == await record(stage, new, "2.0.1")
    assert (found[0], found[6]) == ("ended", 5000)


def test_a_group_that_is_too_long_for_1_6_is_not_cut() -> None:
    """parentIdTag takes 20 characters: a part of a group would be another group."""
    for group, said in (("G" * 20, "G" * 20), ("G" * 21, None)):
        info = id_tag_info(v16, Verdict("Accepted", group))
        assert (None if info.parent_id_tag is UNSET else info.parent_id_tag) == said


def test_a_remote_start_is_known_again() -> None:
    """2.x has a number for it; in 1.6 it is the next transaction of this tag on this connector."""
    accepted = {"status": "Accepted"}
    new = converse(Start(token="T", evse_id=2), "2.0.1", accepted)
    old = converse(Start(token="T", evse_id=2), "1.6", accepted)
    assert new.outcome.expects == ("started", "77")
    assert old.outcome.expects == ("started_by", "t", "2")
    with pytest.raises(Unsupported):
        converse(Start(token="T" * 21), "1.6")


def test_an_id_of_1_6_is_a_number() -> None:
    assert converse(Stop(transaction_id="12"), "1.6", {"status": "Accepted"}).requests[0][1] == {"transactionId": 12}
    with pytest.raises(Unsupported):
        converse(Stop(transaction_id="tx-1"), "1.6")


def test_1_6_cannot_be_asked_for_its_transactions() -> None:
    with pytest.raises(Unsupported):
        converse(Trigger(message="TransactionEvent"), "1.6")
    asked = converse(Trigger(message="TransactionEvent", evse_id=1), "2.0.1", {"status": "Accepted"})
    assert asked.requests[0][1] == {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}


@SQLITE
@pytest.mark.parametrize(
    ("status", "state"),
    [("Preparing", "preparing"), ("Charging", "charging"), ("SuspendedEV", "suspended_ev"), ("Finishing", "finishing")],
)
async def test_1_6_tells_of_charging_in_the_status(stage: Stage, status: str, state: str) -> None:
    said = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": at(0)}
    await stage.say("StatusNotification", said, "1.6")
    assert evse_state(1, stage.state.connectors.values(), None) == state
