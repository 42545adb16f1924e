"""A frame that a handler failed on is folded after the fix, once, and into the right place."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import blocks
from ohmstead.blocks import booking
from ohmstead.blocks.refolding import Books, refold
from ohmstead.domain import transactions as domain
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.store.db import Stale, Write
from ohmstead.store.tables import ledger, transactions
from tests.acceptance.serving import at, event
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio
START = {"connectorId": 1, "idTag": "GOOD", "meterStart": 1000, "timestamp": at(0)}


async def begin(stage: Stage, version: str = "2.0.1", put: Any = None) -> None:
    """What a session does when it begins."""
    await stage.connect()
    books = Books(BY_NAME[version], stage.state, stage.db, stage.numbers, stage.settings, stage.write, put or stage.put)
    stage.state = await refold(books)


async def kinds(stage: Stage) -> list[tuple[str, int | None]]:
    """Kind and transaction of the ledger's rows, in the order they came."""
    return [tuple(row) for row in await stage.rows(select(ledger.c.kind, ledger.c.transaction).order_by(ledger.c.id))]


async def bodies(stage: Stage) -> list[domain.Transaction]:
    from ohmstead.store.resources.transactions import decode

    return [decode(row[0]) for row in await stage.rows(select(transactions.c.body).order_by(transactions.c.id))]


async def test_it_is_folded_where_it_belongs(stage: Stage) -> None:
    await stage.token("GOOD")
    await stage.say("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=1000))
    assert await stage.keep_unfolded("TransactionEvent", event("Updated", 1, 1800, wh=6000)) == {}
    await stage.say("TransactionEvent", event("Ended", 2, 3600, wh=11000))
    assert (await bodies(stage))[0].gaps == [1]
    await begin(stage)
    (one,) = await bodies(stage)
    assert (one.events, one.gaps, one.complete, one.energy_wh) == (3, [], True, 10000)
    assert await kinds(stage) == [("started", one.id), ("updated", one.id), ("ended", one.id)]
    assert stage.fed[-2:] == ["transaction.reconciled", "alert.resolved"]
    before = list(stage.fed)
    await begin(stage)  # and never again
    assert stage.fed == before


async def test_a_token_is_not_accepted_meanwhile_and_nobody_is_alarmed_later(stage: Stage) -> None:
    answer = await stage.keep_unfolded("TransactionEvent", event("Started", 0, token="NOBODY", evse=1))
    assert answer["idTokenInfo"]["status"] == "Invalid"
    await begin(stage)
    assert stage.fed == ["alert.firing", "transaction.started", "alert.resolved"]
    assert stage.state.transactions["tx-1"].token == "NOBODY"


async def test_what_was_sent_again_meanwhile_counts_once(stage: Stage) -> None:
    started = event("Started", 0, evse=1)
    await stage.keep_unfolded("TransactionEvent", started)
    await stage.keep_unfolded("TransactionEvent", started)
    await stage.say("TransactionEvent", event("Updated", 1, 10))
    await begin(stage)
    (one,) = await bodies(stage)
    assert one.events == 2
    assert await kinds(stage) == [("started", one.id), ("repeat", None), ("updated", one.id)]
    # a repeat of the folded one gets what was answered then
    assert await stage.say("TransactionEvent", started) == {}
    assert (await bodies(stage))[0].events == 2


async def test_what_fails_again_stays_and_the_others_go_on(
    stage: Stage, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await stage.keep_unfolded("TransactionEvent", event("Updated", number, number))
    fold = domain.fold

    def planted(one: domain.Transaction, event: domain.Event) -> domain.Folded:
        if event.seq_no == 1:
            raise ZeroDivisionError
        return fold(one, event)

    monkeypatch.setattr(booking, "fold", planted)
    await begin(stage)
    (one,) = await bodies(stage)
    assert (one.events, one.gaps) == (2, [1])
    assert [kind for kind, _ in await kinds(stage)] == ["updated", "unfolded", "updated"]
    assert "alert.resolved" not in stage.fed
    monkeypatch.setattr(booking, "fold", fold)
    await begin(stage)  # in this process it is not tried again
    assert [kind for kind, _ in await kinds(stage)] == ["updated", "unfolded", "updated"]
    stage.db = await database.open()
    await begin(stage)
    (one,) = await bodies(stage)
    assert (one.events, one.gaps) == (3, [])
    assert "alert.resolved" in stage.fed


async def test_data_that_cannot_be_stored_stays_and_a_lost_station_ends(stage: Stage) -> None:
    await stage.keep_unfolded("TransactionEvent", event("Updated", 0))

    async def bad_data(write: Write) -> None:
        raise ValueError("out of range")

    async def taken_over(write: Write) -> None:
        raise Stale("CS1")

    with pytest.raises(Stale):
        await begin(stage, put=taken_over)
    await begin(stage, put=bad_data)
    assert [kind for kind, _ in await kinds(stage)] == ["unfolded"]
    assert stage.state.transactions == {}


async def test_the_station_speaks_another_version_since(stage: Stage) -> None:
    await stage.keep_unfolded("TransactionEvent", event("Started", 0, evse=1), "2.0.1")
    value = [{"timestamp": at(), "sampledValue": [{"value": 5}]}]
    await stage.keep_unfolded("MeterValues", {"evseId": 0, "meterValue": value}, "2.0.1")
    await begin(stage, "1.6")
    assert [kind for kind, _ in await kinds(stage)] == ["started", "meter"]


async def test_a_start_of_1_6_finds_its_stop(stage: Stage) -> None:
    """The start was answered with the number 0, so the stop names it, and was put aside."""
    answer = await stage.keep_unfolded("StartTransaction", START, "1.6")
    assert (answer["transactionId"], answer["idTagInfo"]["status"]) == (0, "Invalid")
    await stage.say("StopTransaction", {"transactionId": 0, "meterStop": 11000, "timestamp": at(3600)}, "1.6")
    await stage.say("StopTransaction", {"transactionId": 4711, "meterStop": 1, "timestamp": at(3600)}, "1.6")
    assert [kind for kind, _ in await kinds(stage)] == ["unfolded", "aside", "aside"]
    before = len(stage.fed)
    await begin(stage, "1.6")
    (one,) = await bodies(stage)
    assert (one.state, one.energy_wh, one.complete) == ("ended", 10000, True)
    assert await kinds(stage) == [("started", one.id), ("ended", one.id), ("aside", None)]
    assert stage.fed[before:] == ["transaction.started", "transaction.ended", "alert.resolved"]


def test_every_frame_of_the_ledger_has_a_harmless_answer() -> None:
    wanted = {(version, action) for version in ("2.0.1", "2.1") for action in ("TransactionEvent", "MeterValues")}
    wanted |= {("1.6", action) for action in ("StartTransaction", "MeterValues", "StopTransaction")}
    assert set(blocks.UNFOLDED) == wanted
