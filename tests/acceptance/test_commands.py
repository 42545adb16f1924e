"""The life of a command, as the contract of the API tells it, from POST to the station and back."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import PATIENCE, Csms, Station, event, serving

pytestmark = pytest.mark.anyio

TRIGGER = {"type": "trigger", "message": "Heartbeat"}
CLEAR_CACHE = {"ocpp": {"action": "ClearCache", "payload": {}}}


@pytest.fixture
async def station(csms: Csms, known: str) -> AsyncIterator[Station]:
    """A booted station of 2.0.1."""
    async with csms.station(known) as one:
        yield one


async def refusal(csms: Csms, path: str, body: Any, status: int) -> Any:
    answer = await csms.api.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def states(csms: Csms, id: str) -> list[str]:
    """What the feed tells of a command, in its order."""
    found = [one for one in await csms.feed("command.") if one["data"]["id"] == id]
    return [one["type"].removeprefix("ohmstead.command.") for one in found]


async def tick(csms: Csms) -> None:
    """Do what the gateway does every second."""
    assert csms.server.hub is not None
    csms.server.hub.tick()


# ---------------------------------------------------------------------- before it is sent


async def test_an_offline_station_and_a_command_that_does_not_wait(csms: Csms, known: str) -> None:
    for body in (TRIGGER, {"type": "reset"}, CLEAR_CACHE, {**TRIGGER, "if_offline": "fail"}):
        problem = await refusal(csms, f"stations/{known}/commands", body, 409)
        assert "offline" in problem["detail"]
    assert (await csms.get("commands", station_id=known))["data"] == []


async def test_an_offline_station_and_a_command_that_waits(csms: Csms, known: str) -> None:
    asked = await csms.command(known, {**TRIGGER, "if_offline": "queue"})
    raw = await csms.command(known, {**CLEAR_CACHE, "if_offline": "queue"})
    assert (asked["state"], raw["state"]) == ("queued", "queued")
    async with csms.station(known) as station:
        for action in ("TriggerMessage", "ClearCache"):  # in the order they were asked
            call = await station.next_call()
            assert call[2] == action
            await station.answer(call, {"status": "Accepted"})
        await csms.command_in(raw["id"], "accepted")


async def test_a_command_expires(csms: Csms, known: str) -> None:
    asked = await csms.command(known, {**TRIGGER, "if_offline": "queue", "expires_in": 1})
    expired = await csms.command_in(asked["id"], "expired")
    assert expired["calls"] == []
    async with csms.station(known) as station:
        await station.call("Heartbeat", {})
        assert station.asked.empty()
    assert await states(csms, asked["id"]) == ["queued", "expired"]


async def test_a_command_is_cancelled_while_it_is_queued(csms: Csms, known: str) -> None:
    asked = await csms.command(known, {**TRIGGER, "if_offline": "queue"})
    assert (await csms.api.delete(f"commands/{asked['id']}")).status_code == 204
    assert (await csms.get(f"commands/{asked['id']}"))["state"] == "cancelled"
    async with csms.station(known) as station:
        await station.call("Heartbeat", {})
        assert station.asked.empty()
        asked = await csms.command(known, TRIGGER)
        call = await station.next_call()
        assert (await csms.api.delete(f"commands/{asked['id']}")).status_code == 409
        await station.answer(call, {"status": "Rejected"})
        await csms.command_in(asked["id"], "rejected")
        assert (await csms.api.delete(f"commands/{asked['id']}")).status_code == 409


async def test_what_was_cancelled_is_never_sent(csms: Csms, known: str, station: Station) -> None:
    """Each is cancelled in the moment in which it would be sent: it is one or the other."""
    sent: set[str] = set()
    cancelled: set[str] = set()

    async def obey() -> None:
        while True:
            call = await station.next_call()
            sent.add(call[1])
            await station.answer(call, {"status": "Accepted"})

    obeying = asyncio.create_task(obey())
    asked = []
    for _ in range(12):
        one = await csms.command(known, CLEAR_CACHE)
        asked.append(one["id"])
        if (await csms.api.delete(f"commands/{one['id']}")).status_code == 204:
            cancelled.add(one["id"])
    for id in asked:
        shown = await csms.command_in(id, "accepted", "cancelled")
        assert (shown["state"] == "cancelled") == (id in cancelled)
        assert [call["message_id"] in sent for call in shown["calls"]] == ([] if id in cancelled else [True])
    obeying.cancel()
    assert len(sent) == len(asked) - len(cancelled)


# ---------------------------------------------------------------------- sent, answered


async def test_sent_then_accepted(csms: Csms, known: str, station: Station) -> None:
    asked = await csms.command(known, CLEAR_CACHE)
    assert asked["ocpp"] == CLEAR_CACHE["ocpp"]
    call = await station.next_call()
    sent = await csms.command_in(asked["id"], "sent")
    assert [(one["message_id"], one["action"]) for one in sent["calls"]] == [(call[1], "ClearCache")]
    await station.answer(call, {"status": "Accepted"})
    done = await csms.command_in(asked["id"], "accepted")
    assert done["answer"] == {"status": "Accepted"}
    assert done["calls"][0]["answer"] == {"status": "Accepted"}
    assert done["calls"][0]["sent_at"] <= done["calls"][0]["answered_at"]
    assert await states(csms, asked["id"]) == ["queued", "sent", "accepted"]


async def test_rejected_with_a_reason(csms: Csms, known: str, station: Station) -> None:
    asked = await csms.command(known, {"type": "reset", "when": "idle"})
    call = await station.next_call()
    assert call[2:] == ["Reset", {"type": "OnIdle"}]
    info = {"reasonCode": "InProgress", "additionalInfo": "firmware"}
    await station.answer(call, {"status": "Rejected", "statusInfo": info})
    rejected = await csms.command_in(asked["id"], "rejected")
    assert rejected["reason"] == "Rejected: InProgress: firmware"


async def test_no_answer_in_time(tmp_path: Path) -> None:
    async with serving(tmp_path, call_timeout=0.5) as csms:
        await csms.add_station()
        async with csms.station() as station:
            asked = await csms.command("CS1", CLEAR_CACHE)
            await station.next_call()
            late = await csms.command_in(asked["id"], "timed_out")
            assert "may still have worked" in late["reason"]
            assert late["answer"] is None


async def test_a_station_that_goes_while_its_command_is_open(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        asked = await csms.command(known, CLEAR_CACHE)
        waiting = await csms.command(known, {**TRIGGER, "if_offline": "queue"})
        await station.next_call()
    await csms.command_in(asked["id"], "timed_out")
    async with csms.station(known, boot=False) as station:
        call = await station.next_call()
        assert call[2] == "TriggerMessage"  # the first one is never sent again
        await station.answer(call, {"status": "Rejected"})
        await csms.command_in(waiting["id"], "rejected")


async def test_a_station_that_takes_over_while_its_command_is_open(csms: Csms, known: str) -> None:
    async with csms.station(known) as old:
        asked = await csms.command(known, CLEAR_CACHE)
        call = await old.next_call()
        async with csms.station(known, boot=False) as new:
            await new.call("Heartbeat", {})
            await csms.command_in(asked["id"], "timed_out")
            await new.answer(call, {"status": "Accepted"})  # on the wrong socket
            again = await csms.command(known, CLEAR_CACHE)
            await new.answer(await new.next_call(), {"status": "Accepted"})
            await csms.command_in(again["id"], "accepted")
            assert (await csms.get(f"commands/{asked['id']}"))["state"] == "timed_out"


async def test_a_command_that_was_sent_when_we_died(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    async with serving(tmp_path) as csms:
        await csms.add_station()
        async with csms.station() as station:
            asked = await csms.command("CS1", CLEAR_CACHE)
            await station.next_call()
            await csms.command_in(asked["id"], "sent")
            _copy(tmp_path, tmp_path / "copy")  # what kill -9 leaves behind in this moment
    async with serving(tmp_path / "copy") as csms:
        assert not (await csms.get("stations/CS1"))["online"]
        async with csms.station(boot=False) as station:
            await station.call("Heartbeat", {})
            assert (await csms.get(f"commands/{asked['id']}"))["state"] == "timed_out"
            assert station.asked.empty()
        assert await states(csms, asked["id"]) == ["queued", "sent", "timed_out"]


def _copy(source: Path, target: Path) -> None:
    (target / "server.key").write_bytes((source / "server.key").read_bytes())
    reading, writing = sqlite3.connect(source / "ohmstead.db"), sqlite3.connect(target / "ohmstead.db")
    reading.backup(writing)
    reading.close()
    writing.close()


async def test_a_change_of_the_station_while_its_command_is_open(csms: Csms, known: str, station: Station) -> None:
    asked = await csms.command(known, TRIGGER)
    call = await station.next_call()
    await csms.patch(f"stations/{known}", {"capabilities": {"items_per_get_variables": 2}})
    await station.answer(call, {"status": "Accepted"})
    await csms.patch(f"stations/{known}", {"registration": "pending"})
    await csms.command_in(asked["id"], "accepted")
    await station.call("Heartbeat", {})  # triggered, so it may
    await csms.command_in(asked["id"], "confirmed")


# ---------------------------------------------------------------------- confirmed


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_confirmed_after_the_answer(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        asked = await csms.command(known, TRIGGER)
        await station.answer(await station.next_call(), {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
        await station.call("Heartbeat", {})
        await csms.command_in(asked["id"], "confirmed")
        assert await states(csms, asked["id"]) == ["queued", "sent", "accepted", "confirmed"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_confirmed_before_the_answer(csms: Csms, known: str, version: str) -> None:
    async with csms.station(known, version) as station:
        asked = await csms.command(known, TRIGGER)
        call = await station.next_call()
        await station.call("Heartbeat", {})
        assert (await csms.get(f"commands/{asked['id']}"))["state"] == "sent"
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "confirmed")
        assert await states(csms, asked["id"]) == ["queued", "sent", "accepted", "confirmed"]


async def test_confirmed_in_the_same_moment(csms: Csms, known: str, station: Station) -> None:
    """Answer and confirming message in one packet, in either order."""
    for first in (0, 1):
        asked = await csms.command(known, TRIGGER)
        call = await station.next_call()
        said = [json.dumps([3, call[1], {"status": "Accepted"}]), '[2,"h","Heartbeat",{}]']
        await station.socket.send(said[first])
        await station.socket.send(said[1 - first])
        await station.socket.recv()
        await csms.command_in(asked["id"], "confirmed")
        assert (await states(csms, asked["id"]))[-1] == "confirmed"


async def test_unconfirmed(tmp_path: Path) -> None:
    async with serving(tmp_path, confirm_window=0.01) as csms:
        await csms.add_station()
        async with csms.station() as station:
            asked = await csms.command("CS1", TRIGGER)
            await station.answer(await station.next_call(), {"status": "Accepted"})
            assert "did not come" in (await csms.command_in(asked["id"], "unconfirmed"))["reason"]
            await station.call("Heartbeat", {})  # too late
            assert (await csms.get(f"commands/{asked['id']}"))["state"] == "unconfirmed"


async def test_a_reset_is_confirmed_by_the_boot_on_another_socket(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        asked = await csms.command(known, {"type": "reset"})
        await station.answer(await station.next_call(), {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
    async with csms.station(known):
        await csms.command_in(asked["id"], "confirmed")


async def test_a_start_is_confirmed_by_its_transaction(csms: Csms, known: str, station: Station) -> None:
    asked = await csms.command(known, {"type": "start", "token": "AB12", "evse_id": 1})
    call = await station.next_call()
    assert call[3]["idToken"] == {"idToken": "AB12", "type": "Central"}
    await station.answer(call, {"status": "Accepted", "transactionId": "tx-1"})
    await csms.command_in(asked["id"], "accepted")
    await station.call("TransactionEvent", event("Started", 0, evse=1, info={"remoteStartId": 4711_0000}))
    assert (await csms.get(f"commands/{asked['id']}"))["state"] == "accepted"
    remote = {"remoteStartId": call[3]["remoteStartId"]}
    await station.call("TransactionEvent", event("Started", 0, transaction="tx-2", evse=1, info=remote))
    await csms.command_in(asked["id"], "confirmed")
    asked = await csms.command(known, {"type": "stop", "transaction_id": "tx-2"})
    call = await station.next_call()
    assert call[2:] == ["RequestStopTransaction", {"transactionId": "tx-2"}]
    await station.answer(call, {"status": "Accepted"})
    await csms.command_in(asked["id"], "accepted")  # the answer alone is not the end (F03.FR.01)
    await station.call("TransactionEvent", event("Ended", 1, 60, transaction="tx-2"))
    await csms.command_in(asked["id"], "confirmed")


# ---------------------------------------------------------------------- several calls, raw calls


def wanted(count: int) -> list[dict[str, Any]]:
    return [{"component": "C", "variable": f"V{number}"} for number in range(count)]


def results(call: list[Any], statuses: list[str]) -> dict[str, Any]:
    """The answer to a GetVariables."""
    return {
        "getVariableResult": [
            {"attributeStatus": status, "component": one["component"], "variable": one["variable"]}
            | ({"attributeValue": "1"} if status == "Accepted" else {})
            for one, status in zip(call[3]["getVariableData"], statuses, strict=True)
        ]
    }


async def test_a_command_of_several_calls(csms: Csms, known: str, station: Station) -> None:
    await csms.patch(f"stations/{known}", {"capabilities": {"items_per_get_variables": 4}})
    asked = await csms.command(known, {"type": "get_variables", "variables": wanted(5)})
    for size in (4, 1):
        call = await station.next_call()
        assert len(call[3]["getVariableData"]) == size
        await station.answer(call, results(call, ["Accepted"] * size))
    done = await csms.command_in(asked["id"], "accepted")
    assert len(done["calls"]) == 2
    assert done["answer"] == done["calls"][1]["answer"]
    assert len({one["message_id"] for one in done["calls"]}) == 2


async def test_a_command_that_is_half_accepted_says_so(csms: Csms, known: str, station: Station) -> None:
    asked = await csms.command(known, {"type": "get_variables", "variables": wanted(3)})
    call = await station.next_call()
    await station.answer(call, results(call, ["Accepted", "UnknownVariable", "Rejected"]))
    done = await csms.command_in(asked["id"], "accepted")
    assert done["reason"] == "C.V1: UnknownVariable; C.V2: Rejected"


async def test_a_command_of_several_calls_whose_second_fails(csms: Csms, known: str, station: Station) -> None:
    await csms.patch(f"stations/{known}", {"capabilities": {"items_per_get_variables": 1}})
    asked = await csms.command(known, {"type": "get_variables", "variables": wanted(3)})
    call = await station.next_call()
    await station.answer(call, results(call, ["Accepted"]))
    call = await station.next_call()
    await station.socket.send(json.dumps([4, call[1], "InternalError", "", {}]))
    call = await station.next_call()
    await station.answer(call, results(call, ["Accepted"]))
    done = await csms.command_in(asked["id"], "accepted")
    assert len(done["calls"]) == 3
    assert done["calls"][1]["error"]["code"] == "InternalError"
    assert done["reason"] == "C.V1: InternalError"
    assert [one["status"] for one in done["results"]] == ["accepted", "rejected", "accepted"]


async def test_a_raw_call_keeps_the_order_of_its_keys(csms: Csms, known: str, station: Station) -> None:
    payload = '{"vendorId":"V","data":{"z":1,"a":[2,{"y":1.50,"b":null}]},"messageId":"M"}'
    body = f'{{"ocpp":{{"action":"DataTransfer","payload":{payload}}}}}'
    answer = await csms.api.post(f"stations/{known}/commands", content=body)
    assert answer.status_code == 202, answer.text
    frame = str(await asyncio.wait_for(station.socket.recv(), PATIENCE))
    assert frame.endswith(f',"DataTransfer",{payload}]')
    await station.answer(json.loads(frame), {"status": "UnknownVendorId"})
    rejected = await csms.command_in(answer.json()["id"], "rejected")
    assert rejected["reason"] == "UnknownVendorId"


@pytest.mark.parametrize(
    ("ocpp", "pointer"),
    [
        ({"action": "Reset", "payload": {"type": "Now"}}, "/ocpp/payload/type"),
        ({"action": "Reset", "payload": {}}, "/ocpp/payload"),
        ({"action": "Reset", "payload": {"type": "OnIdle", "foo": 1}}, "/ocpp/payload"),
        ({"action": "FooBar", "payload": {}}, "/ocpp/action"),
        ({"action": "BatterySwap", "payload": {}}, "/ocpp/action"),
    ],
)
async def test_a_raw_call_is_checked_first(csms: Csms, known: str, station: Station, ocpp: Any, pointer: str) -> None:
    problem = await refusal(csms, f"stations/{known}/commands", {"ocpp": ocpp}, 422)
    assert [error["pointer"][: len(pointer)] for error in problem["errors"]] == [pointer]


async def test_a_raw_call_that_its_station_cannot_hear(csms: Csms, known: str) -> None:
    """When it was asked nobody knew the station's version."""
    raw = {"ocpp": {"action": "GetBaseReport", "payload": {"requestId": 1, "reportBase": "FullInventory"}}}
    asked = await csms.command(known, {**raw, "if_offline": "queue"})
    async with csms.station(known, "1.6") as station:
        failed = await csms.command_in(asked["id"], "error")
        assert "1.6" in failed["reason"]
        assert station.asked.empty()


async def test_a_command_that_the_version_does_not_have(csms: Csms, known: str) -> None:
    async with csms.station(known, "1.6") as station:
        asked = await csms.command(known, {"type": "reset", "evse_id": 1})
        failed = await csms.command_in(asked["id"], "error")
        assert "1.6" in failed["reason"]
        await station.call("Heartbeat", {})
        assert station.asked.empty()


# ---------------------------------------------------------------------- who may get what


@pytest.mark.parametrize(
    "body",
    [
        {"type": "start", "token": "A"},
        {"type": "stop", "transaction_id": "1"},
        {"ocpp": {"action": "RequestStopTransaction", "payload": {"transactionId": "1"}}},
    ],
    ids=["start", "stop", "raw"],
)
async def test_a_pending_station_starts_and_stops_nothing(csms: Csms, known: str, body: Any) -> None:
    await csms.patch(f"stations/{known}", {"registration": "pending"})
    async with csms.station(known) as station:
        asked = await csms.command(known, body)
        assert "pending" in (await csms.command_in(asked["id"], "error"))["reason"]
        await station.call(
            "BootNotification", {"reason": "Triggered", "chargingStation": {"model": "M", "vendorName": "V"}}
        )
        assert station.asked.empty()


async def test_a_station_that_was_rejected_meanwhile_hears_nothing_more(
    csms: Csms, known: str, station: Station
) -> None:
    first = await csms.command(known, TRIGGER)
    second = await csms.command(known, TRIGGER)
    call = await station.next_call()
    await csms.patch(f"stations/{known}", {"registration": "rejected"})
    await station.answer(call, {"status": "Rejected"})
    await csms.command_in(first["id"], "rejected")
    await station.boot()
    assert station.asked.empty()
    assert (await csms.get(f"commands/{second['id']}"))["state"] == "queued"


# ---------------------------------------------------------------------- waiting for it


async def test_wait_for_the_answer(csms: Csms, known: str, station: Station) -> None:
    waiting = asyncio.create_task(csms.api.post(f"stations/{known}/commands?wait=10", json=TRIGGER))
    call = await station.next_call()
    await station.answer(call, {"status": "Accepted"})
    answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert answer.headers["Location"].endswith(answer.json()["id"])


async def test_wait_for_the_confirmation(csms: Csms, known: str, station: Station) -> None:
    path = f"stations/{known}/commands?wait=10&until=confirmed"
    waiting = asyncio.create_task(csms.api.post(path, json=TRIGGER))
    await station.answer(await station.next_call(), {"status": "Accepted"})
    await station.call("Heartbeat", {})
    answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")


async def test_wait_in_vain(csms: Csms, known: str, station: Station) -> None:
    answer = await csms.api.post(f"stations/{known}/commands?wait=0.01", json=CLEAR_CACHE)
    assert (answer.status_code, answer.json()["state"] in ("queued", "sent")) == (202, True)


# ---------------------------------------------------------------------- a mistake of ours


async def test_a_mistake_in_one_command_harms_no_other(
    csms: Csms, known: str, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ohmstead.blocks.remote_control import Unlock

    def broken(self: Any, ask: Any) -> Any:
        yield ask.v.UnlockConnectorRequest(evse_id=1, connector_id=1)
        raise ZeroDivisionError

    monkeypatch.setattr(Unlock, "to_v2", broken)
    first = await csms.command(known, {"type": "unlock", "evse_id": 1})
    second = await csms.command(known, CLEAR_CACHE)
    await station.answer(await station.next_call(), {"status": "Unlocked"})
    assert (await csms.command_in(first["id"], "error"))["reason"] == "internal error: ZeroDivisionError"
    await station.answer(await station.next_call(), {"status": "Accepted"})
    await csms.command_in(second["id"], "accepted")
