"""E: transactions of 2.x over the wire, read back over HTTP; each test is named after its acceptance case."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from ohmstead.blocks import booking
from ohmstead.domain.transactions import Event, Folded, Transaction
from tests.acceptance.serving import Csms, at, event, serving

pytestmark = pytest.mark.anyio
TRANSACTION = "TransactionEvent"


@pytest.fixture
async def csms(apart: Csms) -> Csms:
    """On each kind of database in turn."""
    await apart.add_station()
    await apart.add_token("GOOD", group="FAMILY")
    return apart


async def tell(csms: Csms, *events: dict[str, Any], version: str = "2.0.1") -> list[dict[str, Any]]:
    """Say these events as one station; the answers."""
    async with csms.station("CS1", version) as station:
        return [await station.call(TRANSACTION, one) for one in events]


def session(transaction: str = "tx-1", start: float = 0) -> list[dict[str, Any]]:
    """An hour of charging 10 kWh."""
    return [
        event("Started", 0, start, transaction, token="GOOD", evse=1, wh=1000),
        event("Updated", 1, start + 1800, transaction, wh=6000),
        event("Updated", 2, start + 2700, transaction, wh=8500),
        event("Ended", 3, start + 3600, transaction, trigger="StopAuthorized", token="GOOD", wh=11000),
    ]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_e01_the_token_comes_after_the_cable(csms: Csms, version: str) -> None:
    answers = await tell(
        csms,
        event("Started", 0, evse=1, trigger="CablePluggedIn", wh=1000, info={"chargingState": "EVConnected"}),
        event("Updated", 1, 10, token="GOOD", trigger="Authorized", info={"chargingState": "Charging"}),
        event("Updated", 2, 1800, wh=6000),
        event("Ended", 3, 3600, wh=11000, trigger="EVDeparted", info={"stoppedReason": "EVDisconnected"}),
        version=version,
    )
    assert ["idTokenInfo" in one for one in answers] == [False, True, False, False]  # E03: an answer for each token
    one = await csms.transaction()
    assert {name: one[name] for name in ("station_id", "transaction_id", "evse_id", "connector_id", "token")} == {
        "station_id": "CS1",
        "transaction_id": "tx-1",
        "evse_id": 1,
        "connector_id": 1,
        "token": "GOOD",
    }
    assert one["state"] == "ended"
    assert one["energy_wh"] == 10000
    assert one["stopped_reason"] == "EVDisconnected"
    assert (one["started_at"], one["ended_at"]) == ("2025-03-01T10:00:00Z", "2025-03-01T11:00:00Z")
    assert (one["events"], one["gaps"], one["complete"], one["findings"]) == (4, [], True, [])
    told = [one["type"].removeprefix("ohmstead.transaction.") for one in await csms.feed("transaction")]
    assert told == ["started", "updated", "updated", "ended"]


async def test_e02_the_evse_comes_later(csms: Csms) -> None:
    await tell(
        csms,
        event("Started", 0, token="GOOD"),
        event("Updated", 1, 10, evse=1, trigger="CablePluggedIn"),
        event("Updated", 2, 20),
    )
    one = await csms.transaction()
    assert (one["evse_id"], one["connector_id"], one["token"], one["events"]) == (1, 1, "GOOD", 3)


async def test_e03_every_token_gets_a_verdict(csms: Csms) -> None:
    answers = await tell(
        csms,
        event("Started", 0, token="NOBODY", evse=1),
        event("Updated", 1, 10, token="GOOD", trigger="Authorized"),
        event("Updated", 2, 20),
        event("Ended", 3, 30, token="GOOD", trigger="StopAuthorized"),
    )
    assert [one.get("idTokenInfo", {}).get("status") for one in answers] == ["Unknown", "Accepted", None, "Accepted"]


async def test_e04_what_comes_after_the_end_still_counts(csms: Csms) -> None:
    started, first, second, ended = session()
    async with csms.station() as station:
        await station.call(TRANSACTION, started)
        await station.call(TRANSACTION, ended)
        early = await csms.transaction()
        for late in (second, first):
            assert await station.call(TRANSACTION, late) == {}
    one = await csms.transaction()
    assert (early["state"], early["gaps"], early["complete"]) == ("ended", [1, 2], False)
    assert (one["state"], one["gaps"], one["complete"], one["events"]) == ("ended", [], True, 4)
    assert (one["energy_wh"], one["ended_at"]) == (10000, "2025-03-01T11:00:00Z")
    times = [message["at"] for message in await csms.events_of(one)]
    assert times == sorted(times)
    assert len(await csms.all(f"transactions/{one['id']}/meter-values")) == 4


async def test_e04_any_order_ends_the_same(csms: Csms) -> None:
    names = [f"tx-{number}" for number in range(24)]
    async with csms.station() as station:
        for name, order in zip(names, itertools.permutations(range(4)), strict=True):
            events = session(name)
            for place in order:
                await station.call(TRANSACTION, events[place])
    found = await csms.transactions(limit=100)
    assert len(found) == 24
    same = {
        (one["token"], one["energy_wh"], one["started_at"], one["ended_at"], one["complete"], one["events"])
        for one in found
    }
    assert same == {("GOOD", 10000, "2025-03-01T10:00:00Z", "2025-03-01T11:00:00Z", True, 4)}
    assert [one["findings"] for one in found] == [[]] * 24
    assert len(await csms.feed("transaction.started")) == 24


async def test_e05_a_started_that_comes_again(csms: Csms) -> None:
    started, *_, ended = session()
    async with csms.station() as station:
        first = await station.call(TRANSACTION, started)
        again = await station.call(TRANSACTION, started)
        offline = await station.call(TRANSACTION, started | {"offline": True})
        await station.call(TRANSACTION, ended)
        once_more = await station.call(TRANSACTION, started)
    assert first == again == offline == once_more
    one = await csms.transaction()
    assert (one["events"], one["energy_wh"]) == (2, 10000)
    assert len(await csms.events_of(one)) == 2
    assert len(await csms.feed("transaction.started")) == 1


async def test_e05_the_answer_is_the_same_when_the_token_was_blocked_since(csms: Csms) -> None:
    started = session()[0]
    async with csms.station() as station:
        first = await station.call(TRANSACTION, started)
        await csms.patch("tokens/GOOD", {"status": "blocked"})
        again = await station.call(TRANSACTION, started)
        other = await station.call(TRANSACTION, event("Started", 0, 1, "tx-2", token="GOOD", evse=2))
    assert first == again
    assert first["idTokenInfo"]["status"] == "Accepted"
    assert other["idTokenInfo"]["status"] == "Blocked"


async def test_e05_every_event_may_come_again_on_any_connection(csms: Csms) -> None:
    """Also over a restart of message ids and in another order."""
    first = await tell(csms, *session())
    again = await tell(csms, *reversed(session()))
    assert again == first[::-1]
    one = await csms.transaction()
    assert (one["events"], one["energy_wh"], one["complete"]) == (4, 10000, True)
    assert len(await csms.events_of(one)) == 4


async def test_e06_an_event_of_an_unknown_transaction(csms: Csms) -> None:
    assert await tell(csms, event("Updated", 7, wh=500)) == [{}]
    one = await csms.transaction()
    assert (one["state"], one["complete"]) == ("active", False)
    assert [finding["code"] for finding in one["findings"]] == ["started_missing"]
    assert (await csms.transactions(incomplete="true"))[0]["id"] == one["id"]
    await tell(csms, event("Ended", 8, 60, "tx-9", token="NOBODY"))
    assert len(await csms.transactions()) == 2


async def test_e07_a_gap_is_shown_and_can_be_asked_for(csms: Csms) -> None:
    started, first, _, ended = session()
    async with csms.station() as station:
        for one in (started, first, event("Updated", 3, 3000), ended | {"seqNo": 4}):
            await station.call(TRANSACTION, one)
        shown = await csms.transaction()
        assert (shown["gaps"], shown["complete"]) == ([2], False)
        assert [finding["code"] for finding in shown["findings"]] == ["events_missing"]
        gap = await csms.feed("transaction.gap_detected")
        assert [one["data"]["missing"] for one in gap] == [[2, 2]]
        status = {"ocpp": {"action": "GetTransactionStatus", "payload": {"transactionId": "tx-1"}}}
        asked = await csms.command("CS1", status)
        call = await station.next_call()
        assert call[2:] == ["GetTransactionStatus", {"transactionId": "tx-1"}]
        await station.answer(call, {"ongoingIndicator": False, "messagesInQueue": True})
        done = await csms.command_in(asked["id"], "accepted")
        assert done["answer"]["messagesInQueue"] is True
        await station.call(TRANSACTION, event("Updated", 2, 2700))
    closed = await csms.transaction()
    assert (closed["gaps"], closed["complete"], closed["findings"]) == ([], True, [])
    assert len(await csms.feed("transaction.reconciled")) == 1


async def test_e08_two_transactions_on_one_evse(csms: Csms) -> None:
    await tell(
        csms,
        event("Started", 0, 0, "a", token="GOOD", evse=1, wh=0),
        event("Ended", 1, 10, "a", wh=100),
        event("Started", 0, 20, "b", token="GOOD", evse=1, wh=100),
        event("Ended", 1, 30, "b", wh=300),
        event("Started", 57, 40, "c", token="GOOD", evse=1, wh=300),  # a counter of the EVSE is allowed (E, 1.3.2)
        event("Updated", 58, 50, "c", wh=350),
        event("Ended", 59, 60, "c", wh=600),
    )
    found = {one["transaction_id"]: one for one in await csms.transactions()}
    assert {name: one["energy_wh"] for name, one in found.items()} == {"a": 100, "b": 200, "c": 300}
    assert all(one["complete"] and not one["findings"] for one in found.values())


async def test_e09_an_offline_block_is_history(csms: Csms) -> None:
    block = [one | {"offline": True} for one in (*session("old"), *session("older", -7200)[:3])]
    async with csms.station() as station:
        for one in block:
            await station.call(TRANSACTION, one)
        await station.call("Heartbeat", {})
        assert station.asked.empty()
    old, older = await csms.transactions()
    assert (old["started_at"], old["ended_at"], old["complete"]) == (
        "2025-03-01T10:00:00Z",
        "2025-03-01T11:00:00Z",
        True,
    )
    assert (older["started_at"], older["state"], older["energy_wh"]) == ("2025-03-01T08:00:00Z", "active", 7500)
    assert (await csms.get("stations/CS1"))["clock_skew_s"] is None  # a queue says nothing about the clock
    assert await csms.feed("alert") == []
    assert await csms.feed("command") == []


async def test_e10_no_reason_is_local(csms: Csms) -> None:
    await tell(csms, *session())
    assert (await csms.transaction())["stopped_reason"] == "Local"


async def test_e11_the_stop_token_stands_beside_the_start_token(csms: Csms) -> None:
    await csms.add_token("PARTNER", group="FAMILY")
    started, *_, ended = session()
    ended["idToken"] = {"idToken": "PARTNER", "type": "ISO14443"}
    answers = await tell(csms, started, ended)
    assert answers[1]["idTokenInfo"]["groupIdToken"]["idToken"] == "FAMILY"
    one = await csms.transaction()
    assert (one["token"], one["stop_token"]) == ("GOOD", "PARTNER")
    shown = [message["payload"]["idToken"]["idToken"] for message in await csms.events_of(one)]
    assert shown == ["GOOD", "PARTNER"]


@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
async def test_e12_a_remote_stop_is_confirmed_by_its_event(csms: Csms, status: str) -> None:
    started, *_, ended = session("sess-1795334216-1")
    async with csms.station() as station:
        await station.call(TRANSACTION, started)
        one = await csms.transaction()
        asked = await csms.post(f"transactions/{one['id']}/stop", {})
        call = await station.next_call()
        assert call[2:] == ["RequestStopTransaction", {"transactionId": "sess-1795334216-1"}]
        await station.answer(call, {"status": status})
        if status == "Rejected":
            await csms.command_in(asked["id"], "rejected")
        else:
            await csms.command_in(asked["id"], "accepted")
            assert (await csms.transaction())["state"] == "active"
        del ended["idToken"]
        await station.call(TRANSACTION, ended | {"triggerReason": "RemoteStop"})
        if status == "Accepted":
            await csms.command_in(asked["id"], "confirmed")
    assert (await csms.transaction())["state"] == "ended"


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_e14_transaction_status_with_and_without_an_id(csms: Csms, version: str) -> None:
    async with csms.station("CS1", version) as station:
        for payload, answer in [
            ({"transactionId": "tx-1"}, {"ongoingIndicator": True, "messagesInQueue": False}),
            ({}, {"messagesInQueue": True}),  # E14.FR.06
        ]:
            asked = await csms.command("CS1", {"ocpp": {"action": "GetTransactionStatus", "payload": payload}})
            call = await station.next_call()
            assert call[3] == payload
            await station.answer(call, answer)
            assert (await csms.command_in(asked["id"], "accepted"))["answer"] == answer


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_e15_a_remote_start_is_linked_and_checked_again(csms: Csms, version: str) -> None:
    async with csms.station("CS1", version) as station:
        asked = await csms.command("CS1", {"type": "start", "token": "GOOD", "token_type": "ISO14443", "evse_id": 1})
        call = await station.next_call()
        number = call[3]["remoteStartId"]
        assert call[2] == "RequestStartTransaction"
        assert call[3]["idToken"] == {"idToken": "GOOD", "type": "ISO14443"}  # F01.FR.04
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
        await csms.patch("tokens/GOOD", {"status": "blocked"})
        started = event("Started", 0, token="GOOD", evse=1, trigger="RemoteStart", info={"remoteStartId": number})
        answer = await station.call(TRANSACTION, started)
        await csms.command_in(asked["id"], "confirmed")
    assert answer["idTokenInfo"]["status"] == "Blocked"
    assert len(await csms.transactions()) == 1


async def test_e15_the_link_may_come_with_a_later_event(csms: Csms) -> None:
    """The cable was there first: the transaction runs already and is authorised from remote."""
    async with csms.station() as station:
        await station.call(TRANSACTION, event("Started", 0, evse=1, trigger="CablePluggedIn"))
        asked = await csms.command("CS1", {"type": "start", "token": "GOOD", "evse_id": 1})
        call = await station.next_call()
        linked = {"remoteStartId": call[3]["remoteStartId"]}
        # the event crosses the answer
        await station.call(TRANSACTION, event("Updated", 1, 10, token="GOOD", trigger="RemoteStart", info=linked))
        await station.answer(call, {"status": "Accepted", "transactionId": "tx-1"})
        await csms.command_in(asked["id"], "confirmed")


async def test_e16_what_was_answered_survives_a_restart(tmp_path: Path) -> None:
    first, *_, ended = session()
    async with serving(tmp_path) as csms:
        await csms.add_station()
        await csms.add_token("GOOD")
        before = await tell(csms, first, ended)
        seen = await csms.transaction()
    async with serving(tmp_path) as csms:
        await csms.patch("tokens/GOOD", {"status": "blocked"})
        async with csms.station(boot=False) as station:
            after = [await station.call(TRANSACTION, one) for one in (first, ended)]
        assert after == before
        assert await csms.transaction() == seen
        assert len(await csms.events_of(seen)) == 2
        assert len(await csms.feed("transaction.ended")) == 1


@pytest.mark.parametrize("kind", ["Started", "Updated", "Ended"])
async def test_e16_what_we_fail_on_is_kept_and_folded_after_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A bug of ours must not make the station drop an event (E13.FR.04)."""
    events = session()
    fold = booking.fold

    def planted(one: Transaction, event: Event) -> Folded:
        if event.kind == kind.lower() and event.seq_no != 2:
            raise ZeroDivisionError
        return fold(one, event)

    monkeypatch.setattr(booking, "fold", planted)
    async with serving(tmp_path) as csms:
        await csms.add_station()
        await csms.add_token("GOOD")
        answers = await tell(csms, *events)
        assert [one.get("idTokenInfo", {}).get("status") for one in answers] == [
            "Invalid" if kind == "Started" else "Accepted",
            None,
            None,
            "Invalid" if kind == "Ended" else "Accepted",
        ]
        assert [one["data"]["code"] for one in await csms.feed("alert.firing")] == ["unfolded"]
        assert sum(one["events"] for one in await csms.transactions()) == 3
    monkeypatch.setattr(booking, "fold", fold)
    async with serving(tmp_path) as csms:
        async with csms.station(boot=False) as station:
            await station.call("Heartbeat", {})
        one = await csms.transaction()
        assert (one["events"], one["energy_wh"], one["complete"], one["findings"]) == (4, 10000, True, [])
        assert [event["data"]["code"] for event in await csms.feed("alert.resolved")] == ["unfolded"]
        assert await tell(csms, *events) == answers
        assert (await csms.transaction())["events"] == 4


async def test_e17_five_thousand_meter_values_at_the_end(csms: Csms) -> None:
    values = [
        {"timestamp": at(number), "sampledValue": [{"value": 1000 + number, "context": "Sample.Clock"}]}
        for number in range(5000)
    ]
    ended = event("Ended", 1, 5000) | {"meterValue": values}
    assert len(json.dumps(ended)) > 400_000
    async with csms.station() as station:
        await station.call(TRANSACTION, event("Started", 0, token="GOOD", evse=1))
        assert await station.call(TRANSACTION, ended) == {}
        assert "currentTime" in await station.call("Heartbeat", {})
    one = await csms.transaction()
    assert (one["energy_wh"], one["complete"], one["findings"]) == (4999, True, [])
    assert len(await csms.all(f"transactions/{one['id']}/meter-values")) == 5000


async def test_e17_more_than_a_message_may_hold_harms_nobody_else(csms: Csms) -> None:
    await csms.add_station("CS2")
    values = [{"timestamp": at(number), "sampledValue": [{"value": number}]} for number in range(30_000)]
    async with csms.station("CS2") as other:
        async with csms.station() as station:
            await station.socket.send(json.dumps([2, "1", TRANSACTION, event("Ended", 1) | {"meterValue": values}]))
            async with asyncio.timeout(10):
                await station.socket.wait_closed()
            assert station.socket.close_code == 1009
        assert "currentTime" in await other.call("Heartbeat", {})
    assert await csms.transactions() == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_e18_signed_values_are_kept_byte_for_byte(csms: Csms, version: str) -> None:
    data = base64.b64encode(bytes(range(256)) * 7).decode()
    signed = {"signedMeterData": data, "encodingMethod": "OCMF", "publicKey": base64.b64encode(b"key").decode()}
    signed["signingMethod"] = "ECDSA-secp256r1-SHA256"
    value = {"value": 1500.10, "context": "Transaction.End", "signedMeterValue": signed}
    ended = event("Ended", 1, 60) | {"meterValue": [{"timestamp": at(60), "sampledValue": [value]}]}
    # odd but legal: another order of keys, spaces, an escaped slash, 1500.10 with its last zero
    payload = json.dumps(ended, indent=1).replace("1500.1", "1500.10").replace("/", "\\/")
    async with csms.station("CS1", version) as station:
        await station.call(TRANSACTION, event("Started", 0, token="GOOD", evse=1))
        await station.raw(f'[2, "77","TransactionEvent", {payload}]')
    one = await csms.transaction()
    answer = await csms.api.get(f"transactions/{one['id']}/events")
    assert payload in answer.text
    assert [message["payload"] for message in answer.json()["data"]][1] == json.loads(payload)
    assert one["energy_wh"] == 0


MEASURED = [
    ("plain", [{"value": 1000}], [{"value": 3500}], 2500),
    ("kWh", [{"value": 1, "unitOfMeasure": {"unit": "kWh"}}], [{"value": 3.5, "unitOfMeasure": {"unit": "kWh"}}], 2500),
    ("mixed", [{"value": 1000, "unitOfMeasure": {}}], [{"value": 3.5, "unitOfMeasure": {"unit": "kWh"}}], 2500),
    (
        "multiplier",
        [{"value": 1, "unitOfMeasure": {"multiplier": 3}}],
        [{"value": 35, "unitOfMeasure": {"multiplier": 2}}],
        2500,
    ),
    (
        "phases",
        [{"value": 100, "phase": phase} for phase in ("L1", "L2", "L3")],
        [{"value": 200, "phase": phase} for phase in ("L1", "L2", "L3")],
        300,
    ),
    (
        "phases and whole",
        [{"value": 300}, *({"value": 99, "phase": phase} for phase in ("L1", "L2", "L3"))],
        [{"value": 600}, *({"value": 777, "phase": phase} for phase in ("L1", "L2", "L3"))],
        300,
    ),
    (
        "others",
        [{"value": 5}, {"value": 7, "measurand": "Energy.Active.Export.Register"}, {"value": 11, "measurand": "SoC"}],
        [{"value": 6}, {"value": 70, "measurand": "Energy.Active.Export.Register"}, {"value": 99, "measurand": "SoC"}],
        1,
    ),
    ("noise", [{"value": 0.0}], [{"value": 22.44000244140625}], 22.44),
]


@pytest.mark.parametrize(("begin", "end", "wh"), [row[1:] for row in MEASURED], ids=[row[0] for row in MEASURED])
async def test_e19_units_multipliers_and_phases(csms: Csms, begin: Any, end: Any, wh: float) -> None:
    await tell(
        csms,
        event("Started", 0, token="GOOD", evse=1) | {"meterValue": [{"timestamp": at(), "sampledValue": begin}]},
        event("Ended", 1, 3600) | {"meterValue": [{"timestamp": at(3600), "sampledValue": end}]},
    )
    one = await csms.transaction()
    assert (one["energy_wh"], one["findings"]) == (wh, [])
    values = await csms.all(f"transactions/{one['id']}/meter-values")
    assert {value["unit"] for value in values if value["measurand"].startswith("Energy")} == {"Wh"}


async def test_e24_the_main_meter(csms: Csms) -> None:
    value = [{"timestamp": at(), "sampledValue": [{"value": 123456}]}]
    async with csms.station() as station:
        assert await station.call("MeterValues", {"evseId": 0, "meterValue": value}) == {}
        assert await station.call("MeterValues", {"evseId": 1, "meterValue": value}) == {}
    assert await csms.transactions() == []
    kept = await csms.all("messages", action="MeterValues")
    assert [message["payload"]["evseId"] for message in kept] == [1, 0]


async def test_seq_no_always_0_loses_nothing(csms: Csms) -> None:
    """Some stations count nothing; their clocks tell the events apart."""
    events = session()
    for one in events:
        one["seqNo"] = 0
    answers = await tell(csms, *events)
    assert await tell(csms, *events) == answers
    one = await csms.transaction()
    assert (one["events"], one["energy_wh"], one["state"]) == (4, 10000, "ended")
    assert [finding["code"] for finding in one["findings"]] == ["seq_no_reused"]
    assert len(await csms.events_of(one)) == 4


async def test_seq_no_always_0_within_one_second_loses_nothing(csms: Csms) -> None:
    """Nor when the clock has no better than seconds: then what they say tells them apart."""
    started, *_, ended = session()
    events = [
        started,
        event("Updated", 0, 1, trigger="CablePluggedIn", info={"chargingState": "EVConnected"}),
        event("Updated", 0, 1, trigger="ChargingStateChanged", info={"chargingState": "Charging"}),
        event("Updated", 0, 1, wh=1001),
        ended | {"seqNo": 0},
    ]
    await tell(csms, *events)
    await tell(csms, *[one | {"offline": True} for one in events])
    one = await csms.transaction()
    assert one["events"] == 5
    assert len(await csms.events_of(one)) == 5


async def test_a_transaction_id_is_used_again(csms: Csms) -> None:
    first, later = session(), session(start=7200)
    answers = await tell(csms, *first, *later)
    assert await tell(csms, *first, *later) == answers
    new, old = await csms.transactions()
    assert (old["started_at"], old["energy_wh"], old["complete"], old["events"]) == (
        "2025-03-01T10:00:00Z",
        10000,
        True,
        4,
    )
    assert (new["started_at"], new["energy_wh"], new["complete"], new["events"]) == (
        "2025-03-01T12:00:00Z",
        10000,
        True,
        4,
    )
    assert [finding["code"] for finding in new["findings"]] == ["transaction_id_reused"]
    assert old["findings"] == []


async def test_a_reused_id_in_the_same_moment_after_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as csms:
        await csms.add_station()
        await tell(csms, *session(), session(start=7200)[0])
    async with serving(tmp_path) as csms:
        await tell(csms, *session(start=7200))
        assert [one["events"] for one in await csms.transactions()] == [4, 4]


async def test_nothing_well_formed_gets_a_call_error(csms: Csms) -> None:
    """Whatever it says, an accepted station's event is answered: a CALLERROR makes it drop the event (E13.FR.04)."""
    huge = {"value": 1e300, "unitOfMeasure": {"unit": "kWh", "multiplier": 250}}
    odd = [
        event("Ended", 9, -1e9, "x"),
        event("Started", 2**31 - 1, 1e9, "x", evse=0),
        event("Updated", 0, 0, "x", evse=1, info={"chargingState": "Idle"}),
        event("Updated", 0, 0, "x", evse=2, info={"remoteStartId": 0, "timeSpentCharging": -1}),
        event("Started", 0, 0, "x", token={"idToken": "", "type": "Central"}, reservationId=-1),
        event("Ended", 0, 0, "x", token={"idToken": "A", "type": "Local", "additionalInfo": [
            {"additionalIdToken": "b", "type": "c"}]}, numberOfPhasesUsed=9, cableMaxCurrent=0),
        event("Updated", 3, 5, "x") | {"meterValue": [{"timestamp": at(), "sampledValue": [huge, {"value": -5}]}]},
        event("Updated", 4, 5, "x" * 36, customData={"vendorId": "v", "any": [1, {"a": None}]}),
        event("Updated", 1, 5, "x") | {"timestamp": "0001-01-01T00:00:00Z"},
        event("Updated", 1, 5, "x") | {"timestamp": "9999-12-31T23:59:59.999Z"},
        event("Updated", 1, 5, "x") | {"timestamp": "2025-03-01T10:00:00.123456789+05:30"},
        event("Started", 1, 5, "\u00e9\u4e2d\U0001f50c", token="\u00e9"),
    ]  # fmt: skip
    answers = await tell(csms, *odd)
    assert [set(one) - {"idTokenInfo"} for one in answers] == [set()] * len(odd)
    assert not any(one.get("idTokenInfo", {}).get("status") == "Accepted" for one in answers)
    assert sum(one["events"] for one in await csms.transactions()) == len(odd)
    assert await csms.feed("alert") == []


async def test_a_station_that_does_not_wait_for_answers(csms: Csms) -> None:
    """OCPP-J allows one call at a time, but some have two and more under way: each is answered, in the order sent."""
    events = [one for number in range(8) for one in session(f"tx-{number}", number * 4000)]
    async with csms.station() as station:
        for number, one in enumerate(events):
            await station.socket.send(json.dumps([2, f"m{number}", TRANSACTION, one]))
        answers = [json.loads(await station.socket.recv()) for _ in events]
    assert [(kind, message_id) for kind, message_id, _ in answers] == [(3, f"m{number}") for number in range(32)]
    assert {(one["events"], one["complete"], one["energy_wh"]) for one in await csms.transactions()} == {
        (4, True, 10000)
    }


async def test_the_feed_tells_each_transaction_once_and_in_order(csms: Csms) -> None:
    async with csms.station() as station:
        for number in range(5):
            for one in session(f"tx-{number}", number * 4000):
                await station.call(TRANSACTION, one)
    feed = await csms.feed()
    assert [one["sequence"] for one in feed] == list(range(1, len(feed) + 1))
    for number in range(5):
        told = [one for one in feed if one["data"].get("transaction_id") == f"tx-{number}"]
        kinds = [one["type"].rpartition(".")[2] for one in told]
        assert kinds == ["started", "updated", "updated", "ended"]
        assert told[-1]["data"]["energy_wh"] == 10000
        assert told[-1]["subject"] == "CS1"
