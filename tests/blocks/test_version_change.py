"""A station comes back with another version: what ends, what is kept, and what is carried over."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead import runtime
from ohmstead.blocks import version_change
from ohmstead.blocks.refolding import Books
from ohmstead.blocks.version_change import PATIENCE, body_of, carry_over, check, take_over
from ohmstead.domain.device_model import Item, Name
from ohmstead.domain.monitors import Monitor
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.settings import Settings, Stations
from ohmstead.store import monitors
from ohmstead.store.sessions import CONNECTED
from ohmstead.store.tables import commands, stations, transactions, version_changes
from tests.acceptance.serving import at
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio
CONFIG = {
    "configurationKey": [
        {"key": "HeartbeatInterval", "readonly": False, "value": "600"},
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "30"},
        {"key": "TheirOwn", "readonly": False, "value": "x"},
    ]
}
START = {"connectorId": 1, "idTag": "GOOD", "meterStart": 1000, "timestamp": at(0)}


async def comes(stage: Stage, version: str) -> None:
    """A session begins, as the gateway does it."""
    await stage.connect()
    books = Books(
        BY_NAME[version], stage.state, stage.db, stage.numbers, stage.settings, stage.write, stage.put
    )  # fmt: skip
    stage.state = await take_over(books)
    write = stage.write()
    write.execute(CONNECTED, station=1, at=stage.now, node="n", version=version)
    await stage.put(write)


async def reports(stage: Stage, **values: str) -> None:
    """A full report of 2.x with these variables."""
    data = [
        {
            "component": {"name": name.split("__")[0]},
            "variable": {"name": name.split("__")[1]},
            "variableAttribute": [{"value": value, "mutability": "ReadWrite"}],
        }
        for name, value in values.items()
    ]
    await stage.learn("GetBaseReport", {"requestId": 9, "reportBase": "FullInventory"}, {"status": "Accepted"})
    part = {"requestId": 9, "seqNo": 0, "generatedAt": at(0), "reportData": data}
    await stage.say("NotifyReport", part)


async def changes(stage: Stage) -> list[Any]:
    columns = (version_changes.c.was, version_changes.c.now, version_changes.c.state)
    return [tuple(row) for row in await stage.rows(select(*columns).order_by(version_changes.c.id))]


async def fates(stage: Stage) -> dict[str, tuple[str, Any]]:
    (row,) = await stage.rows(select(version_changes.c.fates))
    return {one["setting"]["name"]: (one["verdict"], one.get("now")) for one in json.loads(row[0])}


async def test_an_open_transaction_of_1_6_is_closed_and_the_rest_stays(stage: Stage) -> None:
    await comes(stage, "1.6")
    await stage.token("GOOD")
    await stage.say("StartTransaction", START, "1.6")
    await comes(stage, "1.6")
    assert len(stage.state.transactions) == 1
    before = len(stage.fed)
    await comes(stage, "2.0.1")
    assert stage.fed[before:] == ["transaction.ended", "station.version_changed"]
    assert stage.state.transactions == {}
    ((body,),) = await stage.rows(select(transactions.c.body))
    one = json.loads(body)
    assert (one["state"], [code for code, _ in one["noted"]]) == ("inferred_ended", ["version_changed"])
    await stage.connect()
    assert stage.state.transactions == {}
    assert await changes(stage) == [("1.6", "2.0.1", "open")]


@SQLITE
async def test_its_real_end_counts_when_it_comes_after_all(stage: Stage) -> None:
    await comes(stage, "1.6")
    await stage.token("GOOD")
    started = await stage.say("StartTransaction", START, "1.6")
    await comes(stage, "2.1")
    await comes(stage, "1.6")
    stop = {"transactionId": started["transactionId"], "meterStop": 5000, "timestamp": at(3600)}
    await stage.say("StopTransaction", stop, "1.6")
    ((body, state),) = await stage.rows(select(transactions.c.body, transactions.c.state))
    assert (state, json.loads(body)["ended_at"]) == ("ended", runtime.from_datetime(datetime.fromisoformat(at(3600))))


@SQLITE
async def test_within_2_x_transactions_go_on(stage: Stage) -> None:
    await comes(stage, "2.0.1")
    started = {
        "eventType": "Started", "timestamp": at(0), "triggerReason": "CablePluggedIn", "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"},
    }  # fmt: skip
    await stage.say("TransactionEvent", started)
    await comes(stage, "2.1")
    assert list(stage.state.transactions) == ["tx-1"]


async def test_settings_are_carried_over_when_the_new_model_is_known(stage: Stage, clock: runtime.FakeClock) -> None:
    stage.settings = Settings(stations=Stations(unasked_calls=("reconcile",)))
    await comes(stage, "1.6")
    await stage.learn("GetConfiguration", {}, CONFIG, "1.6")
    clock.advance(60)
    dry = await check(stage.db, 1, "2.0.1")
    assert {one.setting.name: one.verdict for one in dry.fates}["connection.heartbeat_interval"] == "carried"
    await comes(stage, "2.0.1")
    assert await carry_over(stage.db, stage.settings, stage.now) == 0  # what is known is of 1.6
    clock.advance(10)
    await reports(stage, OCPPCommCtrlr__HeartbeatInterval="600", SampledDataCtrlr__TxUpdatedInterval="60")
    assert await carry_over(stage.db, stage.settings, stage.now) == 1
    assert await carry_over(stage.db, stage.settings, stage.now) == 0
    found = await fates(stage)
    assert found["connection.heartbeat_interval"] == ("same", 600)
    assert found["meter.sample_interval"] == ("carried", 60)
    assert found["Ocpp16.TheirOwn"] == ("lost", None)
    ((body,),) = await stage.rows(select(commands.c.body).where(commands.c.type == "set_variables"))
    assert json.loads(body)["variables"] == [
        {"component": "SampledDataCtrlr", "variable": "TxUpdatedInterval", "value": "30"}
    ]
    assert await changes(stage) == [("1.6", "2.0.1", "done")]


@SQLITE
async def test_without_leave_nothing_is_written_and_all_is_told(stage: Stage, clock: runtime.FakeClock) -> None:
    await comes(stage, "1.6")
    await stage.learn("GetConfiguration", {}, CONFIG, "1.6")
    await comes(stage, "2.0.1")
    clock.advance(10)
    await reports(stage, SampledDataCtrlr__TxUpdatedInterval="60")
    await carry_over(stage.db, stage.settings, stage.now)
    assert (await fates(stage))["meter.sample_interval"] == ("carried", 60)
    assert await stage.rows(select(commands.c.id)) == []


@SQLITE
async def test_a_model_that_never_comes(stage: Stage) -> None:
    await comes(stage, "1.6")
    await stage.learn("GetConfiguration", {}, CONFIG, "1.6")
    await comes(stage, "2.0.1")
    assert await carry_over(stage.db, stage.settings, stage.now + PATIENCE) == 1
    assert await changes(stage) == [("1.6", "2.0.1", "given_up")]
    assert {verdict for verdict, _ in (await fates(stage)).values()} == {"lost"}


@SQLITE
async def test_a_change_that_we_fail_on_is_given_up_and_holds_up_nobody(stage: Stage, monkeypatch: Any) -> None:
    await comes(stage, "1.6")
    await stage.learn("GetConfiguration", {}, CONFIG, "1.6")
    await comes(stage, "2.0.1")

    def broken(*_: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(version_change, "_unknown", broken)
    assert await carry_over(stage.db, stage.settings, stage.now + PATIENCE) == 1
    assert await changes(stage) == [("1.6", "2.0.1", "given_up")]
    assert await carry_over(stage.db, stage.settings, stage.now + PATIENCE) == 0


@SQLITE
async def test_settings_that_cannot_be_read_keep_no_station_out(stage: Stage, monkeypatch: Any) -> None:
    await comes(stage, "1.6")

    async def broken(*_: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(version_change, "load_about", broken)
    await comes(stage, "2.0.1")
    assert stage.state.station.ocpp_version == "2.0.1"
    assert await changes(stage) == [("1.6", "2.0.1", "open")]


@SQLITE
async def test_more_settings_than_one_command_takes(stage: Stage, clock: runtime.FakeClock, monkeypatch: Any) -> None:
    monkeypatch.setattr(version_change, "MOST_AT_ONCE", 1)
    stage.settings = Settings(stations=Stations(unasked_calls=("reconcile",)))
    await comes(stage, "1.6")
    await stage.learn("GetConfiguration", {}, CONFIG, "1.6")
    await comes(stage, "2.0.1")
    clock.advance(10)
    await reports(stage, OCPPCommCtrlr__HeartbeatInterval="1", SampledDataCtrlr__TxUpdatedInterval="60")
    await carry_over(stage.db, stage.settings, stage.now)
    bodies = await stage.rows(select(commands.c.body).where(commands.c.type == "set_variables"))
    carried = sum(verdict == "carried" for verdict, _ in (await fates(stage)).values())
    assert len(bodies) == carried == 2


@SQLITE
async def test_there_and_back_again(stage: Stage) -> None:
    one = Monitor(id=3, name=Name("EVSE", "Power"), type="Delta", value=1, severity=8)
    await comes(stage, "2.1")
    await stage.db.store([], await monitors.put(stage.db, 1, 1, [one]))
    await comes(stage, "1.6")
    assert await monitors.load(stage.db, 1) == {}  # 1.6 has none
    await comes(stage, "2.1")
    await comes(stage, "2.1")
    assert await changes(stage) == [("2.1", "1.6", "overtaken"), ("1.6", "2.1", "open")]
    async with stage.db.transaction() as tx:
        from ohmstead.store.statement import Statement

        await tx.execute(Statement(update(stations).values(ocpp_version=None)))
    await comes(stage, "1.6")  # of one that never came before nothing is changed
    assert len(await changes(stage)) == 2


def test_what_is_queued() -> None:
    items = (Item(Name("C", "V", evse_id=1), "MaxSet", "9"),)
    assert json.loads(body_of(items, "2.1"))["variables"] == [
        {"component": "C", "variable": "V", "evse_id": 1, "attribute": "MaxSet", "value": "9"}
    ]
    items = (Item(Name("OCPPCommCtrlr", "HeartbeatInterval"), value="9"),)
    assert json.loads(body_of(items, "1.6"))["variables"] == [{"variable": "HeartbeatInterval", "value": "9"}]
