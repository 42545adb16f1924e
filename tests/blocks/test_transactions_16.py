"""StartTransaction, MeterValues and StopTransaction of 1.6 against a real ledger, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.domain.transactions import Transaction
from ohmstead.store.resources.transactions import decode
from ohmstead.store.tables import ledger, transactions
from tests.acceptance.serving import at
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio


async def booked(stage: Stage) -> list[Transaction]:
    return [decode(row[0]) for row in await stage.rows(select(transactions.c.body).order_by(transactions.c.id))]


async def kinds(stage: Stage) -> list[str]:
    return [row[0] for row in await stage.rows(select(ledger.c.kind).order_by(ledger.c.id))]


async def start(stage: Stage, seconds: float = 0, connector: int = 1, tag: str = "GOOD", meter: int = 0) -> int:
    said = {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": at(seconds)}
    number: int = (await stage.say("StartTransaction", said, "1.6"))["transactionId"]
    return number


async def stop(stage: Stage, number: int, seconds: float = 60, meter: int = 100, **more: Any) -> Any:
    said = {"transactionId": number, "meterStop": meter, "timestamp": at(seconds), **more}
    return await stage.say("StopTransaction", said, "1.6")


async def meter(stage: Stage, number: int | None, seconds: float, value: str = "5") -> Any:
    said: dict[str, Any] = {
        "connectorId": 1,
        "meterValue": [{"timestamp": at(seconds), "sampledValue": [{"value": value}]}],
    }
    if number is not None:
        said["transactionId"] = number
    return await stage.say("MeterValues", said, "1.6")


async def test_a_start_gets_a_number_whatever_we_think_of_the_tag(stage: Stage) -> None:
    said = {"connectorId": 1, "idTag": "NOBODY", "meterStart": 7, "timestamp": at(0)}
    answer = await stage.say("StartTransaction", said, "1.6")
    assert answer == {"idTagInfo": {"status": "Invalid"}, "transactionId": 1}
    assert stage.happened == [("started_by", "nobody", "1"), ("message", "StartTransaction", "1")]
    assert sorted(kind for kind, _ in stage.told) == ["authorization.refused", "transaction.started"]
    assert (await booked(stage))[0].meter_start == 7


@pytest.mark.parametrize("connector", [0, 1])
async def test_the_same_start_is_the_same_transaction(stage: Stage, connector: int) -> None:
    first = await start(stage, connector=connector)
    await stage.connect()
    assert await start(stage, connector=connector) == first
    assert stage.told == []
    others = [
        await start(stage, 1, connector),
        await start(stage, 0, 2),
        await start(stage, 0, connector, "OTHER"),
        await start(stage, 0, connector, "GOOD", 1),
    ]
    assert len({first, *others}) == 5
    await stop(stage, first)
    assert await start(stage, connector=connector) == first
    assert len(await booked(stage)) == 5


async def test_values_and_stop_are_booked_once(stage: Stage) -> None:
    number = await start(stage)
    for _ in range(2):
        assert await meter(stage, number, 30) == {}
        assert await stop(stage, number, idTag="GOOD", reason="Remote") == {"idTagInfo": {"status": "Invalid"}}
    assert ("ended", str(number)) not in stage.happened  # the second time
    assert await kinds(stage) == ["started", "updated", "ended"]
    (one,) = await booked(stage)
    assert (one.state, one.energy_wh, one.stopped_reason, one.events) == ("ended", 100, "Remote", 3)


async def test_values_of_nobody(stage: Stage) -> None:
    for number in (None, 0, -1, 4711):
        assert await meter(stage, number, 30) == {}
    assert await kinds(stage) == ["meter", "aside", "aside", "aside"]
    assert await booked(stage) == []


@pytest.mark.parametrize("number", [0, -1])
async def test_a_stop_is_matched_by_what_it_says(stage: Stage, number: int) -> None:
    await start(stage, 0, 1, "GOOD", 1000)
    await start(stage, 0, 2, "OTHER", 5000)
    await stop(stage, number, meter=2000)  # below the other one's start
    for _ in range(2):
        await stop(stage, number, meter=2000)
    assert await kinds(stage) == ["started", "started", "ended"]
    first, second = await booked(stage)
    assert (first.state, first.energy_wh, second.state) == ("ended", 1000, "active")
    assert [finding.code for finding in first.findings] == ["stop_matched_by_content"]
    # another one at the same time is no repeat
    await stop(stage, number, meter=5200)
    assert [one.state for one in await booked(stage)] == ["ended", "ended"]


async def test_a_stop_of_nobody_is_kept_aside_once(stage: Stage) -> None:
    for _ in range(2):
        assert await stop(stage, 4711) == {}
    await stop(stage, 4711, meter=101)
    await stop(stage, 4712)
    assert await kinds(stage) == ["aside"] * 3
    assert stage.fed == ["message.invalid"] * 3


async def test_a_number_of_another_station_is_nobodys(stage: Stage) -> None:
    number = await start(stage)
    await stage.enter(2)
    await stop(stage, number)
    assert await kinds(stage) == ["started", "aside"]
    assert (await booked(stage))[0].state == "active"
