"""The search for what is missing of transactions, on both databases: opened by handlers, driven by the job."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.reconciliation import GetTransactionStatus, reconcile, watch
from ohmstead.blocks.sealing import seal_all
from ohmstead.domain import reconciliation as rules
from ohmstead.settings import Settings
from ohmstead.settings import Stations as StationSettings
from ohmstead.store.resources.transactions import decode
from ohmstead.store.sessions import CONNECTED, DISCONNECTED
from ohmstead.store.tables import audit, commands, reconciliations, records, transactions
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
ASKS = Settings()
SILENT = Settings(stations=StationSettings(unasked_calls=()))


async def tell(stage: Stage, *events: dict[str, Any], version: str = "2.0.1") -> None:
    for one in events:
        await stage.say("TransactionEvent", one, version)


async def go_online(stage: Stage, version: str = "2.0.1") -> None:
    await stage.db.store([], [(CONNECTED, {"station": 1, "at": stage.now, "node": "n", "version": version})])


async def look(stage: Stage, clock: runtime.FakeClock, seconds: float = 0, settings: Settings = ASKS) -> int:
    """Time passes, the jobs run, and the session looks again."""
    clock.advance(seconds)
    await seal_all(stage.db, stage.numbers.rows, stage.now)
    looked = await reconcile(stage.db, settings, stage.numbers.rows, stage.now)
    await stage.connect()
    return looked


async def checks(stage: Stage) -> list[tuple[Any, ...]]:
    c = reconciliations.c
    return [tuple(row) for row in await stage.rows(select(c.state, c.reason, c.verdict).order_by(c.transaction))]


async def asked(stage: Stage) -> list[Any]:
    return [json.loads(row[0]) for row in await stage.rows(select(commands.c.body).order_by(commands.c.id))]


async def booked(stage: Stage) -> Any:
    (row,) = await stage.rows(select(transactions.c.body))
    return decode(row[0])


async def sealed(stage: Stage) -> list[tuple[int, str, float]]:
    rows = await stage.rows(select(records.c.version, records.c.reason, records.c.body).order_by(records.c.version))
    return [(version, reason, json.loads(body)["energy_wh"]) for version, reason, body in rows]


async def answer(stage: Stage, ongoing: bool | None, in_queue: bool) -> None:
    said: dict[str, Any] = {"messagesInQueue": in_queue} | ({} if ongoing is None else {"ongoingIndicator": ongoing})
    await stage.learn("GetTransactionStatus", {"transactionId": "tx-1"}, said)


GAP = (event("Started", 0, evse=1, wh=0), event("Updated", 3, 30, wh=300))


async def test_a_gap_that_the_queue_fills(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, *GAP)
    assert await checks(stage) == [("open", "gap", None)]
    assert await look(stage, clock) == 0
    assert await look(stage, clock, 31) == 1
    assert await asked(stage) == [{"type": "get_transaction_status", "transaction_id": "tx-1"}]
    await answer(stage, True, in_queue=True)
    assert await look(stage, clock, 10) == 0  # it has something to send: give it time
    await tell(stage, event("Updated", 1, 10, wh=100), event("Updated", 2, 20, wh=200))
    await look(stage, clock, 60)
    assert await checks(stage) == [("closed", "gap", "complete")]
    assert (await booked(stage)).verdict is None
    assert len(await asked(stage)) == 1


async def test_a_gap_that_nothing_fills(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, *GAP)
    await look(stage, clock, 31)
    await answer(stage, True, in_queue=False)
    await look(stage, clock)
    assert await checks(stage) == [("closed", "gap", "lost")]
    await tell(stage, event("Ended", 4, 40, wh=400))
    assert await look(stage, clock) == 0  # it is decided already
    one = await booked(stage)
    assert [finding.code for finding in one.findings] == ["events_missing", "events_lost"]
    assert await sealed(stage) == [(1, "lost", 400)]


async def test_what_comes_after_the_verdict_still_counts(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, event("Started", 0, evse=1, wh=0), event("Ended", 2, 40, wh=400))
    await look(stage, clock)
    assert await checks(stage) == [("open", "incomplete", None)]
    await look(stage, clock, 31)
    await answer(stage, False, in_queue=False)
    await look(stage, clock)
    assert await sealed(stage) == [(1, "lost", 400)]
    late = event("Updated", 1, 50) | {"meterValue": GAP[1]["meterValue"]}
    late["meterValue"] = [{"timestamp": event("Updated", 1, 50)["timestamp"], "sampledValue": [{"value": 450}]}]
    await tell(stage, late)
    assert "transaction.reconciled" in stage.fed
    await look(stage, clock)
    assert await sealed(stage) == [(1, "lost", 400), (2, "amended", 450)]
    assert (await booked(stage)).findings == ()
    ((actor, action, detail),) = await stage.rows(select(audit.c.actor, audit.c.action, audit.c.detail))
    assert (actor, action) == ("station:CS1", "transaction.amend")
    assert json.loads(detail)["changed"] == {"energy_wh": [400, 450]}


async def test_a_lost_end_is_inferred_and_taken_back(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, event("Started", 0, evse=1, wh=0), event("Updated", 1, 30, wh=300))
    clock.advance(7 * 3600)
    assert await watch(stage.db, ASKS, stage.now) == 1
    assert await watch(stage.db, ASKS, stage.now) == 0
    await look(stage, clock, 31)
    await answer(stage, False, in_queue=False)
    await look(stage, clock)
    one = await booked(stage)
    assert (one.state, one.energy_wh, one.ended_at) == ("inferred_ended", 300, one.last_at)
    assert stage.state.transactions == {}
    assert await sealed(stage) == [(1, "end_lost", 300)]
    await tell(stage, event("Ended", 2, 60, wh=600))
    await look(stage, clock)
    one = await booked(stage)
    assert (one.state, one.energy_wh, one.complete, one.findings) == ("ended", 600, True, ())
    assert await sealed(stage) == [(1, "end_lost", 300), (2, "amended", 600)]


@SQLITE
async def test_one_that_goes_on_is_left_alone(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, event("Started", 0, evse=1, wh=0))
    clock.advance(7 * 3600)
    await watch(stage.db, ASKS, stage.now)
    await look(stage, clock, 31)
    await answer(stage, True, in_queue=False)
    before = await booked(stage)
    await look(stage, clock)
    assert await checks(stage) == [("closed", "silent", "ongoing")]
    assert await booked(stage) == before
    assert await watch(stage.db, ASKS, stage.now) == 0
    clock.advance(7 * 3600)
    assert await watch(stage.db, ASKS, stage.now) == 1


@SQLITE
async def test_a_station_that_vanished(stage: Stage, clock: runtime.FakeClock) -> None:
    await tell(stage, event("Started", 0, evse=1, wh=0), event("Updated", 1, 30, wh=300))
    clock.advance(2 * 86_400)
    assert await watch(stage.db, ASKS, stage.now) == 0
    await go_online(stage)
    await stage.db.store([], [(DISCONNECTED, {"station": 1, "at": stage.now})])
    clock.advance(3 * 86_400)
    assert await watch(stage.db, ASKS, stage.now) == 1
    await look(stage, clock)
    one = await booked(stage)
    assert (one.state, one.energy_wh, one.verdict) == ("inferred_ended", 300, "vanished")


@SQLITE
async def test_a_boot_asks_for_what_was_running(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, event("Started", 0, evse=1, wh=0))
    await stage.say("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}})
    assert await checks(stage) == [("open", "rebooted", None)]
    await look(stage, clock, rules.AFTER_BOOT / 1e6 + 1)
    assert [one["type"] for one in await asked(stage)] == ["get_transaction_status"]
    assert await look(stage, clock, settings=SILENT) == 0


@SQLITE
async def test_who_may_not_ask_decides_by_time(stage: Stage, clock: runtime.FakeClock) -> None:
    await go_online(stage)
    await tell(stage, event("Started", 0, evse=1, wh=0), event("Ended", 2, 40, wh=400))
    await look(stage, clock, settings=SILENT)
    for _ in range(30):
        await look(stage, clock, 3601, settings=SILENT)
    assert await checks(stage) == [("closed", "incomplete", "not_asked")]
    assert await asked(stage) == []
    assert [finding.code for finding in (await booked(stage)).findings] == ["events_missing", "not_reconciled"]


@SQLITE
async def test_a_1_6_stop_that_never_comes(stage: Stage, clock: runtime.FakeClock) -> None:
    await stage.say("StartTransaction", {
        "connectorId": 1, "idTag": "T", "meterStart": 100, "timestamp": "2025-03-01T10:00:00Z",
    }, "1.6")  # fmt: skip
    await go_online(stage, "1.6")
    clock.advance(7 * 3600)
    await watch(stage.db, ASKS, stage.now)
    assert await look(stage, clock) == 1
    assert (await booked(stage)).state == "active"  # nothing speaks against it
    free = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    await stage.say("StatusNotification", free, "1.6")
    await look(stage, clock, 3601)
    await look(stage, clock, 1801)
    one = await booked(stage)
    assert (one.state, one.energy_wh, one.verdict) == ("inferred_ended", 0, "end_lost")


@SQLITE
async def test_a_complete_transaction_is_sealed_once(stage: Stage, clock: runtime.FakeClock) -> None:
    await tell(stage, event("Started", 0, evse=1, wh=0), event("Ended", 1, 40, wh=400))
    await look(stage, clock)
    await look(stage, clock)
    assert await sealed(stage) == [(1, "complete", 400)]
    assert await checks(stage) == []


def test_the_command() -> None:
    said = converse(
        GetTransactionStatus(transaction_id="tx-1"), "2.1", {"ongoingIndicator": True, "messagesInQueue": False}
    )
    assert said.requests == [("GetTransactionStatus", {"transactionId": "tx-1"})]
    assert said.outcome.reason == "ongoing, nothing in its queue"
    said = converse(GetTransactionStatus(), "2.0.1", {"messagesInQueue": True})
    assert (said.requests, said.outcome.reason) == ([("GetTransactionStatus", {})], "messages in its queue")
